"""The broker of each door of a pipeline, from the settings of that door."""

from contextlib import AbstractAsyncContextManager

from streams.events.doors import DoorName
from streams.ops.errors import Misconfigured
from streams.ops.extras import need
from streams.ops.settings import Settings
from streams.simulator.delivery.publisher import PipelineBroker


def open_broker(door: str, settings: Settings) -> AbstractAsyncContextManager[PipelineBroker]:
    """Raises Misconfigured for a door that has none, a library that is not installed, or a missing setting."""
    if door == DoorName.RABBITMQ:
        need("aiormq", "rabbitmq")
        from streams.simulator.delivery.rabbitmq import open_rabbitmq

        return open_rabbitmq(settings.rabbitmq_url, settings.rabbitmq_exchange)
    if door == DoorName.PUBSUB:
        need("google.pubsub_v1", "pubsub")
        from streams.simulator.delivery.pubsub import open_pubsub

        return open_pubsub(settings)
    if door == DoorName.AZURE:
        from streams.simulator.delivery.event_hubs import open_event_hubs

        return open_event_hubs(settings)
    raise Misconfigured(f"nothing publishes into {door} here")
