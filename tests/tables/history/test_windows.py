"""How a range is cut into calls: where exactly the lengths change, and what a range may reach."""

import pytest

from streams.events.resources import RESOURCES
from streams.events.times import DAY_US
from streams.tables.history import windows
from streams.tables.history.windows import AHEAD_US, DAYS_MAX, LAST_US, OLDEST_US, ROWS_FEW, ROWS_MANY, Span


@pytest.mark.parametrize(
    ("resource", "days"), [("sleep", 30), ("heartrate", 1), ("profile", 30), ("steps", 7), ("weight", 30)]
)
def test_the_first_window_follows_the_kind_and_the_rate(resource: str, days: int) -> None:
    """A summary's is a month, a series' is shorter the denser it is; one that we do not know is taken for a summary."""
    assert windows.days_of(RESOURCES[resource]) == days
    assert windows.days_of(None) == 30


@pytest.mark.parametrize(
    ("days", "rows", "next_days"),
    [
        (7, 0, 14),
        (7, ROWS_FEW - 1, 14),
        (7, ROWS_FEW, 7),
        (7, ROWS_MANY, 7),
        (7, ROWS_MANY + 1, 3),
        (1, ROWS_MANY + 1, 1),
        (44, 0, 88),
        (46, 0, DAYS_MAX),
        (DAYS_MAX, 0, DAYS_MAX),
    ],
)
def test_a_window_follows_what_the_last_one_held(days: int, rows: int, next_days: int) -> None:
    """Twice as long behind few rows, half as long behind many; at least a day, and 90 at most."""
    assert windows.next_days(days, rows) == next_days


@pytest.mark.parametrize(
    ("todo", "window", "left"),
    [
        ([(0, DAY_US)], (0, DAY_US), ()),
        ([(0, 2 * DAY_US)], (0, 2 * DAY_US), ()),
        ([(0, 2 * DAY_US + 1)], (1, 2 * DAY_US + 1), ((0, 1),)),
        ([(0, 1), (5, 6 * DAY_US)], (4 * DAY_US, 6 * DAY_US), ((0, 1), (5, 4 * DAY_US))),
        ([(0, 1), (5, 6)], (5, 6), ((0, 1),)),
    ],
)
def test_the_newest_window_comes_first(todo: list[Span], window: Span, left: tuple[Span, ...]) -> None:
    """It ends where the range ends; what is left is in its order, and never an empty span."""
    assert windows.newest(todo, 2) == (window, left)


@pytest.mark.parametrize(
    ("spans", "merged"),
    [
        ([], ()),
        ([(3, 4), (1, 2)], ((1, 2), (3, 4))),
        ([(1, 2), (2, 3)], ((1, 3),)),
        ([(1, 9), (2, 3)], ((1, 9),)),
        ([(1, 3), (2, 5), (7, 8)], ((1, 5), (7, 8))),
    ],
)
def test_spans_that_touch_are_one(spans: list[Span], merged: tuple[Span, ...]) -> None:
    """And one inside another is no more than the other."""
    assert windows.union(spans) == merged


def test_a_range_is_widened_by_a_day_on_both_sides() -> None:
    """Nobody says in which time zone a range is meant."""
    assert windows.widened(5 * DAY_US, 6 * DAY_US) == (4 * DAY_US, 7 * DAY_US)


NOW_US = OLDEST_US + 100 * DAY_US


@pytest.mark.parametrize(
    ("span", "now_us", "reached"),
    [
        ((OLDEST_US - 1, OLDEST_US + 1), NOW_US, (OLDEST_US, OLDEST_US + 1)),
        ((OLDEST_US - 1, OLDEST_US), NOW_US, None),
        ((NOW_US, 2**62), NOW_US, (NOW_US, NOW_US + AHEAD_US)),
        ((NOW_US + AHEAD_US, 2**62), NOW_US, None),
        ((NOW_US, 2**62), 2**61, (NOW_US, LAST_US)),
        ((NOW_US, NOW_US), NOW_US, None),
        ((NOW_US + 1, NOW_US), NOW_US, None),
    ],
)
def test_what_of_a_range_is_asked_for(span: Span, now_us: int, reached: Span | None) -> None:
    """From 2000 to two days ahead, and to what a date can say where the clock is wrong as well."""
    assert windows.reachable(span, now_us) == reached
