"""What we have of a resource: any order of deliveries gives the same row, and it says what the data say."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events.times import MINUTE_MS, MINUTE_US
from streams.payloads.columns import Attributes, Columns
from streams.tables import coverage
from streams.tables.coverage import DAY_US, DAYS_MAX, EventExtent

extents = st.builds(
    lambda day, length, days: EventExtent(day * DAY_US, (day + length) * DAY_US, frozenset(day + n for n in days)),
    st.integers(-400, 20_000),
    st.integers(0, 3),
    st.sets(st.integers(0, 5), max_size=4),
)
news = st.lists(st.tuples(extents, st.integers(0, 2**41)), min_size=1, max_size=8)


def has_day(state: coverage.Coverage, day: int) -> bool:
    return any(first <= day <= last for first, last in state.spans())


def merged(some: list[tuple[EventExtent, int]]) -> coverage.Coverage:
    state = None
    for extent, at_ms in some:
        state = coverage.merge(state, extent, at_ms)
    assert state is not None
    return state


@given(news, st.randoms(use_true_random=False))
def test_any_order(some: list[tuple[EventExtent, int]], random: Any) -> None:
    """Order and repetition do not matter; the row round-trips through its bytes."""
    shuffled = [*some, *random.sample(some, random.randint(0, len(some)))]
    random.shuffle(shuffled)
    assert merged(some) == merged(shuffled)
    assert coverage.decode(coverage.encode(merged(some))) == merged(some)


@given(news)
def test_it_says_what_the_data_say(some: list[tuple[EventExtent, int]]) -> None:
    """First and last moment, and the days; of days older than DAYS_MAX nothing is remembered."""
    state, days = merged(some), set().union(*(extent.days for extent, _ in some))
    kept = {day for day in days if day > max(days) - DAYS_MAX} if days else set()
    assert state.day_count == len(kept)
    assert all(has_day(state, day) == (day in kept) for day in days)
    assert state.first_min == min(extent.first_us for extent, _ in some) // MINUTE_US
    assert state.last_min == max(extent.last_us for extent, _ in some) // MINUTE_US
    assert len(coverage.encode(state)) < 120
    assert {day for first, last in state.spans() for day in range(first, last + 1)} == kept


def test_days_of_samples_are_local() -> None:
    """23:30 UTC is tomorrow in Madrid; every day between is looked at."""
    offset = Attributes("bpm", timezone_offset_s=7200)
    times_us = [DAY_US - 1_800_000_000, 3 * DAY_US]
    columns = Columns(times_us, times_us, [1.0, 2.0], [offset] * 2, [0, 0])
    assert coverage.of_samples(columns).days == {1, 3}


def test_extent_of_summaries() -> None:
    """A session has its times and its local day; a day of now ends now; a profile belongs to no time."""
    night = {"calendar_date": 10, "bedtime_start_at": 9 * DAY_US + 5, "bedtime_stop_at": 10 * DAY_US + 5}
    assert coverage.of_summary(night, 0) == EventExtent(9 * DAY_US + 5, 10 * DAY_US + 5, frozenset({10}))
    noon_ms, days = (10 * DAY_US + DAY_US // 2) // 1000, frozenset({10})
    assert coverage.of_summary({"calendar_date": 10}, noon_ms) == EventExtent(10 * DAY_US, noon_ms * 1000, days)
    later_ms = 20 * DAY_US // 1000
    assert coverage.of_summary({"calendar_date": 10}, later_ms) == EventExtent(10 * DAY_US, 11 * DAY_US, days)
    assert coverage.of_summary({"height_cm": 180}, noon_ms) is None


def test_the_day_of_a_summary_is_local() -> None:
    """Where it says how far its clock is from UTC, or names its zone; in UTC where it does not."""
    session = {"session_start_at": 10 * DAY_US + 5, "session_end_at": 10 * DAY_US + 9}
    extents = [
        coverage.of_summary(session | more, 0)
        for more in ({}, {"timezone_offset_s": -3600}, {"time_zone": "America/New_York"}, {"time_zone": "nowhere"})
    ]
    assert [extent and sorted(extent.days) for extent in extents] == [[10], [9], [9], [10]]


@pytest.mark.parametrize(
    ("days", "spans"),
    [
        (set(), []),
        ({5}, [(5, 5)]),
        ({5, 6, 7}, [(5, 7)]),
        ({3, 5, 6}, [(3, 3), (5, 6)]),
        ({-1, 0}, [(-1, 0)]),
    ],
)
def test_days_in_a_row_are_one_span(days: set[int], spans: list[tuple[int, int]]) -> None:
    """A day without data ends it; a day that is not there is not told, before or behind those that are."""
    state = coverage.merge(None, EventExtent(0, 0, frozenset(days)), 0)
    assert (state.spans(), state.day_count) == (spans, len(days))
    assert [day for day in range(-3, 12) if has_day(state, day)] == sorted(days)


def test_the_oldest_days_are_forgotten() -> None:
    """DAYS_MAX days up to the newest one are remembered, neither more nor fewer; nothing else is lost."""
    newest = 1000
    state = coverage.merge(None, EventExtent(0, 0, frozenset({newest - DAYS_MAX, newest - DAYS_MAX + 1, newest})), 0)
    assert state.spans() == [(newest - DAYS_MAX + 1, newest - DAYS_MAX + 1), (newest, newest)]


def test_minutes_of_a_row() -> None:
    """First and last moment of data and the last delivery, floored to the minute; a day more changes none of them."""
    minute_us, minute_ms = MINUTE_US, MINUTE_MS
    state = coverage.merge(None, EventExtent(2 * minute_us - 1, 5 * minute_us + 1, frozenset({0})), 9 * minute_ms - 1)
    assert state[:3] == (1, 5, 8)
    inner = coverage.merge(state, EventExtent(3 * minute_us, 4 * minute_us, frozenset({0})), 0)
    assert inner == state
    outer = coverage.merge(state, EventExtent(0, 6 * minute_us, frozenset({0, 1})), 9 * minute_ms)
    assert (outer[:3], outer.spans()) == ((0, 6, 9), [(0, 1)])


NO_OFFSET = Attributes("bpm")


def test_extent_of_samples() -> None:
    """From the first moment to the end of the last sample; in UTC where nothing says how far the clock is from it."""
    times_us = [DAY_US - 1, DAY_US, 4 * DAY_US]
    columns = Columns(times_us, [time_us + 7 for time_us in times_us], [1.0] * 3, [NO_OFFSET] * 3, [0] * 3)
    assert coverage.of_samples(columns) == EventExtent(DAY_US - 1, 4 * DAY_US + 7, frozenset({0, 1, 4}))
    three = Columns([0, DAY_US, 2 * DAY_US], [0, 1, 2], [1.0] * 3, [NO_OFFSET] * 3, [0] * 3)
    assert coverage.of_samples(three).days == {0, 1, 2}
    single = Columns([5], [3], [1.0], [NO_OFFSET], [0])
    assert coverage.of_samples(single) == EventExtent(5, 5, frozenset({0}))
    west = Columns([0, DAY_US], [0, DAY_US], [1.0] * 2, [Attributes("bpm", timezone_offset_s=-1)] * 2, [0] * 2)
    assert coverage.of_samples(west).days == {-1, 0}


@pytest.mark.parametrize(
    ("begin", "end"),
    [("bedtime_start_at", "bedtime_stop_at"), ("session_start_at", "session_end_at"), ("start_at", "end_at")],
)
def test_where_a_summary_begins_and_ends(begin: str, end: str) -> None:
    """By the names of its fields; without an end it is a moment."""
    fields = {"calendar_date": 10, begin: 9 * DAY_US + 5}
    assert coverage.of_summary(fields, 0) == EventExtent(9 * DAY_US + 5, 9 * DAY_US + 5, frozenset({10}))
    assert coverage.of_summary(fields | {end: 10 * DAY_US + 5}, 0) == EventExtent(
        9 * DAY_US + 5, 10 * DAY_US + 5, frozenset({10})
    )


def test_a_meal_is_a_moment_and_a_day_ahead_is_empty() -> None:
    """A day that begins after the delivery ends where it begins; a time of 1970 is a time."""
    assert coverage.of_summary({"eaten_at": 0}, 0) == EventExtent(0, 0, frozenset({0}))
    assert coverage.of_summary({"calendar_date": 10}, 0) == EventExtent(10 * DAY_US, 10 * DAY_US, frozenset({10}))


def test_what_is_not_stored_is_nothing() -> None:
    """No row, no state."""
    assert coverage.decode(None) is None


@given(st.lists(st.sets(st.integers(0, 20), max_size=2), min_size=1, max_size=6))
def test_every_day_is_remembered(said: list[set[int]]) -> None:
    """Also beside others, whatever was there before: a row is longer than a byte."""
    state = merged([(EventExtent(0, 0, frozenset(days)), 0) for days in said])
    assert {day for day in range(-1, 30) if has_day(state, day)} == set().union(*said)


def test_a_day_is_not_taken_for_its_neighbour() -> None:
    """Days of the second byte are not those of the first."""
    for before, day in (({0, 9}, 1), ({0, 2}, 1), ({0, 9}, 8)):
        state = merged([(EventExtent(0, 0, frozenset(before)), 0), (EventExtent(0, 0, frozenset({day})), 0)])
        assert has_day(state, day)
        assert state.day_count == 3


def test_eight_days_are_a_byte() -> None:
    """One way to write a row: no empty byte behind the days."""
    assert merged([(EventExtent(0, 0, frozenset(range(5, 13))), 0)])[3:] == (5, b"\xff")
    assert merged([(EventExtent(0, 0, frozenset(range(5, 14))), 0)])[3:] == (5, b"\xff\x01")
