"""The loop of all sinks: read → write → commit. It knows partitions, offsets, fence and batches, and no database.

Guarantee: exactly once into a target that keeps rows and positions together. The group only distributes partitions, and
its offsets only show the lag: where to read on says the target. So a process that lost its partitions and does not know
it yet can do no harm: its batch is fenced, dropped, and read again from the target's position, if it is still its own.
"""

import contextlib
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition

from connectors.contract.progress import Progress
from connectors.contract.retry import Pauses
from connectors.contract.sink import Fenced, Place, Sink, SinkBatch
from streams.kafka.login.librdkafka import for_librdkafka
from streams.kafka.refused import refused
from streams.ops import metrics
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.settings import MIB, Settings

MESSAGES_MAX = 200  # asked for at once: a batch may have as many too much
# A batch ends at whichever comes first.
ROWS_MAX = 50_000
BYTES_MAX = 8 * MIB  # of Avro; as rows they are twenty times as much memory while they are written
BATCH_S = 0.5
LOOK_S = 5.0

T = TypeVar("T")


def sink_consumer(settings: Settings, sink_name: str) -> Consumer:
    """A member of the sink's group, for `Drain`."""
    return Consumer(
        for_librdkafka(settings)
        | {
            "group.id": f"{settings.group_id}-sink-{sink_name}",
            "isolation.level": "read_committed",
            "auto.offset.reset": "error",  # a position that Kafka does not have: rows would be lost in silence
            "enable.auto.offset.store": False,
            "enable.partition.eof": True,  # else the marker behind the last record would count as lag
            "queued.max.messages.kbytes": BYTES_MAX // 1024,  # fetched ahead: a batch more
            "partition.assignment.strategy": "cooperative-sticky",
            "session.timeout.ms": int(settings.session_timeout_s * 1000),
            "log_level": 0,
        }
    )


class _Stopped(Exception):
    """We stop while the target is away."""


class Drain:
    """Reads topics (full names) into a sink. While the target is away nothing is polled: the group may then give the
    partitions to others after `max.poll.interval.ms`, and the fence stands between us and them."""

    def __init__(self, consumer: Consumer, topics: Sequence[str], sink: Sink, logger: Any) -> None:
        self._consumer, self._topics, self._sink, self._logger = consumer, list(topics), sink, logger
        self._pauses, self._progress = Pauses(sink.name, logger), Progress(consumer)
        self._next: dict[Place, int] = {}  # of our partitions: the target's position
        self._found: dict[Place, list[Message]] = defaultdict(list)  # of a batch
        self._ended: set[Place] = set()  # whose last record is in the batch
        self._interrupted: set[Place] = set()  # lost while a batch was collected
        self._look_s = 0.0  # when positions are looked at next
        self._stop = threading.Event()

    def run(self, stop: threading.Event) -> None:
        """Until `stop`; a batch under way is ended first. Raises Unavailable, Misconfigured, and what the sink raises.

        Unavailable is of Kafka; the target's is waited for.
        """
        self._stop = stop
        self._consumer.subscribe(self._topics, on_assign=self._assigned, on_revoke=self._gone, on_lost=self._gone)
        try:
            while not stop.is_set():
                began = time.monotonic()
                self._collect()
                metrics.SINK_SECONDS.labels("wait").inc(time.monotonic() - began)
                if batches := list(self._batches()):
                    self._write(batches)
                self._look()
        except _Stopped:
            return
        except KafkaException as error:
            raise refused("reading for a sink", error.args[0]) from None
        finally:
            self._consumer.close()

    def _look(self) -> None:
        """A person may have moved a position: no fence says so of a topic to which nothing comes."""
        if (now_s := time.monotonic()) < self._look_s:
            return
        self._look_s = now_s + LOOK_S
        if moved := [place for place in self._insist(self._sink.moved) if place in self._next]:
            self._read_again(moved)

    def _assigned(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._next |= self._positions([(one.topic, one.partition) for one in partitions])
        consumer.incremental_assign([self._target(one.topic, one.partition) for one in partitions])

    def _gone(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        for one in partitions:
            place = (one.topic, one.partition)
            self._next.pop(place, None)
            self._progress.gone(place)
            if self._found.pop(place, None):
                self._interrupted.add(place)

    def _target(self, topic: str, partition: int) -> TopicPartition:
        """Where to read on. A new partition begins where Kafka does: its first records may have expired."""
        return TopicPartition(topic, partition, self._next.get((topic, partition), 0) or OFFSET_BEGINNING)

    def _collect(self) -> None:
        """Messages until a batch is full, or its time is over."""
        self._found.clear()
        self._ended.clear()
        n_rows = n_bytes = 0
        until = time.monotonic() + BATCH_S
        while n_rows < ROWS_MAX and n_bytes < BYTES_MAX and (left_s := until - time.monotonic()) > 0:
            messages = self._consumer.consume(MESSAGES_MAX, left_s)
            for message in messages:
                if self._take(message):
                    n_rows += self._sink.rows(message)
                    n_bytes += len(message)
            if len(messages) < MESSAGES_MAX:
                break
        # A partition that went and came back began again at the target's position, and the same answer of the consumer
        # may hold messages from before: what was collected has a gap.
        for place in self._interrupted & set(self._next):
            self._found.pop(place, None)
            self._seek(place)
        self._interrupted.clear()

    def _take(self, message: Message) -> bool:
        """Whether it belongs to the batch: a record of a partition of ours that the target does not have."""
        place = (message.topic(), message.partition())
        if message.error():
            self._note(message, place)
            return False
        if place not in self._next or message.offset() < self._next[place] or place in self._interrupted:
            return False
        self._found[place].append(message)
        return True

    def _batches(self) -> Iterator[SinkBatch]:
        """One for each partition."""
        for place, messages in self._found.items():
            if place in self._next and messages:
                yield SinkBatch(place, self._next[place], messages[-1].offset() + 1, messages)

    def _note(self, message: Message, place: Place) -> None:
        if message.error().code() != KafkaError._PARTITION_EOF:
            self._raise(message.error(), place)
        elif place in self._next and not self._found.get(place):
            self._progress.at_end(place, self._next[place])
        else:
            self._ended.add(place)

    def _raise(self, error: KafkaError, place: Place) -> None:
        if error.code() == KafkaError._AUTO_OFFSET_RESET:
            raise Misconfigured(
                f"{self._sink.name} stands at offset {self._next.get(place)} of {place[0]}, partition {place[1]}, and "
                "Kafka does not have it: records expired before they were written, or the topic was made anew"
            )
        if not error.retriable() and error.code() != KafkaError._MAX_POLL_EXCEEDED:  # then we join again
            raise refused(f"reading {place[0]}" if place[0] else f"joining the group of sink {self._sink.name}", error)

    def _write(self, batches: Sequence[SinkBatch]) -> None:
        try:
            self._insist(lambda: self._sink.write(batches))
        except Fenced:
            metrics.SINK_BATCHES.labels("fenced").inc()
            self._read_again([batch.place for batch in batches])
            return
        metrics.SINK_BATCHES.labels("written").inc()
        for batch in batches:
            self._next[batch.place] = batch.end
            self._progress.written(batch)
            if batch.place in self._ended:
                self._progress.at_end(batch.place, batch.end)
            with contextlib.suppress(KafkaException):  # not ours any more: its lag is shown by others
                self._consumer.store_offsets(offsets=[TopicPartition(*batch.place, batch.end)])

    def _read_again(self, places: Sequence[Place]) -> None:
        self._logger.warning("fenced", sink=self._sink.name, partitions=len(places))
        self._next |= self._positions(places)
        for place in places:
            self._seek(place)

    def _seek(self, place: Place) -> None:
        try:
            self._consumer.seek(self._target(*place))
        except KafkaException:  # not ours any more: the callback about it is on the way
            self._next.pop(place)

    def _positions(self, places: Sequence[Place]) -> dict[Place, int]:
        return self._insist(lambda: self._sink.positions(places))

    def _insist(self, call: Callable[[], T]) -> T:
        """What `call` returns; again while it raises Unavailable. Raises _Stopped."""
        while True:
            try:
                result = call()
            except Unavailable as error:
                metrics.SINK_READY.set(0)
                if self._stop.wait(self._pauses.after(error)):
                    raise _Stopped from None
            else:
                self._pauses.over()
                metrics.SINK_READY.set(1)
                return result
