"""The loop of sources, on a source that gives again what was not acknowledged, and a Kafka that fails now and then."""

import asyncio
import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contract import receiving, retry
from connectors.contract.intake import Intake
from connectors.contract.receiving import ReceivingLoop
from connectors.contract.source import Opened, SourceMessage
from streams.events.headers import Delivery
from streams.kafka import admin
from streams.kafka.memory_publisher import MemoryPublisher
from streams.ops import log
from streams.ops.errors import Unavailable
from streams.ops.settings import Settings

SETTINGS = Settings(_env_file=None, partitions=4)
LAYOUT = {topic.name: topic.partitions for topic in admin.layout_of(SETTINGS)}
DELIVERY = Delivery("m1", "queue", "main", "2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z")


@pytest.fixture(autouse=True, scope="module")
def _no_pauses() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(retry, "WAIT_S_FIRST", 0.0)
        yield


def body_of(n: int, user: str = "u") -> bytes:
    return json.dumps({"event_type": "daily.data.sleep.created", "user_id": user, "data": {"n": n}}).encode()


@dataclass
class Kafka(MemoryPublisher):
    """`fails`: numbers of the publishes that fail, from 0."""

    fails: set[int] = field(default_factory=set)
    calls: Iterator[int] = field(default_factory=itertools.count)

    async def publish(self, *record: Any) -> None:
        if next(self.calls) in self.fails:
            raise Unavailable("not confirmed")
        await super().publish(*record)

    def values(self) -> list[bytes]:
        return [one.value for one in self.records]


class Queue:
    """Gives its messages in order, and again from the first unacknowledged one after an error.

    `lost`: numbers of the acknowledgements that fail, and whether they count. Sets `stop` when it is empty.
    """

    name = "queue"

    def __init__(self, bodies: Sequence[bytes], kafka: Kafka, lost: dict[int, bool] | None = None) -> None:
        self.messages = [SourceMessage(n, len(body), partial(Opened, body, DELIVERY)) for n, body in enumerate(bodies)]
        self.stop = asyncio.Event()
        self.acknowledged, self.extended, self.released = 0, 0, list[int]()
        self._kafka, self._lost, self._calls, self._given = kafka, lost or {}, itertools.count(), 0

    async def receive(self, messages_max: int) -> list[SourceMessage]:
        given = self.messages[self._given : self._given + messages_max]
        self._given += len(given)
        if self.acknowledged == len(self.messages):
            self.stop.set()
        return given

    async def acknowledge(self, messages: Sequence[SourceMessage]) -> None:
        assert [one.token for one in messages] == list(range(self.acknowledged, self.acknowledged + len(messages)))
        assert {one.open().body for one in messages} <= set(self._kafka.values())
        counts = self._lost.get(next(self._calls))
        if counts is not False:
            self.acknowledged += len(messages)
        if counts is not None:
            self._given = self.acknowledged
            raise Unavailable("the connection is lost")

    async def extend(self, messages: Sequence[SourceMessage]) -> None:
        self.extended += len(messages)

    async def release(self, messages: Sequence[SourceMessage]) -> None:
        self.released = [one.token for one in messages]

    async def close(self) -> None:
        pass


async def run(bodies: Sequence[bytes], kafka: Kafka, lost: dict[int, bool] | None = None) -> Queue:
    queue = Queue(bodies, kafka, lost)
    logger = log.get("test")
    await ReceivingLoop(queue, Intake(SETTINGS, kafka, logger), logger).run(queue.stop)
    return queue


BODIES = [body_of(n) for n in range(3)]


async def test_all_is_published_and_acknowledged() -> None:
    """Each message once, in order."""
    kafka = Kafka(LAYOUT)
    queue = await run(BODIES, kafka)
    assert (kafka.values(), queue.acknowledged) == (BODIES, 3)


class Taken(Queue):
    """Its messages go to another reader first, which goes after some answers."""

    answers = 5

    async def waiting(self) -> int:
        return len(self.messages) - self.acknowledged

    async def receive(self, messages_max: int) -> list[SourceMessage]:
        self.answers -= 1
        return [] if self.answers > 0 else await super().receive(messages_max)


async def test_once_takes_no_silence_for_an_empty_source() -> None:
    """RabbitMQ gives one reader its turn: `--once` beside it must not say that nothing waits."""
    queue, logger = Taken(BODIES, Kafka(LAYOUT)), log.get("test")
    await ReceivingLoop(queue, Intake(SETTINGS, queue._kafka, logger), logger).run(asyncio.Event(), once=True)
    assert queue.acknowledged == len(BODIES)


async def test_lost_acknowledgement() -> None:
    """What the source gives again is published again: at least once."""
    kafka = Kafka(LAYOUT)
    queue = await run(BODIES, kafka, {0: False})
    assert (kafka.values(), queue.acknowledged) == ([*BODIES, *BODIES], 3)


async def test_kafka_is_away_and_comes_back() -> None:
    """Nothing is acknowledged meanwhile, and deadlines are extended before each further attempt."""
    kafka = Kafka(LAYOUT, fails=set(range(6)))
    queue = await run(BODIES, kafka)
    assert (kafka.values(), queue.acknowledged, queue.extended) == (BODIES, 3, 6)


async def test_the_middle_of_a_batch_fails() -> None:
    """What lies before it is acknowledged; what lies behind it is published again, so that it is the last."""
    kafka = Kafka(LAYOUT, fails={1})
    queue = await run(BODIES, kafka)
    assert kafka.values() == [BODIES[0], BODIES[2], BODIES[1], BODIES[2]]
    assert (queue.acknowledged, queue.extended) == (3, 2)


async def test_a_rejected_message() -> None:
    """It becomes a dead letter and is acknowledged; those beside it are not held up."""
    kafka = Kafka(LAYOUT)
    queue = await run([BODIES[0], b"{", BODIES[1]], kafka)
    topics = [one.topic for one in kafka.records]
    assert topics == ["junction.raw.summaries", "junction.dead_letters", "junction.raw.summaries"]
    assert queue.acknowledged == 3


async def test_stop_while_kafka_is_away() -> None:
    """What Kafka has is acknowledged, the rest is given back."""
    kafka = Kafka(LAYOUT, fails={1, 2})
    queue = Queue(BODIES, kafka)
    queue.stop.set()
    logger = log.get("test")
    await ReceivingLoop(queue, Intake(SETTINGS, kafka, logger), logger)._settle(queue.messages, queue.stop)
    assert (kafka.values(), queue.acknowledged, queue.released) == (BODIES[:1], 1, [1, 2])


async def test_cancelled_while_publishing() -> None:
    """Nothing is acknowledged whose report is not here."""
    kafka = Kafka(LAYOUT, gate=asyncio.Event())
    queue = Queue(BODIES, kafka)
    logger = log.get("test")
    task = asyncio.create_task(ReceivingLoop(queue, Intake(SETTINGS, kafka, logger), logger).run(queue.stop))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (kafka.values(), queue.acknowledged) == ([], 0)


async def test_large_body_is_not_overtaken() -> None:
    """Reading it takes a thread; what came behind it waits."""
    kafka = Kafka(LAYOUT)
    bodies = [body_of(0, "u" * 300_000), *BODIES]
    await run(bodies, kafka)
    assert kafka.values() == bodies


@given(
    users=st.lists(st.sampled_from("abc"), max_size=12),
    fails=st.sets(st.integers(0, 30)),
    lost=st.dictionaries(st.integers(0, 8), st.booleans()),
    size=st.integers(1, 5),
)
def test_nothing_is_lost_and_order_is_kept(users: list[str], fails: set[int], lost: dict[int, bool], size: int) -> None:
    """Whatever fails: all is on Kafka, and the last copies of a partition's events lie in the source's order."""
    bodies = [body_of(n, user) for n, user in enumerate(users)]
    kafka = Kafka(LAYOUT, fails=fails)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(receiving, "MESSAGES_MAX", size)
        asyncio.run(run(bodies, kafka, lost))
    last = dict.fromkeys(reversed(kafka.values()))
    assert list(reversed(last)) == bodies
