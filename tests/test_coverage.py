"""What we have of a resource: any order of deliveries gives the same row, and it says what the data say."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from streams import coverage
from streams.columns import Attributes, Columns
from streams.coverage import DAY_US, DAYS_MAX, Extent

extents = st.builds(
    lambda day, length, days: Extent(day * DAY_US, (day + length) * DAY_US, frozenset(day + n for n in days)),
    st.integers(-400, 20_000),
    st.integers(0, 3),
    st.sets(st.integers(0, 5), max_size=4),
)
news = st.lists(st.tuples(extents, st.integers(0, 2**41)), min_size=1, max_size=8)


def merged(some: list[tuple[Extent, int]]) -> coverage.State:
    state = None
    for extent, at_ms in some:
        state = coverage.merge(state, extent, at_ms)
    assert state is not None
    return state


@given(news, st.randoms(use_true_random=False))
def test_any_order(some: list[tuple[Extent, int]], random: Any) -> None:
    """Order and repetition do not matter; the row round-trips through its bytes."""
    shuffled = [*some, *random.sample(some, random.randint(0, len(some)))]
    random.shuffle(shuffled)
    assert merged(some) == merged(shuffled)
    assert coverage.decode(coverage.encode(merged(some))) == merged(some)


@given(news)
def test_it_says_what_the_data_say(some: list[tuple[Extent, int]]) -> None:
    """First and last moment, and the days; of days older than DAYS_MAX nothing is remembered."""
    state, days = merged(some), set().union(*(extent.days for extent, _ in some))
    kept = {day for day in days if day > max(days) - DAYS_MAX} if days else set()
    assert state.day_count == len(kept)
    assert all(state.has_day(day) == (day in kept) for day in days)
    assert state.first_min == min(extent.first_us for extent, _ in some) // coverage.MINUTE_US
    assert state.last_min == max(extent.last_us for extent, _ in some) // coverage.MINUTE_US
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
    assert coverage.of_summary(night, 0) == Extent(9 * DAY_US + 5, 10 * DAY_US + 5, frozenset({10}))
    noon_ms = (10 * DAY_US + DAY_US // 2) // 1000
    assert coverage.of_summary({"calendar_date": 10}, noon_ms) == Extent(10 * DAY_US, noon_ms * 1000, frozenset({10}))
    later_ms = 20 * DAY_US // 1000
    assert coverage.of_summary({"calendar_date": 10}, later_ms) == Extent(10 * DAY_US, 11 * DAY_US, frozenset({10}))
    assert coverage.of_summary({"height_cm": 180}, noon_ms) is None


def test_the_day_of_a_summary_is_local() -> None:
    """Where it says how far its clock is from UTC, or names its zone; in UTC where it does not."""
    session = {"session_start_at": 10 * DAY_US + 5, "session_end_at": 10 * DAY_US + 9}
    extents = [
        coverage.of_summary(session | more, 0)
        for more in ({}, {"timezone_offset_s": -3600}, {"time_zone": "America/New_York"}, {"time_zone": "nowhere"})
    ]
    assert [extent and sorted(extent.days) for extent in extents] == [[10], [9], [9], [10]]
