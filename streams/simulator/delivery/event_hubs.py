"""Azure Event Hubs as Junction's pipelines use it, but by Kafka's protocol: the form of a record is in `hub_messages`.

A record's time is that of its event in the world, and not of this run. None is of the future: Kafka takes no record
that is dated more than an hour ahead, and a world's late repetitions lie up to a day behind its end.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from connectors.event_hubs.access import HubAccess, client_conf, read_access, wrong
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings
from streams.simulator.delivery.courier import NotAccepted
from streams.simulator.delivery.hub_messages import record_of
from streams.simulator.delivery.pipeline_message import PipelineMessage

CONFIRM_S = 15.0
_POLL_S = 0.001
_CONF = {
    "acks": "all",
    "enable.idempotence": True,
    "message.timeout.ms": int(CONFIRM_S * 1000),
    "topic.metadata.propagation.max.ms": 1000,  # hubs are there before: an unknown one is no matter of patience
    "linger.ms": 1,
}
_RIGHTS = frozenset((KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.CLUSTER_AUTHORIZATION_FAILED))


class HubPublisher:
    """See `publisher.PipelineBroker`. Somebody has to call `poll` again and again."""

    def __init__(self, settings: Settings, access: HubAccess) -> None:
        self._access, self._group = access, settings.event_hubs_group
        self.name = f"Event Hubs at {access.server}"
        self._errors: deque[KafkaError] = deque(maxlen=8)
        self._producer = Producer({**client_conf(settings, access), **_CONF, "error_cb": self._errors.append})

    async def publish(self, message: PipelineMessage) -> None:
        """See `publisher.PipelineBroker`."""
        answer: asyncio.Future[KafkaError | None] = asyncio.get_running_loop().create_future()

        def report(error: KafkaError | None, _: Message) -> None:
            if not answer.done():  # else nobody waits any more
                answer.set_result(error)

        record, sent_ms = record_of(message), min(message.published_ms, time.time_ns() // 1_000_000)
        try:
            self._producer.produce(
                self._access.hub, record.body, record.key, headers=record.headers, timestamp=sent_ms, on_delivery=report
            )
        except (BufferError, KafkaException) as error:
            raise NotAccepted(type(error).__name__) from None
        if (failed := await answer) is not None:
            raise self._why(failed) from None

    def poll(self) -> None:
        """Hear what was confirmed."""
        self._producer.poll(0)

    def _why(self, failed: KafkaError) -> Exception:
        """Misconfigured where a person has to act, else NotAccepted."""
        hub, policy = self._access.hub, self._access.policy
        if failed.code() in _RIGHTS:
            return Misconfigured(f"{self.name} does not let policy {policy} write hub {hub}: give it Send")
        if failed.code() == KafkaError._UNKNOWN_TOPIC:
            return Misconfigured(f"{self.name} has no hub {hub}: see STREAMS_EVENT_HUBS_NAME")
        why = wrong([*self._errors, failed], self._access, self._group)
        self._errors.clear()
        return why if isinstance(why, Misconfigured) else NotAccepted(failed.name())


@asynccontextmanager
async def open_event_hubs(settings: Settings) -> AsyncIterator[HubPublisher]:
    """A publisher, heard for as long as it is open. Raises Misconfigured where the settings say no hub."""
    broker = HubPublisher(settings, read_access(settings))

    async def hear() -> None:
        while True:
            broker.poll()
            await asyncio.sleep(_POLL_S)

    hearing = asyncio.create_task(hear())
    try:
        yield broker
    finally:
        hearing.cancel()
        with suppress(asyncio.CancelledError):
            await hearing
