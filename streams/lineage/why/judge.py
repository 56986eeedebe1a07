"""All causes in their order; the first that holds is the answer, the others stay below as checked. Pure."""

from collections.abc import Callable
from dataclasses import replace

from streams.lineage import words
from streams.lineage.data import days, touching
from streams.lineage.delivery.facts import NotKnown
from streams.lineage.telling import Story
from streams.lineage.why import deliveries, links, others
from streams.lineage.why.facts import WhyFacts
from streams.lineage.why.finding import CauseFinding, Holds
from streams.lineage.why.here import here

Cause = Callable[[WhyFacts], CauseFinding]

HERE, NOTHING_KNOWN = "here", "nothing_known"
CAUSES: tuple[tuple[str, Cause], ...] = (
    ("connection", links.connection),
    ("not_available", links.not_available),
    ("history", links.history),
    ("waiting", deliveries.waiting),
    ("dead_letter", deliveries.dead_letter),
    ("door", deliveries.door),
    ("stale", deliveries.stale),
    ("provider_late", others.provider_late),
    ("other_data", others.other_data),
    ("junction_has_none", others.junction_has_none),
)


def judged(facts: WhyFacts) -> Story:
    """The answer. Its ending is `here`, or the kind of the first cause that holds; `nothing_known` is the last one."""
    facts = _in_order(facts)
    found = {HERE: here(facts)} | {kind: cause(facts) for kind, cause in CAUSES}
    found[NOTHING_KNOWN] = _rest(facts, found)
    ending = _ending(facts, found)
    return Story(
        ending=ending,
        sentence=_sentence(found, ending),
        steps=tuple(finding.step(kind) for kind, finding in found.items()),
        missing=_missing(facts),
        reaches_ms=facts.reach.first_ms,
    )


def _in_order(facts: WhyFacts) -> WhyFacts:
    return replace(facts, rows=touching.in_order(facts.rows), connection_rows=touching.in_order(facts.connection_rows))


def _rest(facts: WhyFacts, found: dict[str, CauseFinding]) -> CauseFinding:
    rest = others.nothing_known(facts, tuple(finding for kind, finding in found.items() if kind != HERE))
    if any(finding.holds is Holds.TRUE for finding in found.values()):
        return rest._replace(holds=Holds.FALSE, sentence="There is an answer above.", evidence=(), facts={})
    return rest


def _ending(facts: WhyFacts, found: dict[str, CauseFinding]) -> str:
    if found[HERE].holds is Holds.TRUE and not facts.missed.providers:
        return HERE
    return next(kind for kind, finding in found.items() if kind != HERE and finding.holds is Holds.TRUE)


def _sentence(found: dict[str, CauseFinding], ending: str) -> str:
    answer = found[ending].sentence
    if ending != HERE and found[HERE].holds is Holds.TRUE:
        return f"{found['other_data'].sentence} {answer}" if ending != "other_data" else answer
    return answer


def _missing(facts: WhyFacts) -> tuple[str, ...]:
    missing = [f"{words.phrase(part.why)}." for part in (facts.waiting, facts.door) if isinstance(part, NotKnown)]
    if not isinstance(facts.door, NotKnown):
        missing += [f"{words.phrase(why)}." for why in facts.door.missing]
    missing += days.not_kept(facts.day, facts.reach)
    if facts.day is None and not facts.reach.first_ms:
        missing.append(days.span(facts.reach))
    return (*missing, *days.not_read(facts.reach))
