"""The broker of each door of a pipeline, from the settings of that door."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from streams.events.doors import DoorName
from streams.ops.errors import Misconfigured
from streams.ops.extras import need
from streams.ops.settings import Settings
from streams.simulator.delivery.publisher import Broker


@asynccontextmanager
async def open_broker(door: str, settings: Settings) -> AsyncIterator[Broker]:
    """Raises Misconfigured for a door that has none, a library that is not installed, or a missing setting."""
    if door != DoorName.RABBITMQ:
        raise Misconfigured(f"nothing publishes into {door} here")
    need("aiormq", "rabbitmq")
    from streams.simulator.delivery.rabbitmq import open_rabbitmq

    async with open_rabbitmq(settings.rabbitmq_url, settings.rabbitmq_exchange) as broker:
        yield broker
