"""The broker of one pipeline, started and made ready for Junction to publish into."""

import asyncio
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any, NamedTuple

from pydantic import SecretStr

from streams.demo import cluster
from streams.demo.pipelines import event_hubs, pubsub, rabbitmq
from streams.events.doors import DoorName
from streams.ops.errors import Misconfigured
from streams.ops.extras import need
from streams.ops.settings import Settings

_PROJECT = "projects/demo"
_HUB = "junction"
_KEPT_HOURS = 10 * 366 * 24  # Kafka goes by the time of a record, which is that of the world


class RunningPipeline(NamedTuple):
    """`command`: of `source`. `title`: what broker it is, for people. `own`: settings of those who use it."""

    door: DoorName
    command: str
    title: str
    own: Mapping[str, Any]

    @property
    def env(self) -> dict[str, str]:
        """The settings as a process gets them."""
        return {f"STREAMS_{name.upper()}": _text(value) for name, value in self.own.items()}


def _text(value: Any) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def check(door: str) -> None:
    """Raises Misconfigured, with what to install, where the broker of this door cannot run here."""
    lacking: str | None = None
    if door == DoorName.RABBITMQ:
        need("aiormq", "rabbitmq")
        lacking = rabbitmq.missing()
    elif door == DoorName.PUBSUB:
        need("google.pubsub_v1", "pubsub")
        lacking = pubsub.missing()
    elif door == DoorName.AZURE:
        lacking = cluster.missing()
    if lacking:
        raise Misconfigured(lacking)


def start_pipeline(stack: ExitStack, door: str, settings: Settings) -> RunningPipeline:
    """The broker, with all that has to be there, until `stack` ends. Raises Misconfigured, Unavailable."""
    if door == DoorName.RABBITMQ:
        return _start_rabbitmq(stack, settings)
    if door == DoorName.PUBSUB:
        return _start_pubsub(stack, settings)
    if door == DoorName.AZURE:
        return _start_event_hubs(stack)
    raise Misconfigured(f"no broker of {door} starts here")


def _start_rabbitmq(stack: ExitStack, settings: Settings) -> RunningPipeline:
    from connectors.rabbitmq.topology import declare

    own = {"rabbitmq_url": stack.enter_context(rabbitmq.RabbitMQ()).url}
    asyncio.run(declare(settings.model_copy(update=own)))
    return RunningPipeline(DoorName.RABBITMQ, "source rabbitmq", "RabbitMQ", own)


def _start_pubsub(stack: ExitStack, settings: Settings) -> RunningPipeline:
    from connectors.pubsub.topology import declare

    fake = stack.enter_context(pubsub.FakePubSub())
    own = {
        "pubsub_endpoint": fake.endpoint,
        "pubsub_topic": f"{_PROJECT}/topics/junction",
        "pubsub_subscription": f"{_PROJECT}/subscriptions/junction",
    }
    asyncio.run(declare(settings.model_copy(update=own)))
    return RunningPipeline(DoorName.PUBSUB, "source pubsub", "Google's fake of Pub/Sub", own)


def _start_event_hubs(stack: ExitStack) -> RunningPipeline:
    """With a Kafka of its own, so that the other one may be anybody's."""
    kafka = stack.enter_context(event_hubs.EventHubs()).kafka
    event_hubs.make_hub(kafka, _HUB, retention_hours=_KEPT_HOURS)
    own = {
        "event_hubs_connection": kafka.connection,
        "event_hubs_name": _HUB,
        "event_hubs_ca_file": kafka.ca_file,
    }
    return RunningPipeline(DoorName.AZURE, "source eventhubs", "a look-alike of Event Hubs", own)
