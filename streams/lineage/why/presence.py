"""What is there already, from which providers; and which providers are missed, whose causes count. Pure."""

from typing import NamedTuple

from streams.lineage import words
from streams.lineage.data.touching import came_ms, is_data, is_of_day, is_there, place_words, verdicts_of
from streams.lineage.row import LineageRow
from streams.lineage.why.facts import WhyFacts
from streams.lineage.why.finding import Finding, no, yes

USUAL_DAYS = 14  # before the day: a provider that brought data on half of them usually does
USUAL_DAYS_MIN = 4


class Missed(NamedTuple):
    """Providers whose data are not there. `are_known`: they brought this resource before, so each one counts; else they
    are all that might have brought it, and a cause has to hold for all of them."""

    providers: frozenset[str]
    are_known: bool


def asked(facts: WhyFacts) -> tuple[LineageRow, ...]:
    """Rows with data of what is asked for."""
    day = facts.day
    return tuple(row for row in facts.rows if is_data(row) and (day is None or is_of_day(row, day)))


def present(facts: WhyFacts) -> tuple[LineageRow, ...]:
    """Rows by which it is there."""
    return tuple(row for row in asked(facts) if is_there(row))


def missed(facts: WhyFacts) -> Missed:
    """Whose data are missed. None, where it is there from all that usually bring it."""
    there = frozenset(row.provider for row in present(facts))
    if there:
        return Missed(usual(facts) - there, True)
    brought = frozenset(row.provider for row in facts.rows if is_data(row) and row.provider)
    if brought:
        return Missed(brought, True)
    return Missed(frozenset(link.provider for link in facts.links), False)


def usual(facts: WhyFacts) -> frozenset[str]:
    """Providers that brought this resource on half of the days before, as far as rows go back."""
    if facts.day is None:
        return frozenset()
    first = facts.day.clock.day_at(facts.reach.first_ms) if facts.reach.first_ms else facts.day.number
    before = range(max(facts.day.number - USUAL_DAYS, first + 1), facts.day.number)
    if len(before) < USUAL_DAYS_MIN:
        return frozenset()
    days: dict[str, set[int]] = {}
    for row in facts.rows:
        if is_there(row) and row.provider:
            days.setdefault(row.provider, set()).update(day for day in before if _covers(row, day))
    return frozenset(provider for provider, found in days.items() if 2 * len(found) >= len(before))


def _covers(row: LineageRow, day: int) -> bool:
    return bool(row.first_day) and row.first_day <= day <= (row.last_day or row.first_day)


def here(facts: WhyFacts) -> Finding:
    """Whether it is there. The newest delivery of it is the evidence."""
    rows = present(facts)
    if not rows:
        return no(f"No {facts.of_what} is in the clean topics, as far as rows go back.")
    newest = rows[-1]
    said = words.names(sorted(verdicts_of(newest)))
    providers = sorted({row.provider for row in rows if row.provider})
    return yes(
        f"It is there: {words.count(len(rows), 'delivery', 'deliveries')} brought {facts.of_what} "
        f"from {words.names(providers) or 'an unknown provider'}, the newest at "
        f"{words.moment(came_ms(newest))} ({said}).",
        newest.delivery_id, place_words(newest),
        at_ms=came_ms(newest), providers=providers, deliveries=len(rows),
    )  # fmt: skip
