"""What delivery reports say about Kafka; no Kafka needed."""

import asyncio
from collections.abc import Callable

import pytest
from confluent_kafka import KafkaError
from hypothesis import given
from hypothesis import strategies as st

from streams.kafka.confirmations import DOUBT_S, TRIALS_MAX, Confirmations, UnderWay
from streams.ops.errors import Unavailable

TIMED_OUT = KafkaError(KafkaError._MSG_TIMED_OUT)
TOO_LARGE = KafkaError(KafkaError.MSG_SIZE_TOO_LARGE)


class Clock:
    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def begin(confirmations: Confirmations, value: bytes = b"v") -> UnderWay:
    return confirmations.begin(b"key", value, [("name", b"content")], asyncio.Future(loop=LOOP))


def confirmed(record: UnderWay) -> None:
    record(None, None)


def failed(record: UnderWay) -> None:
    record(TIMED_OUT, None)


def not_taken(record: UnderWay) -> None:
    record.refused(Unavailable("the queue is full"))


LOOP = asyncio.new_event_loop()
End = Callable[[UnderWay], None]
ENDS: list[End] = [confirmed, failed, not_taken]


@given(st.lists(st.tuples(st.binary(max_size=50), st.sampled_from(ENDS)), max_size=30))
def test_what_ended_is_not_counted(records: list[tuple[bytes, End]]) -> None:
    """`bytes` is the sum of what is under way at any time, and 0 at the end, however each of them ended."""
    confirmations = Confirmations()
    begun = [(begin(confirmations, value), value, end) for value, end in records]
    left = sum(len(value) for value, _ in records) + len(records) * len(b"keynamecontent")
    for record, value, end in begun:
        assert confirmations.bytes == left
        end(record)
        left -= len(value) + len(b"keynamecontent")
    assert (confirmations.bytes, confirmations.records) == (0, 0)
    assert confirmations.confirmed == [end for _, end in records].count(confirmed)


@pytest.mark.parametrize("error", [None, TIMED_OUT, TOO_LARGE])
def test_who_awaits_gets_the_outcome(error: KafkaError | None) -> None:
    """The future of a record has the outcome of its report; one that was cancelled harms nobody."""
    confirmations = Confirmations()
    future: asyncio.Future[None] = asyncio.Future(loop=LOOP)
    confirmations.begin(b"", b"", [], future)(error, None)
    assert isinstance(future.exception(), Unavailable) == bool(error)
    given_up: asyncio.Future[None] = asyncio.Future(loop=LOOP)
    record = confirmations.begin(b"", b"", [], given_up)
    given_up.cancel()
    record(error, None)
    assert confirmations.records == 0


def test_a_few_find_out_when_kafka_is_back() -> None:
    """After a record that the brokers did not confirm only a few may be under way; one that is confirmed ends that."""
    confirmations = Confirmations()
    waiting = [begin(confirmations) for _ in range(100)]
    assert not confirmations.refusal
    for record in waiting[: 100 - TRIALS_MAX]:
        record(TIMED_OUT, None)
    assert "_MSG_TIMED_OUT" in confirmations.refusal
    waiting[-1](TIMED_OUT, None)
    assert not confirmations.refusal
    begin(confirmations)
    assert confirmations.refusal
    waiting[-2](None, None)
    waiting.extend(begin(confirmations) for _ in range(100))
    assert not confirmations.refusal


def test_a_record_that_is_wrong_says_nothing_about_kafka() -> None:
    """What is refused for its own sake does not make the next ones wait."""
    confirmations = Confirmations()
    waiting = [begin(confirmations) for _ in range(100)]
    waiting[0](TOO_LARGE, None)
    assert not confirmations.refusal


def test_doubt() -> None:
    """Kafka is doubted once it has confirmed nothing for a while though records wait, and again after as long."""
    clock = Clock()
    confirmations = Confirmations(clock)
    clock.now_s += 100
    assert not confirmations.is_doubtful()  # nothing waits
    first, second = begin(confirmations), begin(confirmations)
    clock.now_s += DOUBT_S - 0.1
    assert not confirmations.is_doubtful()
    clock.now_s += 0.1
    assert [confirmations.is_doubtful() for _ in range(3)] == [True, False, False]
    clock.now_s += DOUBT_S
    first(None, None)
    assert not confirmations.is_doubtful()
    clock.now_s += DOUBT_S
    assert confirmations.is_doubtful()
    second(TIMED_OUT, None)
    clock.now_s += DOUBT_S
    assert not confirmations.is_doubtful()
