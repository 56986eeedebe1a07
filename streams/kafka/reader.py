"""Reading topics: committed records only, as they are, or decoded through the schema registry.

No consumer group: a reader takes all partitions of its topics, remembers nothing, and moves no offsets of others.
Whoever may write to a topic may write anything: a record that cannot be read must not end the reading of others.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, Consumer, KafkaError, KafkaException, Message, TopicPartition

from streams.kafka.decoder import Decoder
from streams.kafka.login.librdkafka import for_librdkafka
from streams.kafka.refused import refused
from streams.ops import log
from streams.ops.errors import Misconfigured, Unreadable
from streams.ops.settings import Settings

BATCH = 2000
POLL_S = 0.5
PLACES_LOGGED = 20  # of records that cannot be read; of a topic full of them no more is needed

# What is fetched is held unpacked, ten times as large: by default half a gigabyte. A record that is larger than a fetch
# comes all the same (KIP-74).
LEAN = {"fetch.max.bytes": 2_000_000, "fetch.message.max.bytes": 500_000, "queued.max.messages.kbytes": 4_096}

logger = log.get("reader")


class Decoded(NamedTuple):
    """One clean record. `record` is None for a tombstone; times are milliseconds since the epoch."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes
    record: dict[str, Any] | None


class Messages:
    """All committed records of some topics (full names), from the beginning or from now on.

    `partitions`: only these numbers; None for all. `since_ms`: from the beginning, but for what is older (Unix ms).
    `is_lean`: with a tenth of the memory, which is that of what has been fetched.
    """

    def __init__(
        self,
        settings: Settings,
        names: Sequence[str],
        *,
        from_beginning: bool,
        partitions: Collection[int] | None = None,
        since_ms: int | None = None,
        is_lean: bool = False,
    ) -> None:
        settings.need_kafka()
        conf = for_librdkafka(settings) | {
            "group.id": f"{settings.group_id}-reader",
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",  # what expired is gone; librdkafka's default skips the rest, too
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 100,
            "fetch.min.bytes": 1_000_000,  # answers wait for their time: each question lists every partition, and costs
            "fetch.message.max.bytes": settings.record_bytes_max,
            "log_level": 2,
            **(LEAN if is_lean else {}),
        }
        self._consumer = Consumer(conf)
        self._asking = Consumer(conf)  # a question on the connection that fetches would wait behind each fetch
        self.unreadable = 0  # records that were passed over
        self._ended: dict[tuple[str, int], int] = {}  # where each partition's end was met last
        start = OFFSET_BEGINNING if from_beginning else OFFSET_END
        wanted = [place for place in self._existing(names) if partitions is None or place[1] in partitions]
        self._partitions = [TopicPartition(*place, start) for place in wanted]
        if since_ms is not None:
            self._partitions = self._since(since_ms)
        self._consumer.assign(self._partitions)

    def _existing(self, names: Sequence[str]) -> list[tuple[str, int]]:
        try:
            known = self._consumer.list_topics(timeout=10).topics
        except KafkaException as error:
            raise refused("Kafka does not answer", error.args[0]) from None
        missing = sorted(set(names) - set(known))
        if missing:
            raise Misconfigured(f"no topic {', '.join(missing)}; `junction-streams topics apply` creates ours")
        return [(name, partition) for name in names for partition in known[name].partitions]

    def _since(self, since_ms: int) -> list[TopicPartition]:
        """Of each partition its first record that is not older; its end where all are."""
        asked = [TopicPartition(one.topic, one.partition, since_ms) for one in self._partitions]
        try:
            return list(self._consumer.offsets_for_times(asked, timeout=10))
        except KafkaException as error:
            raise refused("Kafka does not say what is how old", error.args[0], is_question=True) from None

    def messages(self, timeout_s: float) -> Iterator[Message]:
        """What arrives within the time; at most BATCH records."""
        for message in self._consumer.consume(BATCH, timeout_s):
            error = message.error()
            if error is None:
                yield message
            elif error.code() == KafkaError._PARTITION_EOF:
                self._ended[message.topic(), message.partition()] = message.offset()
            elif not error.retriable() and error.code() != KafkaError.GROUP_AUTHORIZATION_FAILED:
                # librdkafka looks for the coordinator of a group that nobody joins: no right to it is needed.
                raise refused(f"reading {message.topic()}", error, is_question=True)

    def until_now(self) -> Iterator[Message]:
        """Every record that is there when this is called, and no later one."""
        # The ends first: later records lie behind them. They are ends of what is committed, as reading meets them.
        ends = {(p.topic, p.partition): self._end(p) for p in self._partitions}
        while any(self._ended.get(place, 0) < end for place, end in ends.items()):
            for message in self.messages(POLL_S):
                if message.offset() < ends[message.topic(), message.partition()]:
                    yield message

    def at_end(self) -> bool:
        """Whether everything that is committed now has been read. May be asked while another thread polls."""
        # Ends of now against where reading has ended before: the answer may be no too often, never yes too early.
        ends = {(p.topic, p.partition): self._end(p) for p in self._partitions}
        return all(self._ended.get(place, 0) >= end for place, end in ends.items())

    def cut(self) -> set[tuple[str, int]]:
        """Partitions that are read from their first record on, where Kafka has deleted others before it."""
        firsts = [(one, self._bounds(one)[0]) for one in self._partitions if one.offset != OFFSET_END]
        return {(one.topic, one.partition) for one, first in firsts if first and one.offset <= first}

    def is_all(self) -> bool:
        """Whether these partitions never held anything before the records that are read."""
        for one in self._partitions:
            first, end = self._bounds(one)
            if first or (end if one.offset == OFFSET_END else one.offset > 0):
                return False
        return True

    def _end(self, partition: TopicPartition) -> int:
        return self._bounds(partition)[1]

    def _bounds(self, partition: TopicPartition) -> tuple[int, int]:
        try:
            first, end = self._asking.get_watermark_offsets(partition, timeout=10)
        except KafkaException as error:
            what = f"Kafka does not say where {partition.topic} ends"
            raise refused(what, error.args[0], is_question=True) from None
        return int(first), int(end)

    def pass_over(self, message: Message, why: str) -> None:
        """Log that a record cannot be read: its place, never its content."""
        self.unreadable += 1
        if self.unreadable <= PLACES_LOGGED:
            where = {"topic": message.topic(), "partition": message.partition(), "offset": message.offset()}
            logger.warning("unreadable", **where, why=why)

    def close(self) -> None:
        if self.unreadable > PLACES_LOGGED:
            logger.warning("unreadable_in_all", records=self.unreadable)
        self._consumer.close()
        self._asking.close()


class Reader(Messages):
    """All committed records of some clean topics, decoded. What cannot be read is counted, logged, and passed over.

    `is_plain`: times stay the numbers that they are in the worker, instead of becoming datetimes.
    """

    def __init__(
        self,
        settings: Settings,
        names: Sequence[str],
        *,
        from_beginning: bool,
        partitions: Collection[int] | None = None,
        is_plain: bool = False,
    ) -> None:
        super().__init__(settings, names, from_beginning=from_beginning, partitions=partitions)
        self._decoder = Decoder(settings, is_plain=is_plain)

    def poll(self, timeout_s: float) -> list[Decoded]:
        """What arrives within the time; at most BATCH records."""
        return list(self._decoded(self.messages(timeout_s)))

    def records(self, wants: Callable[[bytes], bool] = lambda key: True) -> Iterator[Decoded]:
        """Every record that is there when this is called, of the keys that are wanted."""
        return self._decoded(one for one in self.until_now() if wants(one.key() or b""))

    def _decoded(self, messages: Iterable[Message]) -> Iterator[Decoded]:
        for message in messages:
            if (decoded := self.read(message)) is not None:
                yield decoded

    def read(self, message: Message) -> Decoded | None:
        """One of `until_now`, decoded; None for one that was passed over."""
        value = message.value()
        try:
            record = None if value is None else self._decoder.record(message.topic(), value)
        except Unreadable as why:
            self.pass_over(message, str(why))
            return None
        place = (message.topic(), message.partition(), message.offset())
        return Decoded(*place, message.timestamp()[1], message.key() or b"", record)
