"""Which rows are of what is asked for, by which it is there, and which providers are missed. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from streams.lineage.data.days import LocalDay
from streams.lineage.data.touching import days_of, is_of_day, is_there
from streams.lineage.known import Link, Reach
from streams.lineage.row import LineageRow

USUAL_DAYS = 14  # before the day: a provider that brought data on half of them usually does
USUAL_DAYS_MIN = 4


class Missed(NamedTuple):
    """Providers whose data are not there. `are_known`: they brought this resource before, so each one counts; else they
    are all that might have brought it, and a cause has to hold for all of them."""

    providers: frozenset[str]
    are_known: bool


def asked_rows(rows: Sequence[LineageRow], day: LocalDay | None) -> tuple[LineageRow, ...]:
    """Those of a day. `rows`: with data."""
    return tuple(rows) if day is None else tuple(row for row in rows if is_of_day(row, day))


def missed_of(
    rows: Sequence[LineageRow], there: Sequence[LineageRow], links: Sequence[Link], day: LocalDay | None, reach: Reach
) -> Missed:
    """Whose data are missed. None, where it is there from all that usually bring it. `rows`: with data."""
    if there:
        return Missed(usual(rows, day, reach) - {row.provider for row in there}, True)
    brought = frozenset(row.provider for row in rows if row.provider)
    if brought:
        return Missed(brought, True)
    return Missed(frozenset(link.provider for link in links), False)


def usual(rows: Sequence[LineageRow], day: LocalDay | None, reach: Reach) -> frozenset[str]:
    """Providers that brought this resource on half of the days before, as far as rows go back."""
    if day is None or not reach.first_ms:
        return frozenset()
    first = day.clock.day_at(reach.first_ms)
    before = range(max(day.number - USUAL_DAYS, first + 1), day.number)
    if len(before) < USUAL_DAYS_MIN:
        return frozenset()
    days: dict[str, set[int]] = {}
    for row in rows:
        first, last = days_of(row, day.clock)
        if row.provider and first and is_there(row):
            covered = range(max(first, before.start), min(last, day.number - 1) + 1)
            days.setdefault(row.provider, set()).update(covered)
    return frozenset(provider for provider, found in days.items() if 2 * len(found) >= len(before))
