"""Records by their places and from a place on, over consumers that stay open: no look-up waits for a connection."""

import queue
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import NamedTuple, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from streams.kafka.clients import client_id
from streams.kafka.login.librdkafka import for_librdkafka
from streams.kafka.refused import refused
from streams.ops.errors import Unavailable
from streams.ops.settings import MIB, Settings

ANSWER_S = 3.0
REST_S = 5.0  # behind a question that Kafka did not answer: further ones of the same story do not wait, too
LEARN_S = 300.0  # librdkafka forgets where a topic is after 15 min
CONSUMERS = 4  # look-ups at once; a further one waits for one of them
NEAR = 500  # records between two wanted ones that are read over: to go to another place costs as much
_POLL_S = 0.05
_BATCH = 500

Place = tuple[str, int]  # topic (full name), partition
Answer = TypeVar("Answer")


class Bounds(NamedTuple):
    """How much is read for one answer, whichever comes first."""

    bytes_max: int = 50 * MIB
    seconds: float = 2.0


class Scanned(NamedTuple):
    """`ended`: places of which nobody wants more, or which have no more. `lost`: those whose start Kafka does not have.

    `is_whole`: each place is one of them; else a bound was met.
    """

    ended: frozenset[Place]
    lost: frozenset[Place]
    is_whole: bool


class Places:
    """Safe to be used by several threads. `close` it."""

    def __init__(self, settings: Settings) -> None:
        settings.need_kafka()
        self._settings = settings
        self._idle: queue.LifoQueue[_OpenConsumer | None] = queue.LifoQueue()
        self._rests_until_s = 0.0
        for _ in range(CONSUMERS):
            self._idle.put(None)  # made when it is needed first

    def scan(self, starts: Mapping[Place, int], bounds: Bounds, is_enough: Callable[[Message], bool]) -> Scanned:
        """Hand on committed records from these offsets on. `is_enough`: whether no more of a record's place is wanted.

        Raises Unavailable, Misconfigured.
        """
        reading = _Reading(starts, bounds)
        if starts:
            with self._consumer() as consumer:
                consumer.assign([TopicPartition(*place, offset) for place, offset in starts.items()])
                try:
                    while not reading.is_over:
                        first = consumer.poll(_POLL_S)  # `consume` alone waits until it has all, or its time is over
                        # An empty record is false: its length is that of its value.
                        reading.take([first] if first is not None else (), is_enough)
                        if first is not None and not reading.is_over:
                            reading.take(consumer.consume(_BATCH, 0), is_enough)
                finally:
                    consumer.unassign()
        return Scanned(frozenset(reading.ended), frozenset(reading.lost), not reading.open)

    def at(self, wanted: Mapping[Place, Sequence[int]]) -> dict[tuple[str, int, int], Message]:
        """The records at these offsets; those that are not there are left out. Raises Unavailable, Misconfigured."""
        found: dict[tuple[str, int, int], Message] = {}
        rest = {place: sorted(set(offsets)) for place, offsets in wanted.items()}
        while rest := {place: offsets for place, offsets in rest.items() if offsets}:
            if not self._take(rest, found):
                self._rests_until_s = time.monotonic() + REST_S
                raise Unavailable(f"Kafka did not give a record within {ANSWER_S:.0f} s")
        return found

    def _take(self, rest: dict[Place, list[int]], found: dict[tuple[str, int, int], Message]) -> bool:
        """Read on from the first offset of each partition as far as it is worth it. Whether Kafka gave all."""
        last = {place: max(one for one in offsets if one - offsets[0] <= NEAR) for place, offsets in rest.items()}

        def is_enough(message: Message) -> bool:
            place, offset = (message.topic(), message.partition()), message.offset()
            if offset in rest[place]:
                found[(*place, offset)] = message
            return bool(offset >= last[place])

        starts = {place: offsets[0] for place, offsets in rest.items()}
        scanned = self.scan(starts, Bounds(seconds=ANSWER_S), is_enough)
        for place, offset in last.items():
            read = starts[place] if place in scanned.lost else offset  # where the first has gone, the next may be there
            rest[place] = [one for one in rest[place] if one > read]
        return scanned.is_whole

    def from_times(self, times_ms: Mapping[Place, int]) -> dict[Place, int]:
        """Of each partition the first offset that is not older, or its end. Raises Unavailable, Misconfigured."""
        asked = [TopicPartition(*place, max(ms, 0)) for place, ms in times_ms.items()]
        found = self._ask(lambda one: one.offsets_for_times(asked, timeout=ANSWER_S), "what is how old")
        return {(one.topic, one.partition): one.offset for one in found}

    def watermarks(self, place: Place) -> tuple[int, int]:
        """The first offset that is there, and the end. Raises Unavailable, Misconfigured."""
        where = TopicPartition(*place)
        low, high = self._ask(
            lambda one: one.get_watermark_offsets(where, timeout=ANSWER_S), f"where {place[0]} begins and ends"
        )
        return int(low), int(high)

    def close(self) -> None:
        """Waits for look-ups under way."""
        for _ in range(CONSUMERS):
            one = self._idle.get()
            if one is not None:
                one.consumer.close()

    def _ask(self, question: Callable[[Consumer], Answer], what: str) -> Answer:
        with self._consumer() as consumer:
            try:
                return question(consumer)
            except KafkaException as error:
                self._rests_until_s = time.monotonic() + REST_S
                raise refused(f"Kafka does not say {what}", error.args[0], is_question=True) from None

    @contextmanager
    def _consumer(self) -> Iterator[Consumer]:
        if time.monotonic() < self._rests_until_s:
            raise Unavailable("Kafka does not answer")
        try:
            one = self._idle.get(timeout=ANSWER_S)
        except queue.Empty:
            raise Unavailable(f"more than {CONSUMERS} look-ups at once: this one waited for {ANSWER_S:.0f} s") from None
        try:
            one = one or _OpenConsumer(self._made())
            one.learn()
            yield one.consumer
        finally:
            self._idle.put(one)

    def _made(self) -> Consumer:
        conf = for_librdkafka(self._settings) | {
            "group.id": f"{self._settings.group_id}-reader",
            "client.id": client_id(self._settings, "lineage"),
            "isolation.level": "read_committed",
            "auto.offset.reset": "error",  # an offset that is gone, or of a topic made anew, is said
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 2,  # an end is told after so long, and the next question waits behind the last fetch
            "fetch.queue.backoff.ms": 10,  # by its default a second, and one look-up in twenty waits for it
            "fetch.message.max.bytes": 128 * 1024,  # one record is wanted; a larger one comes all the same (KIP-74)
            "fetch.max.bytes": 2 * MIB,
            "queued.max.messages.kbytes": 4 * 1024,
            "fetch.error.backoff.ms": 20,  # else who asks for an offset that is gone holds up the next one for 0.5 s
            "log_level": 0,
        }
        try:
            return Consumer(conf)
        except KafkaException as error:
            raise refused("a client of Kafka", error.args[0]) from None


class _OpenConsumer:
    """A consumer, and since when it knows where topics are."""

    def __init__(self, consumer: Consumer) -> None:
        self.consumer = consumer
        self._learnt_s = float("-inf")

    def learn(self) -> None:
        """All topics at once, now and then: of each that is read for the first time it would ask for half a second."""
        if time.monotonic() - self._learnt_s > LEARN_S:
            with suppress(KafkaException):  # the question that follows says why
                self.consumer.list_topics(timeout=ANSWER_S)
                self._learnt_s = time.monotonic()


class _Reading:
    """The state of one scan."""

    def __init__(self, starts: Mapping[Place, int], bounds: Bounds) -> None:
        self.open: set[Place] = set(starts)
        self.ended: set[Place] = set()
        self.lost: set[Place] = set()
        self._until_s = time.monotonic() + bounds.seconds
        self._bytes_left = bounds.bytes_max

    @property
    def is_over(self) -> bool:
        return not self.open or self._bytes_left <= 0 or time.monotonic() >= self._until_s

    def take(self, messages: Sequence[Message], is_enough: Callable[[Message], bool]) -> None:
        for message in messages:
            place = (message.topic(), message.partition())
            if (error := message.error()) is not None:
                self._note(place, error)
            elif place in self.open:
                self._bytes_left -= len(message)
                if is_enough(message):
                    self._end(place, self.ended)

    def _note(self, place: Place, error: KafkaError) -> None:
        if error.code() == KafkaError._PARTITION_EOF:
            self._end(place, self.ended)
        elif error.code() in (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE):
            self._end(place, self.lost)
        elif not error.retriable() and error.code() != KafkaError.GROUP_AUTHORIZATION_FAILED:
            # librdkafka looks for the coordinator of a group that nobody joins: no right to it is needed.
            raise refused(f"reading {place[0]}", error, is_question=True)

    def _end(self, place: Place, into: set[Place]) -> None:
        if place in self.open:
            self.open.discard(place)
            into.add(place)
