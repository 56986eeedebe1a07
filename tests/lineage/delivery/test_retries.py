"""When a delivery comes again, against the schedule that Junction publishes."""

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events.times import HOUR_MS, MINUTE_MS
from streams.lineage.delivery.retries import ATTEMPTS, WAITS_S, again_by_ms, last_try_ms, next_try, tries

MADE_MS = 1_780_500_000_000
# Behind the first attempt, in minutes: 5 s, then 5 min, 30 min, 2, 5, 10 and 10 h more.
NOMINAL_MIN = (0, 1 / 12, 5 + 1 / 12, 35 + 1 / 12, 155 + 1 / 12, 455 + 1 / 12, 1055 + 1 / 12, 1655 + 1 / 12)


def test_the_schedule_is_junctions() -> None:
    """Eight attempts over 27 h 35 min, each at its time, a fifth earlier or later."""
    found = tries(MADE_MS)
    assert [one.number for one in found] == list(range(1, ATTEMPTS + 1))
    for one, minutes in zip(found, NOMINAL_MIN, strict=True):
        assert one.from_ms - MADE_MS == round(minutes * MINUTE_MS * 0.8)
        assert one.to_ms - MADE_MS == round(minutes * MINUTE_MS * 1.2) + MINUTE_MS
    assert last_try_ms(MADE_MS) == found[-1].to_ms


@pytest.mark.parametrize(
    ("after_ms", "number"),
    [
        (0, 1),
        (90_000, 3),  # the second is over at the latest
        (6 * MINUTE_MS, 3),
        (10 * MINUTE_MS, 4),
        (HOUR_MS, 5),
        (20 * HOUR_MS, 7),
        (30 * HOUR_MS, 8),
    ],
)
def test_the_next_one_is_the_first_that_is_not_over(after_ms: int, number: int) -> None:
    """Without any attempt that reached us, what may still come counts."""
    found = next_try(MADE_MS, MADE_MS + after_ms)
    assert found is not None
    assert found.number == number
    assert found.to_ms > MADE_MS + after_ms


def test_behind_the_last_one_there_is_none() -> None:
    """A day and a half later nothing comes by itself."""
    assert next_try(MADE_MS, last_try_ms(MADE_MS)) is None
    assert next_try(MADE_MS, last_try_ms(MADE_MS) - 1) is not None


@given(st.integers(1, 30 * HOUR_MS), st.floats(0, 1), st.lists(st.floats(0.8, 1.2), min_size=8, max_size=8))
def test_by_when_what_failed_has_come_again(length_ms: int, share: float, jitter: list[float]) -> None:
    """Whenever it was made in that time, and however Junction's waits fall out; not promised where none may be left."""
    by_ms = again_by_ms(MADE_MS, MADE_MS + length_ms)
    made_ms = MADE_MS + int(share * (length_ms - 1))
    waits = (wait_s * 1000 * by for wait_s, by in zip(WAITS_S, jitter, strict=False))
    behind = [at_ms for at_ms in accumulate(waits, initial=made_ms) if at_ms >= MADE_MS + length_ms]
    assert (by_ms is None) == (length_ms > sum(WAITS_S) * 800)
    if by_ms is not None:
        assert behind
        assert behind[0] <= by_ms


def test_an_attempt_that_was_seen_is_over() -> None:
    """The fourth came early: the fifth is next, though the fourth's time is not over."""
    seen_ms = MADE_MS + 30 * MINUTE_MS
    found = next_try(MADE_MS, seen_ms + 1000, seen_ms)
    assert found is not None
    assert found.number == 5


def test_the_first_attempt_is_at_once() -> None:
    """One that was refused in its first second is followed by the second."""
    found = next_try(MADE_MS, MADE_MS + 900, MADE_MS + 500)
    assert found is not None
    assert found.number == 2
