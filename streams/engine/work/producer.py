"""The one transactional producer of a worker. Its calls block, and are made from one thread at a time."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from confluent_kafka import KafkaError, KafkaException, Producer, TopicPartition

from streams.engine.positions.slices import Source
from streams.engine.work.aborts import Aborted, Fenced, Remedy, remedy
from streams.engine.work.blocking import CALL_TIMEOUT_S
from streams.kafka.clients import SILENT, client_id
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.settings import Settings
from streams.tables import Emit

T = TypeVar("T")
Guard = Callable[[Callable[[], Any]], Any]
Row = tuple[str, bytes | None, bytes | None, None]  # an Emit without headers
OnDelivery = Callable[[KafkaError | None, Any], None]

TRANSACTION_TIMEOUT_MS = 10_000  # bounds how long a dead worker's open transaction hides records behind it
PATIENCE_S = 60.0  # how long a commit may be called again while a broker is away
QUEUE_KIB_MAX = 256 * 1024
QUEUE_RECORDS_MAX = 1_000_000


def config(settings: Settings) -> dict[str, Any]:
    """librdkafka's settings of the one producer of a worker."""
    producer = {
        "client.id": client_id(settings),
        "transactional.id": transactional_id(settings),
        "transaction.timeout.ms": TRANSACTION_TIMEOUT_MS,
        "partitioner": "murmur2_random",  # as Java and Faust; without it co-partitioning breaks silently
        "compression.type": "lz4",
        "linger.ms": 5,
        "batch.size": 1_000_000,
        "batch.num.messages": 20_000,
        "queue.buffering.max.messages": QUEUE_RECORDS_MAX,
        "queue.buffering.max.kbytes": QUEUE_KIB_MAX,
        "message.max.bytes": settings.record_bytes_max,
        "retry.backoff.ms": 5,  # after a commit AddPartitions is refused until the markers are written: ask soon
        "retry.backoff.max.ms": 100,
        # With "rebootstrap" librdkafka gives up every broker it knows as soon as none answers, and then a transaction
        # waits for one of those without end (confluentinc/librdkafka#5511). "none": it goes on asking the same.
        "metadata.recovery.strategy": "none",
    }
    return settings.librdkafka | SILENT | producer


def transactional_id(settings: Settings) -> str:
    """Stable per worker slot, so that a restarted worker ends at once what its predecessor left open."""
    return f"{settings.group_id}-{settings.worker_id}"


class TransactionalProducer:
    """One transaction after the other, on one producer. `guard`: makes the calls that may never return."""

    def __init__(self, settings: Settings, guard: Guard = lambda call: call()) -> None:
        self._guard = guard
        self._name = transactional_id(settings)
        self._producer = Producer(config(settings))
        self._open = False

    def init(self) -> None:
        """Fence and finish whatever ran under this transactional id. Raises Unavailable, Misconfigured or Fenced."""
        try:
            self._call(lambda: self._producer.init_transactions(CALL_TIMEOUT_S))
        except Aborted as error:
            raise Misconfigured(
                f"Kafka refuses the transactional id {self._name}: {error}. Transactions need a broker of 2.5 or later "
                "and the right to write with this id."
            ) from None

    def begin(self) -> None:
        """Local, quick. Does nothing when one is open."""
        if not self._open:
            self._call(self._producer.begin_transaction)
            self._open = True

    def produce(self, partition: int, emits: Iterable[Emit | Row]) -> None:
        """Queue records for their topics' partition of that number; waits while the queue is full.

        Raises Aborted or Fenced.
        """
        produce = self._producer.produce
        for topic, key, value, headers in emits:
            try:
                if headers:
                    produce(topic, value, key, partition, headers=list(headers))
                else:
                    produce(topic, value, key, partition)
            except (BufferError, KafkaException) as error:
                self._produce_late(error, topic, value, key, partition, headers=list(headers or ()))

    def produce_changes(
        self, topic: str, partition: int, changes: Mapping[bytes, bytes | None], on_last: OnDelivery
    ) -> None:
        """Queue changelog records. Only the last one reports back: the commit fails if any of them failed."""
        *most, (key, value) = changes.items()
        self.produce(partition, [(topic, key, value, None) for key, value in most])
        try:
            self._producer.produce(topic, value, key, partition, on_delivery=on_last)
        except (BufferError, KafkaException) as error:
            self._produce_late(error, topic, value, key, partition, on_delivery=on_last)

    def _produce_late(self, error: Exception, *args: Any, **extra: Any) -> None:
        while True:
            if isinstance(error, KafkaException):
                self._raise(error.args[0], topic=args[0])
            self._poll(0.05)  # the queue is full: wait until librdkafka has sent some
            try:
                return self._producer.produce(*args, **extra)  # type: ignore[no-any-return]  # because untyped
            except (BufferError, KafkaException) as again:
                error = again

    def serve(self) -> None:
        """Run delivery callbacks that wait. Raises Fenced."""
        self._poll(0)

    def _poll(self, wait_s: float) -> None:
        try:
            self._producer.poll(wait_s)
        except KafkaException as error:  # a fatal error is raised here, too
            self._raise(error.args[0])

    def commit(self, offsets: Mapping[Source, int], group_metadata: bytes) -> None:
        """Commit records and offsets together. Raises Aborted, Fenced or Unavailable."""
        self._send_offsets(offsets, group_metadata)
        self._call(lambda: self._producer.commit_transaction(CALL_TIMEOUT_S))
        self._open = False

    def _send_offsets(self, offsets: Mapping[Source, int], group_metadata: bytes) -> None:
        positions = [TopicPartition(topic, partition, end) for (topic, partition), end in offsets.items()]
        self._call(lambda: self._producer.send_offsets_to_transaction(positions, group_metadata, CALL_TIMEOUT_S))

    def reason(self, error: Aborted) -> Aborted:
        """What ended the transaction, where the error only says that there is none (any more)."""
        if error.code != KafkaError._STATE:
            return error
        try:  # one that has ended is never committed: the error of this call says why
            self._call(lambda: self._producer.commit_transaction(CALL_TIMEOUT_S))
        except Aborted as known:
            return known
        return error

    def abort(self) -> None:
        """Undo what is open; nothing to do when nothing is. Raises Fenced or Unavailable."""
        if not self._open:
            return
        try:
            self._call(lambda: self._producer.abort_transaction(CALL_TIMEOUT_S))
        except Aborted as error:
            raise Fenced(f"transaction of {self._name} could be neither committed nor aborted: {error}") from None
        self._open = False

    def _call(self, call: Callable[[], T]) -> T:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                return self._guard(call)  # type: ignore[no-any-return]  # because a guard answers what its call does
            except KafkaException as error:
                self._raise(error.args[0], again=time.monotonic() < deadline)
                time.sleep(0.02)

    def _raise(self, error: KafkaError, *, again: bool = False, topic: str = "") -> None:
        match remedy(error):
            case Remedy.LEAVE:
                raise Fenced(
                    f"another worker runs as {self._name}, or this one slept for longer than "
                    f"{TRANSACTION_TIMEOUT_MS // 1000} s ({error.name()}). Give every worker its own "
                    "STREAMS_WORKER_ID; restarting this one is safe."
                ) from None
            case Remedy.ABORT:
                raise Aborted.by(error, topic) from None
            case Remedy.CALL_AGAIN if not again:
                raise Unavailable(f"Kafka did not finish a transaction within {PATIENCE_S:.0f} s: {error.name()}")
            case Remedy.CALL_AGAIN:
                return
