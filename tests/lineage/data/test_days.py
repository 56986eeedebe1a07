"""Days in a person's words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events.times import DAY_MS, HOUR_MS
from streams.lineage.data.days import LocalDay, UserClock, day_asked, is_before, moment_asked
from streams.lineage.known import Reach
from streams.ops.errors import Misconfigured

NOW_MS = 20_785 * DAY_MS + 3 * HOUR_MS  # 2026-11-28 03:00 UTC
REACH = Reach(first_ms=NOW_MS - 30 * DAY_MS, as_of_ms=NOW_MS, behind_s=0.0)
SPAN = "The index has what was processed from 2026-10-29 03:00:00 UTC to 2026-11-28 03:00:00 UTC."
BERLIN, NEW_YORK, UTC = UserClock("Europe/Berlin"), UserClock("America/New_York"), UserClock(offset_s=0)


@pytest.mark.parametrize(
    ("clock", "day", "words"),
    [
        (BERLIN, "2026-11-28", "2026-11-28 in the user's clock (Europe/Berlin)"),
        (NEW_YORK, "2026-11-27", "2026-11-27 in the user's clock (America/New_York)"),
        (UserClock(offset_s=-4 * 3600 - 1800), "2026-11-27", "2026-11-27 in the user's clock (UTC-04:30)"),
        (UserClock(offset_s=14 * 3600), "2026-11-28", "2026-11-28 in the user's clock (UTC+14:00)"),
        (UserClock(), "2026-11-27", "2026-11-27 in UTC, as the user's clock is not known"),
    ],
)
def test_last_night_is_the_day_of_now_in_the_users_clock(clock: UserClock, day: str, words: str) -> None:
    """A night belongs to the day on which it ends, where the user is, and goes on until four; a sentence says by which
    clock."""
    found = day_asked(" last-night\n", clock, NOW_MS, REACH)
    assert found.text == day
    assert found.words == words


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("2026-02-30", "the calendar has no 2026-02-30"),
        ("2026-13-01", "the calendar has no 2026-13-01"),
        ("0000-01-01", "the calendar has no 0000-01-01"),
        ("300000-01-01", "a year has four digits"),
        ("-2026-01-01", "a year has four digits"),
        ("2026-1-1", "a year has four digits"),
        ("2026-11-30", "2026-11-30 has not begun yet"),
        ("9999-12-31", "9999-12-31 has not begun yet"),
        ("", "that is no day"),
        ("20261128", "that is no day"),
        ("2026-W48-6", "that is no day"),
        ("2026-11-28T07:00", "that is no day"),
        ("٢٠٢٦-١١-٢٨", "that is no day"),  # because other digits are the test
        ("last_night", "that is no day"),
        ("2026-11-28\x00", "that is no day"),
        ("\ud800", "that is no day"),
        ("../../2026-11-28", "that is no day"),
        ("9" * 1_000_000, "that is no day"),
    ],
)
def test_what_is_no_day(text: str, sentence: str) -> None:
    """A sentence with the span that there is, and nothing of a stranger's words but digits."""
    with pytest.raises(Misconfigured) as refused:
        day_asked(text, UTC, NOW_MS, REACH)
    assert str(refused.value).startswith(sentence)
    assert str(refused.value).endswith(SPAN)
    assert len(str(refused.value)) < 300


def test_a_day_has_begun_where_the_user_is() -> None:
    """In Kiritimati it is tomorrow already; of a user without a clock that may be so, too."""
    at_ms = NOW_MS + 8 * HOUR_MS
    assert day_asked("2026-11-29", UserClock(offset_s=14 * 3600), at_ms, REACH).number == 20_786
    assert day_asked("2026-11-29", UserClock(), at_ms, REACH).number == 20_786
    with pytest.raises(Misconfigured, match="2026-11-29 has not begun yet"):
        day_asked("2026-11-29", BERLIN, at_ms, REACH)


def test_a_moment_that_a_clock_pushes_out_of_the_calendar() -> None:
    """The first hours of year 1 in Berlin are of year 0 in UTC, which nothing can hold: it is no time."""
    with pytest.raises(Misconfigured, match="that is no time") as refused:
        moment_asked("0001-01-01T00:00:00", BERLIN, NOW_MS, REACH)
    assert str(refused.value).endswith(SPAN)
    assert moment_asked("0001-01-01T00:00:00", NEW_YORK, NOW_MS, REACH) < 0


def test_an_empty_index_says_so() -> None:
    """Then there is no span."""
    with pytest.raises(Misconfigured, match="holds nothing yet"):
        day_asked("x", UTC, NOW_MS, Reach(first_ms=0, as_of_ms=0, behind_s=0.0))


def test_the_day_that_has_25_hours() -> None:
    """A day ends when the next one begins: on 25 October 2026 clocks in Berlin go back."""
    day = day_asked("2026-10-25", BERLIN, NOW_MS, REACH)
    assert day.until_ms - day.from_ms == 25 * HOUR_MS


def test_a_day_before_the_index() -> None:
    """A day of which the index knows some hours is not before it."""
    assert is_before(LocalDay(20_754, UTC), REACH)
    assert not is_before(LocalDay(20_755, UTC), REACH)
    assert is_before(LocalDay(20_785, UTC), Reach(first_ms=0, as_of_ms=0, behind_s=0.0))


@given(st.integers(1, 2_932_896), st.sampled_from([BERLIN, NEW_YORK, UTC, UserClock(), UserClock("Africa/Cairo")]))
def test_a_day_holds_its_own_moments(number: int, clock: UserClock) -> None:
    """Its beginning is of it, the moment before is not: law for every day that a calendar has."""
    day = LocalDay(number, clock)
    assert clock.day_at(day.from_ms) == number
    assert clock.day_at(day.until_ms) == number + 1
    assert clock.day_at(day.from_ms - 1) == number - 1
