"""The loop of sinks: on a log in memory whatever fails, and on a real Kafka."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from confluent_kafka import OFFSET_BEGINNING, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from hypothesis import given
from hypothesis import strategies as st

from connectors.contract import drain, retry
from connectors.contract.drain import Drain, sink_consumer
from connectors.contract.sink import Fenced, Place, SinkBatch
from streams.kafka.login.librdkafka import for_librdkafka
from streams.ops import log
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.settings import Settings

TOPIC = "t"
OK, AWAY, ANSWER_LOST, OVERTAKEN, MOVED = "ok", "away", "answer lost", "overtaken", "moved"


@pytest.fixture(autouse=True, scope="module")
def _no_pauses() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(retry, "WAIT_S_FIRST", 0.0)
        yield


class Target:
    """A sink that keeps rows and positions together. `before`: called before each write. Stops when it has `wanted`."""

    name = "memory"

    def __init__(self, wanted: int, before: Callable[["Target", Sequence[SinkBatch]], None] = lambda *_: None) -> None:
        self.written: dict[Place, list[bytes]] = {}
        self.next: dict[Place, int] = {}
        self.stop = threading.Event()
        self._wanted, self._before, self._lock = wanted, before, threading.Lock()
        self._stop_if_complete()

    def positions(self, places: Sequence[Place]) -> dict[Place, int]:
        return {place: self.next.get(place, 0) for place in places}

    def moved(self) -> Sequence[Place]:
        return []

    def rows(self, message: Any) -> int:
        return 1

    def write(self, batches: Sequence[SinkBatch]) -> None:
        with self._lock:
            self._before(self, batches)
            self.commit(batches)

    def commit(self, batches: Sequence[SinkBatch]) -> None:
        if any(self.next.get(batch.place, 0) != batch.start for batch in batches):
            raise Fenced
        for batch in batches:
            self.written.setdefault(batch.place, []).extend(message.value() for message in batch.messages)
            self.next[batch.place] = batch.end
        self._stop_if_complete()

    def _stop_if_complete(self) -> None:
        if sum(map(len, self.written.values())) >= self._wanted:
            self.stop.set()


@dataclass
class Record:
    """A message of `Log`."""

    at: int
    number: int

    def topic(self) -> str:
        return TOPIC

    def partition(self) -> int:
        return self.at

    def offset(self) -> int:
        return self.number

    def __len__(self) -> int:
        return 1

    def timestamp(self) -> tuple[int, int]:
        return 1, 0

    def value(self) -> bytes:
        return b"%d:%d" % (self.at, self.number)

    def error(self) -> None:
        return None


class Log:
    """A consumer of partitions in memory, as librdkafka's: callbacks within `consume`, positions since `assign`."""

    def __init__(self, offsets: list[list[int]]) -> None:
        self.offsets = offsets
        self.is_moved = True  # the group has to give us our partitions
        self._at: dict[int, int] = {}
        self._on_assign: Any = None
        self._on_revoke: Any = None

    def subscribe(self, _: list[str], on_assign: Any, on_revoke: Any, on_lost: Any) -> None:
        self._on_assign, self._on_revoke = on_assign, on_revoke

    def incremental_assign(self, partitions: list[TopicPartition]) -> None:
        self._at |= {one.partition: 0 if one.offset == OFFSET_BEGINNING else one.offset for one in partitions}

    def get_watermark_offsets(self, one: TopicPartition, cached: bool) -> tuple[int, int]:
        return 0, max(self.offsets[one.partition]) + 1

    def seek(self, one: TopicPartition) -> None:
        self.incremental_assign([one])

    def store_offsets(self, offsets: list[TopicPartition]) -> None:
        assert all(one.offset > 0 for one in offsets)

    def consume(self, n: int, _: float) -> list[Record]:
        found = []
        for partition, at in self._at.items():
            found += [Record(partition, offset) for offset in self.offsets[partition] if offset >= at][:n]
        for record in found:
            self._at[record.at] = record.number + 1
        if self.is_moved:
            self.is_moved = False
            ours = [TopicPartition(TOPIC, partition) for partition in range(len(self.offsets))]
            self._on_revoke(self, ours)
            self._on_assign(self, ours)
        return found

    def close(self) -> None:
        pass


def run(offsets: list[list[int]], outcomes: list[str]) -> Target:
    """The target after `outcomes` of the first writes, while all later ones succeed."""
    consumer: Any = Log(offsets)
    left = iter(outcomes)

    def before(target: Target, batches: Sequence[SinkBatch]) -> None:
        outcome = next(left, OK)
        if outcome == MOVED:
            consumer.is_moved = True
        if outcome in (ANSWER_LOST, OVERTAKEN):
            theirs = batches if outcome == ANSWER_LOST else first_of(batches)
            target.commit(theirs)
        if outcome in (AWAY, ANSWER_LOST):
            raise Unavailable("no answer")

    target = Target(sum(map(len, offsets)), before)
    if not target.stop.is_set():
        fill(target, consumer)
    return target


def first_of(batches: Sequence[SinkBatch]) -> Sequence[SinkBatch]:
    """What another process wrote: the first record of one partition alone."""
    batch = batches[0]
    return [batch._replace(end=batch.messages[0].offset() + 1, messages=batch.messages[:1])]


def fill(target: Target, consumer: Any) -> None:
    Drain(consumer, [TOPIC], target, log.get("test")).run(target.stop)


def values(offsets: list[list[int]]) -> dict[Place, list[bytes]]:
    return {(TOPIC, n): [Record(n, offset).value() for offset in rows] for n, rows in enumerate(offsets) if rows}


@pytest.mark.parametrize("outcome", [OK, AWAY, ANSWER_LOST, OVERTAKEN, MOVED])
def test_one_thing_happens(outcome: str) -> None:
    """The target away, its answer lost, another writer ahead of us, partitions moved: each row once."""
    offsets = [[0, 1, 2], [5, 6]]
    assert run(offsets, [outcome]).written == values(offsets)


@given(
    sizes=st.lists(st.sets(st.integers(0, 20), max_size=8), min_size=1, max_size=3),
    outcomes=st.lists(st.sampled_from([OK, AWAY, ANSWER_LOST, OVERTAKEN, MOVED]), max_size=15),
    n=st.integers(1, 4),
)
def test_exactly_once(sizes: list[set[int]], outcomes: list[str], n: int) -> None:
    """Whatever happens, and however often: each record is one row, in the order of its partition."""
    offsets = [sorted(rows) for rows in sizes]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drain, "MESSAGES_MAX", n)
        target = run(offsets, outcomes)
    assert target.written == values(offsets)


class Rewound(Target):
    """A person sets it back to the beginning, once, when it has all records."""

    def moved(self) -> Sequence[Place]:
        if self.next.get((TOPIC, 0)) != 2 or len(self.written[TOPIC, 0]) > 2:
            return []
        self.next.clear()
        return [(TOPIC, 0), (TOPIC, 7)]  # one of them is not ours


def test_a_position_that_a_person_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read on from there, though nothing new comes that could be fenced."""
    monkeypatch.setattr(drain, "LOOK_S", 0.0)
    target = Rewound(4)
    fill(target, Log([[0, 1]]))
    assert target.written == {(TOPIC, 0): 2 * values([[0, 1]])[TOPIC, 0]}


def test_stop_while_the_target_is_away() -> None:
    """The loop ends; nothing was written, and the position stands where it stood."""

    def before(target: Target, batches: Sequence[SinkBatch]) -> None:
        target.stop.set()
        raise Unavailable("no answer")

    target = Target(1, before)
    fill(target, Log([[0]]))
    assert (target.written, target.next) == ({}, {})


@pytest.fixture
def topic(settings: Settings) -> str:
    """Of 4 partitions, on the cluster."""
    name = f"{settings.topic_prefix}.sunk"
    client = AdminClient(for_librdkafka(settings))
    client.create_topics([NewTopic(name, 4, 1)])[name].result(10)
    return name


def produce(settings: Settings, topic: str, n: int) -> set[bytes]:
    """n records in committed transactions, and as many in aborted ones between them."""
    producer = Producer(for_librdkafka(settings) | {"transactional.id": topic})
    producer.init_transactions(10)
    for number in range(2 * n):
        producer.begin_transaction()
        producer.produce(topic, b"%d" % number, partition=number // 2 % 4)
        # An abort drops what was not sent yet: nothing would be there to skip, and Kafka may not know the transaction.
        assert producer.flush(10) == 0
        (producer.abort_transaction if number % 2 else producer.commit_transaction)(10)
    return {b"%d" % number for number in range(0, 2 * n, 2)}


def test_two_processes_on_a_real_kafka(settings: Settings, topic: str) -> None:
    """A group of two, whose target fails at every third write and moves partitions: each committed record once."""
    wanted = produce(settings, topic, 60)
    n_writes = 0

    def before(target: Target, batches: Sequence[SinkBatch]) -> None:
        nonlocal n_writes
        n_writes += 1
        if n_writes % 3 == 1:
            target.commit(first_of(batches))
        if n_writes % 3 == 2:
            raise Unavailable("no answer")

    target = Target(len(wanted), before)
    settings = settings.model_copy(update={"session_timeout_s": 6.0})

    def member() -> None:
        Drain(sink_consumer(settings, target.name), [topic], target, log.get("test")).run(target.stop)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(member) for _ in range(2)]:
            done.result(60)
    rows = [row for rows in target.written.values() for row in rows]
    assert (len(rows), set(rows)) == (len(wanted), wanted)
    assert all(rows == sorted(rows, key=int) for rows in target.written.values())


def test_a_position_that_kafka_does_not_have(settings: Settings, topic: str) -> None:
    """Nobody reads on elsewhere in silence: a person has to look."""
    target = Target(1)
    target.next[topic, 0] = 99
    with pytest.raises(Misconfigured, match=r"stands at offset 99 of .*partition 0"):
        fill_from(settings, topic, target)


def fill_from(settings: Settings, topic: str, target: Target) -> None:
    Drain(sink_consumer(settings, target.name), [topic], target, log.get("test")).run(target.stop)
