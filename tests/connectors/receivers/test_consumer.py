"""A consumer's partitions leave and come back: its client is played, everything else is the product's own."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from connectors.receivers import ownership
from connectors.receivers.consumer import ReceiverConsumer
from connectors.receivers.sender import ConfirmOwnership
from streams.ops.errors import Unavailable
from streams.ops.settings import Settings

TOPIC = "junction.alerts"
P = TopicPartition(TOPIC, 0)
FENCED = KafkaError(KafkaError.ILLEGAL_GENERATION)


class Record:
    """What a consumer asks of a message."""

    def __init__(self, offset: int, partition: int = 0) -> None:
        self._offset, self._partition = offset, partition

    def error(self) -> None:
        return None

    def partition(self) -> int:
        return self._partition

    def offset(self) -> int:
        return self._offset


class Group:
    """The consumer of one member. `refusal`: what commits are answered with; `is_mute`: not at all."""

    def __init__(self) -> None:
        self.consumer: ReceiverConsumer | None = None
        self.member, self.refusal, self.is_mute = "m", None, False
        self.committed: list[int] = []
        self.asked: list[list[TopicPartition]] = []

    def memberid(self) -> str:
        return self.member

    def commit(self, offsets: list[TopicPartition], asynchronous: bool) -> None:
        if not asynchronous:
            if self.refusal:
                raise KafkaException(self.refusal)
            self.committed += [place.offset for place in offsets]
            return
        self.asked.append(offsets)
        if not self.is_mute:
            asyncio.get_running_loop().call_soon(self.answer)

    def answer(self) -> None:
        places = self.asked[-1]
        if not self.refusal:
            self.committed += [place.offset for place in places]
        assert self.consumer
        self.consumer._committed(self.refusal, places)


Work = Callable[[Any, ConfirmOwnership], Awaitable[None]]


def consumer_of(group: Group, work: Work) -> ReceiverConsumer:
    consumer = ReceiverConsumer(Settings(_env_file=None, bootstrap_servers="127.0.0.1:9"), "clinic", TOPIC, work)
    consumer._consumer.close()
    consumer._consumer, group.consumer = group, consumer
    return consumer


async def turn(consumer: ReceiverConsumer, times: int = 20) -> None:
    """What `run` does between two looks at its consumer."""
    for _ in range(times):
        consumer._raise_failures()
        consumer._ownership.send_due(consumer._consumer)
        await asyncio.sleep(0)


def take(consumer: ReceiverConsumer, offset: int) -> None:
    record: Any = Record(offset)
    consumer._take(record)


class Handler:
    """Attempts as a courier makes them. `gate`: a receiver that is busy until it is set."""

    def __init__(self, failures: int = 0) -> None:
        self.attempts: list[int] = []
        self.gate, self._failures = asyncio.Event(), failures

    async def work(self, record: Record, confirm: ConfirmOwnership) -> None:
        for _ in range(8):
            await confirm()
            self.attempts.append(record.offset())
            if len(self.attempts) > self._failures:
                return
            await self.gate.wait()


async def test_no_attempt_follows_a_revocation() -> None:
    """What waits for its next attempt when the partition leaves is not tried again, nor is what waited behind it."""
    group, handler = Group(), Handler(failures=1)
    consumer = consumer_of(group, handler.work)
    consumer._assigned(consumer._consumer, [P])
    take(consumer, 5)
    take(consumer, 6)
    await turn(consumer)
    consumer._revoked(consumer._consumer, [P])
    handler.gate.set()
    await turn(consumer)
    assert handler.attempts == [5]
    assert set(group.committed) == {5}


async def test_a_partition_comes_back() -> None:
    """A new task takes it up from its first record, even while the old one still ends."""
    group, handler = Group(), Handler(failures=1)
    consumer = consumer_of(group, handler.work)
    for offset in (5, 7):
        consumer._assigned(consumer._consumer, [P])
        take(consumer, offset)
        if offset == 5:
            await turn(consumer)
            consumer._revoked(consumer._consumer, [P])
    await turn(consumer)
    assert handler.attempts == [5, 7]
    await turn(consumer)
    consumer._ownership.commit_now(consumer._consumer)
    assert group.committed[-1] == 8


async def test_what_is_lost_is_not_committed() -> None:
    """A partition that others have taken while nobody asked us: not even what is done is committed behind them."""
    group, handler = Group(), Handler()
    consumer = consumer_of(group, handler.work)
    consumer._assigned(consumer._consumer, [P])
    take(consumer, 5)
    await turn(consumer)
    assert handler.attempts == [5]
    consumer._lost(consumer._consumer, [P])
    consumer._ownership.commit_now(consumer._consumer)
    assert group.committed == [5]


async def test_a_record_of_a_partition_that_left_is_not_taken() -> None:
    """A batch may hold records from before a revocation that came while it was put together."""
    group, handler = Group(), Handler()
    consumer = consumer_of(group, handler.work)
    take(consumer, 5)
    await turn(consumer)
    assert (handler.attempts, group.asked) == ([], [])


async def test_an_attempt_waits_until_the_group_confirms(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused, or no member: nothing is brought. Confirmed: it goes on."""
    monkeypatch.setattr(ownership, "POLL_S", 0.0)
    group, handler = Group(), Handler()
    consumer = consumer_of(group, handler.work)
    consumer._assigned(consumer._consumer, [P])
    group.refusal = FENCED
    take(consumer, 5)
    await turn(consumer)
    assert (handler.attempts, len(group.asked) > 1) == ([], True)
    group.refusal, group.member = None, ""
    await turn(consumer)
    assert handler.attempts == []
    group.member = "m"
    await turn(consumer)
    assert handler.attempts == [5]


async def test_an_old_answer_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever slept between question and answer asks again: the yes is of the time before."""
    group, handler = Group(), Handler()
    consumer = consumer_of(group, handler.work)
    consumer._assigned(consumer._consumer, [P])
    group.is_mute = True
    take(consumer, 5)
    await turn(consumer)
    now_s = ownership.time.monotonic()
    monkeypatch.setattr(ownership.time, "monotonic", lambda: now_s + 60)
    group.answer()
    await turn(consumer)
    assert (handler.attempts, len(group.asked)) == ([], 2)
    group.answer()
    await turn(consumer)
    assert handler.attempts == [5]


async def test_an_answer_to_another_commit_proves_nothing() -> None:
    """Commits that nobody waited for have answers, too."""
    group, handler = Group(), Handler()
    consumer = consumer_of(group, handler.work)
    consumer._assigned(consumer._consumer, [P])
    group.is_mute = True
    take(consumer, 5)
    await turn(consumer)
    consumer._committed(None, [TopicPartition(TOPIC, 0, 5)])
    await turn(consumer)
    assert handler.attempts == []


async def test_what_work_raises_ends_the_lane() -> None:
    """A failure is nobody's to swallow."""

    async def broken(record: Record, confirm: ConfirmOwnership) -> None:
        raise Unavailable("broken")

    consumer = consumer_of(Group(), broken)
    consumer._assigned(consumer._consumer, [P])
    take(consumer, 5)
    with pytest.raises(Unavailable, match="broken"):
        await turn(consumer)
