"""What every door does with one message: its record, raw or a dead letter, on Kafka before anybody acknowledges it."""

import asyncio
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, NamedTuple, TypeVar

from prometheus_client import Counter

from connectors.contract.queue import Queue
from connectors.contract.send_span import sending
from connectors.contract.source import Opened, SourceMessage
from streams.events import Delivery, Headers, intake, partition_for
from streams.kafka.publisher import Publisher
from streams.ops import metrics, tracing
from streams.ops.settings import Settings

T = TypeVar("T")

_THREAD_BYTES_MIN = 256 * 1024  # hashing this much takes a millisecond: do it where others need not wait


class StoredRecord(NamedTuple):
    """The record that a body becomes. `reason`: why it is a dead letter, "" for a raw record."""

    topic: str
    key: bytes
    headers: Headers
    partition: int
    reason: str


def stored_record(body: bytes, delivery: Delivery, settings: Settings) -> StoredRecord:
    """A raw record, or a dead letter for a body that we cannot read. Never raises for any body. Pure."""
    return _stored(intake.record_of(body, delivery), settings)


def opened_record(message: SourceMessage, settings: Settings) -> tuple[Opened, StoredRecord]:
    """A message of a source without its envelope, and its record. Never raises for any message. Pure."""
    opened = message.open()
    body, delivery, claimed, rejection, left_out = opened
    if rejection is None:
        made = intake.record_of(body, delivery, claimed)
    else:
        made = intake.dead_letter(body, delivery, rejection, claimed, left_out=left_out)
    return opened, _stored(made, settings)


def _stored(made: intake.IntakeRecord, settings: Settings) -> StoredRecord:
    partition = partition_for(made.partition_key, settings.partitions)
    return StoredRecord(f"{settings.topic_prefix}.{made.topic}", made.key, made.headers, partition, made.reason)


class Intake:
    """One for each door. `logger`: the door's."""

    def __init__(self, settings: Settings, publisher: Publisher, logger: Any) -> None:
        self._settings, self._publisher, self._logger = settings, publisher, logger
        self._queue = Queue(settings, publisher)
        self._reading = asyncio.Semaphore(1)  # of large bodies

    async def accept(self, body: bytes, delivery: Delivery) -> str:
        """Return when Kafka has the record: the reason of a dead letter, "" for a raw record. Raises Unavailable.

        Either way the message may be acknowledged. After Unavailable it may not: nobody knows whether Kafka has it.
        """
        return await self.publish(body, delivery, await self.read(body, delivery))

    async def read(self, body: bytes, delivery: Delivery) -> StoredRecord:
        """The record of a body, as `stored_record` makes it."""
        return await self._unhurried(partial(stored_record, body, delivery, self._settings), len(body))

    async def open(self, message: SourceMessage) -> tuple[Opened, StoredRecord]:
        """As `opened_record`."""
        return await self._unhurried(partial(opened_record, message, self._settings), message.n_bytes)

    async def _unhurried(self, make: Callable[[], T], n_bytes: int) -> T:
        if n_bytes < _THREAD_BYTES_MIN:
            return make()
        async with self._reading:  # one that is broken takes many times its bytes while it is mended
            return await asyncio.to_thread(make)

    async def publish(self, body: bytes, delivery: Delivery, record: StoredRecord) -> str:
        """The second half of `accept`, for whoever has to publish several in their order. Raises Unavailable, of it
        Overloaded where Kafka is slower than the senders and this record can wait."""
        self._queue.admit(record.topic, len(body))
        await self._send(body, delivery, record)
        child(metrics.PUBLISHED, record.topic).inc()
        if record.reason:
            metrics.DEAD_LETTERS.labels(record.reason).inc()
            named = {"endpoint": delivery.endpoint, "delivery": delivery.id}
            self._logger.warning("dead_letter", **named, reason=record.reason)
        return record.reason

    async def _send(self, body: bytes, delivery: Delivery, record: StoredRecord) -> None:
        topic, key, headers, partition, _ = record
        if tracing.active is None:
            await self._publisher.publish(topic, key, body, headers, partition)
            return
        with sending(topic, partition, headers, delivery, len(body)) as traced:
            await self._publisher.publish(topic, key, body, traced, partition)


@lru_cache(maxsize=1024)  # finding the child of a metric costs more than adding to it
def child(metric: Counter, *labels: str) -> Counter:
    """`metric.labels(*labels)`."""
    return metric.labels(*labels)


async def unhurried(make: Callable[[], T], body: bytes) -> T:
    """What `make` gives of a body; of a large one made where others need not wait."""
    return make() if len(body) < _THREAD_BYTES_MIN else await asyncio.to_thread(make)
