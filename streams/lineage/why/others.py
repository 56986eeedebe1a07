"""Causes elsewhere: the provider, other days and other sources, Junction; and nothing known. Pure."""

from streams.events import day_text
from streams.lineage import words
from streams.lineage.data import days
from streams.lineage.data.touching import came_ms, days_of, key_of, place_words
from streams.lineage.delivery.facts import NotKnown
from streams.lineage.row import LineageRow
from streams.lineage.why import lateness
from streams.lineage.why.facts import WhyFacts
from streams.lineage.why.finding import CauseFinding, Holds, no, unknown, yes


def provider_late(facts: WhyFacts) -> CauseFinding:
    """A provider is late for everybody: see `lateness`."""
    until_ms = facts.day.until_ms if facts.day else facts.now_ms + 1
    begin_ms, end_ms = lateness.window(facts.from_ms, until_ms, min(facts.now_ms, facts.reach.as_of_ms))
    found = {
        provider: lateness.judge(facts.hours.get(provider, ()), begin_ms, end_ms, facts.reach.first_ms)
        for provider in sorted(facts.missed.providers)
    }
    late = {provider: one for provider, one in found.items() if one.is_late}
    between = f"from {words.moment(begin_ms)} to {words.moment(end_ms)}"
    if late:
        said = "; ".join(f"{provider}: {one.why}" for provider, one in late.items())
        return yes(
            f"{words.names(list(late))} is late with {facts.resource} for everybody, {between} ({said}).",
            at_ms=begin_ms, **_figures(late),
        )  # fmt: skip
    said = "; ".join(f"{provider}: {one.why}" for provider, one in found.items())
    if any(one.is_late is None for one in found.values()):
        return unknown(
            f"Whether a provider is late for everybody cannot be told, {between} ({said}).", **_figures(found)
        )
    return no(f"No provider is late with {facts.resource} for everybody, {between}{f' ({said})' if said else ''}.")


def _figures(found: dict[str, lateness.Lateness]) -> dict[str, object]:
    return {"hours": {name: {"now": one.now._asdict(), "usual": one.usual._asdict()} for name, one in found.items()}}


def other_data(facts: WhyFacts) -> CauseFinding:
    """Since then data came, but only of other days, or only from another source."""
    there, wanted = facts.there, facts.missed
    if there:
        return _other_source(facts, there, wanted.providers)
    if facts.day is None:
        return no(f"{facts.resource} is asked for without a day.")
    from_ms, until_ms = facts.from_ms, facts.until_ms
    mine = set(map(key_of, facts.asked))
    clock = facts.day.clock
    others = (row for row in facts.data_rows if days_of(row, clock)[0] and key_of(row) not in mine)
    rows = [row for row in others if from_ms <= came_ms(row) < until_ms]
    if not rows:
        return no(f"At that time no {facts.resource} of other days came.")
    if mine:
        came = words.count(len(rows), "delivery", "deliveries")
        return no(f"At that time {came} of {facts.resource} of other days came, beside {len(mine):,} of this day.")
    newest = max(rows, key=lambda row: (days_of(row, clock)[1], came_ms(row), row.place))
    newest_day = day_text(days_of(newest, clock)[1])
    return yes(
        f"At that time {words.count(len(rows), 'delivery', 'deliveries')} of {facts.resource} came, and all of other "
        f"days: the newest of {newest_day}, at {words.moment(came_ms(newest))}.",
        newest.delivery_id, place_words(newest),
        at_ms=came_ms(newest), deliveries=len(rows), newest_day=newest_day,
    )  # fmt: skip


def _other_source(facts: WhyFacts, there: tuple[LineageRow, ...], absent: frozenset[str]) -> CauseFinding:
    newest, providers = there[-1], sorted({row.provider for row in there})
    if not absent:
        return no("It is there from all providers that usually bring it.")
    return yes(
        f"{facts.of_what} came from {words.names(providers)} only: {words.names(sorted(absent))}, which usually "
        "brings it, brought none.",
        newest.delivery_id, place_words(newest), at_ms=came_ms(newest), providers=providers, absent=sorted(absent),
    )  # fmt: skip


def junction_has_none(facts: WhyFacts) -> CauseFinding:
    """Junction's API says that it has nothing either. It is asked only where a person wants it."""
    said = facts.junction
    if isinstance(said, NotKnown):
        return unknown(f"Whether Junction has it is not known: {words.phrase(said.why)}.")
    if said.n:
        return no(
            f"Junction has it ({words.count(said.n, 'thing')} from {words.names(said.providers)}): fetch it.",
            words.command("fetch", "--user", facts.user_id, "--resource", facts.resource),
            n=said.n,
        )  # fmt: skip
    return yes(
        f"Junction, asked now, says that it has no {facts.of_what} either.", "Junction's API", at_ms=facts.now_ms
    )


def nothing_known(facts: WhyFacts, checked: tuple[CauseFinding, ...]) -> CauseFinding:
    """What is left: none of the others holds. `checked`: they."""
    n_open = sum(one.holds is Holds.UNKNOWN for one in checked)
    not_told = f"; {words.count(n_open, 'cause')} could not be checked" if n_open else ""
    if facts.reach.behind_s > days.BEHIND_S:
        not_told += f"; the index is {words.span(int(facts.reach.behind_s * 1000))} behind"
    newest = max(facts.data_rows, key=lambda row: (came_ms(row), row.place), default=None)
    last = f" The newest {facts.resource} of this user came at {words.moment(came_ms(newest))}." if newest else ""
    return yes(
        f"Nothing that is known here explains why there is no {facts.of_what}{not_told}.{last}",
        *([newest.delivery_id, place_words(newest)] if newest else []),
        words.command("why", facts.user_id, facts.resource, "--ask-junction"),
        words.command("reconcile", "--user", facts.user_id),
        words.command("fetch", "--user", facts.user_id, "--resource", facts.resource),
        unknown=n_open,
    )  # fmt: skip
