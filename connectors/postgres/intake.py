"""A batch's messages as records by topic: decoded, tombstones apart, what nobody can read as rejects."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from confluent_kafka import Message

from connectors.contract.sink import Place, SinkBatch
from connectors.postgres.tables.layout import PLANS, Form
from connectors.postgres.tables.rows import Read
from streams.kafka.bare_decoder import Written
from streams.ops.errors import Unreadable

Decode = Callable[[str, bytes], Written]


class Reject(NamedTuple):
    """A record that is not written. `reason`: without values."""

    topic: str
    partition: int
    offset: int
    reason: str


class Stored(NamedTuple):
    """A record and where it stands. `writer`: id of its schema."""

    partition: int
    writer: int
    read: Read


class Tombstone(NamedTuple):
    """`key`: as on Kafka. What was written before `offset` is deleted."""

    key: str
    offset: int


class TopicBatch(NamedTuple):
    """Records of one topic (short name), in the order of each partition, behind the tombstones of their keys."""

    topic: str
    stored: list[Stored]
    tombstones: list[Tombstone]


def sort(batches: Sequence[SinkBatch], prefix: str, decode: Decode) -> tuple[list[TopicBatch], list[Reject]]:
    """What a transaction writes. Raises what `decode` raises, but Unreadable. `prefix`: of full names."""
    found: dict[str, TopicBatch] = {}
    rejects: list[Reject] = []
    for batch in batches:
        topic = batch.place[0].removeprefix(prefix)
        into = found.setdefault(topic, TopicBatch(topic, [], []))
        for message in batch.messages:
            try:
                _take(into, message, decode)
            except Unreadable as why:
                rejects.append(Reject(*batch.place, message.offset(), str(why)))
    return list(found.values()), rejects


def rows(topics: Sequence[TopicBatch], prefix: str) -> Counter[Place]:
    """How many rows each partition brings: a sample is one. `prefix`: of full names."""
    found: Counter[Place] = Counter()
    for batch in topics:
        is_one = PLANS[batch.topic].form is Form.RECORD
        for one in batch.stored:
            found[prefix + batch.topic, one.partition] += 1 if is_one else len(one.read.record["times"])
    return found


def _take(into: TopicBatch, message: Message, decode: Decode) -> None:
    value, offset = message.value(), message.offset()
    key = (message.key() or b"").decode("utf-8", "replace")
    if value is None:
        into.tombstones.append(Tombstone(key, offset))
        into.stored[:] = [one for one in into.stored if one.read.key != key]
        return
    written = decode(message.topic(), value)
    into.stored.append(Stored(message.partition(), written.writer, Read(offset, key, written.record)))
