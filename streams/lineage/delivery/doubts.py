"""Why what was not found may be here all the same, and since when all is known. Pure."""

from streams.events.times import DAY_MS
from streams.lineage.delivery.delivery_ids import IdForm
from streams.lineage.delivery.door_steps import made_ms
from streams.lineage.delivery.facts import DeliveryFacts, NotKnown, TailLook
from streams.lineage.words import moment, span

AHEAD_MS = 5 * 60_000  # a clock may be so far from another


def doubt(facts: DeliveryFacts) -> str:
    """Why a delivery that was not found may be here all the same; "" where it is not."""
    if facts.id.form is IdForm.PROBE:
        return ""
    made = made_ms(facts)
    if made > facts.now_ms + AHEAD_MS and not _not_asked(facts):
        return f"its id says that it is made at {moment(made)}, which is still to come"
    return doubt_since(facts, made) or _not_read_any_more(facts, made)


def doubt_since(facts: DeliveryFacts, from_ms: int) -> str:
    """Why something of it that was stored since then may not be known yet; "" where all of it is. 0: at any time."""
    return _not_asked(facts) or _not_read_yet(facts, from_ms)


def known_since_ms(facts: DeliveryFacts) -> int:
    """Since when rows or raw records would have told of it, Unix ms; 0 for never."""
    first_ms = 0 if isinstance(facts.reach, NotKnown) else facts.reach.first_ms
    return min((ms for ms in (first_ms, _searched_ms(facts)) if ms), default=0)


def _not_asked(facts: DeliveryFacts) -> str:
    for part in (facts.arrivals, facts.reach, facts.letters, facts.tail):
        if isinstance(part, NotKnown):
            return part.why
    return facts.tail.unread if isinstance(facts.tail, TailLook) else ""


def _not_read_yet(facts: DeliveryFacts, from_ms: int) -> str:
    asked_ms = facts.tail.asked_ms if isinstance(facts.tail, TailLook) else facts.now_ms
    if isinstance(facts.reach, NotKnown) or facts.reach.as_of_ms >= asked_ms:
        return ""
    if _is_searched(facts, from_ms) and 0 < facts.reach.still_ms >= from_ms:
        return ""  # raw topics were read later than the index, and have none that a worker could have processed since
    return f"the index is {span(asked_ms - facts.reach.as_of_ms)} behind, and has not read what came since"


def _not_read_any_more(facts: DeliveryFacts, made: int) -> str:
    if isinstance(facts.reach, NotKnown) or _is_searched(facts, made):
        return ""
    first_ms = facts.reach.first_ms
    if made >= (first_ms or facts.now_ms):  # an index without rows knows nothing of the past
        return ""
    if not first_ms:
        return "the index has no rows, and not all raw records of that time were read"
    if not made:
        return f"its id does not say when it was made, and what was done before {moment(first_ms)} is not known"
    return f"it was made at {moment(made)}, and what was done before {moment(first_ms)} is not known any more"


def _is_searched(facts: DeliveryFacts, from_ms: int) -> bool:
    """Whether raw topics still have all that was stored since then (0: at any time), and all of it was searched."""
    searched_ms, kept_ms = _searched_ms(facts), facts.now_ms - facts.raw_days * DAY_MS
    if not from_ms:
        return 0 < searched_ms <= kept_ms
    return 0 < searched_ms <= from_ms and from_ms > kept_ms


def _searched_ms(facts: DeliveryFacts) -> int:
    return facts.tail.since_ms if isinstance(facts.tail, TailLook) else 0
