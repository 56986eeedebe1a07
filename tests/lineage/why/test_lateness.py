"""When a provider counts as late for everybody."""

import pytest

from streams.events.times import DAY_MS, HOUR_MS
from streams.lineage.known import ProviderHour
from streams.lineage.why.lateness import HOURS, judge, window

END_MS = 20_785 * DAY_MS + 9 * HOUR_MS
BEGIN_MS = END_MS - HOURS * HOUR_MS


def made(now: tuple[int, int, float], usual: tuple[int, int, float], days: int = 7) -> list[ProviderHour]:
    """Hours of (deliveries, users, delay in seconds): those compared, and the same of the days before."""
    spans = [(BEGIN_MS, now), *((BEGIN_MS - day * DAY_MS, usual) for day in range(1, days + 1))]
    return [
        ProviderHour(
            hour_ms=begin_ms + hour * HOUR_MS, provider="oura", resource="sleep", deliveries=deliveries, users=users,
            new_samples=0, delay_s=delay_s,
        )
        for begin_ms, (deliveries, users, delay_s) in spans
        for hour in range(HOURS)
        if deliveries
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("now", "usual", "is_late"),
    [
        ((10, 8, 600.0), (10, 8, 600.0), False),
        ((5, 4, 600.0), (10, 8, 600.0), True),  # half
        ((6, 4, 600.0), (10, 8, 600.0), False),
        ((0, 0, -1.0), (10, 8, 600.0), True),
        ((0, 0, -1.0), (2, 2, 600.0), None),  # too few to tell
        ((0, 0, -1.0), (50, 1, 600.0), None),  # one user's own phone
        ((10, 8, 3000.0), (10, 8, 600.0), True),
        ((10, 8, 1300.0), (10, 8, 600.0), False),  # twice as old, but not half an hour more
        ((10, 8, 9000.0), (10, 8, 7000.0), False),  # half an hour more, but not twice as old
        ((4, 4, 9000.0), (4, 4, 600.0), None),  # slow, of four users
        ((10, 8, -1.0), (10, 8, 600.0), False),  # nothing but history
    ],
)
def test_the_rule(now: tuple[int, int, float], usual: tuple[int, int, float], is_late: bool | None) -> None:
    """Half of the usual deliveries or less, or data twice as old and half an hour older; of five users at least."""
    assert judge(made(now, usual), BEGIN_MS, END_MS, BEGIN_MS - 9 * DAY_MS).is_late is is_late


def test_days_that_are_not_known() -> None:
    """Days before the index begins are no quiet days: two of them are too few to compare with."""
    hours = made((0, 0, -1.0), (10, 8, 600.0))
    assert judge(hours, BEGIN_MS, END_MS, BEGIN_MS - 3 * DAY_MS).is_late
    assert judge(hours, BEGIN_MS, END_MS, BEGIN_MS - 2 * DAY_MS).is_late is None
    assert judge(hours, BEGIN_MS, END_MS, 0).is_late is None


def test_one_odd_day_does_not_matter() -> None:
    """The median of the days before is what is usual."""
    hours = [*made((10, 8, 600.0), (10, 8, 600.0), 6), *made((0, 0, 0.0), (500, 400, 1.0), 7)[-HOURS:]]
    assert judge(hours, BEGIN_MS, END_MS, BEGIN_MS - 9 * DAY_MS).is_late is False


def test_which_hours_are_compared() -> None:
    """The last whole hours up to what the index has read; of a day that is over, all of it."""
    day_ms = 20_785 * DAY_MS
    assert window(day_ms, day_ms + DAY_MS, END_MS + 1234) == (BEGIN_MS, END_MS)
    assert window(day_ms, day_ms + DAY_MS, day_ms + 2 * DAY_MS) == (day_ms, day_ms + DAY_MS)
