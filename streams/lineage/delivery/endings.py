"""How a delivery ended, as a word and a sentence: the first rule that holds. Pure."""

from enum import StrEnum
from typing import NamedTuple

from streams.events.times import DAY_MS
from streams.lineage.delivery import absence, arrival_steps
from streams.lineage.delivery.delivery_ids import IdForm
from streams.lineage.delivery.door_steps import arrivals_of, made_ms
from streams.lineage.delivery.facts import Arrival, DeliveryFacts, LetterSeen, NotKnown, OriginalGone, TailLook, known
from streams.lineage.row import LineageRow
from streams.lineage.words import count, moment, span

AHEAD_MS = 5 * 60_000  # a clock may be so far from another


class Ending(StrEnum):
    """What became of it. `EXPIRED`: processed, and the original has gone. `CANNOT_TELL`: it may be here, or not."""

    PROCESSED = "processed"
    WAITING = "waiting"
    DEAD = "dead"
    REFUSED = "refused"
    EXPIRED = "expired"
    NEVER_SEEN = "never_seen"
    CANNOT_TELL = "cannot_tell"


class Ended(NamedTuple):
    """`sentence`: the answer."""

    ending: Ending
    sentence: str


def ended(facts: DeliveryFacts) -> Ended:
    """By its newest arrival; without one by its letters; without those, whether that says anything."""
    arrivals = arrivals_of(facts)
    if arrivals:
        found = _of_arrival(arrivals[-1], facts)
        n = len(arrivals) + facts.left_out
        times = f"; it came {n:,} times" if n > 1 else ""
        return found._replace(sentence=found.sentence + times)
    if letters := known(facts.letters):
        return _of_letter(letters[-1])
    return _of_none(facts)


def _of_arrival(arrival: Arrival, facts: DeliveryFacts) -> Ended:
    if arrival.row is None:
        return _without_row(facts.tail)
    if arrival.row.is_dead:
        return _dead(arrival.row, arrival_steps.letter_of(arrival.row, facts))
    done = _processed(arrival.row, made_ms(facts))
    if isinstance(arrival.raw, OriginalGone):
        return Ended(Ending.EXPIRED, f"{done}; the original has gone, the row is what is left")
    return Ended(Ending.PROCESSED, done)


def _processed(row: LineageRow, made: int) -> str:
    delay = "" if row.redriven_from else arrival_steps.delay(row, made)
    said = arrival_steps.summary(row)
    return f"processed at {moment(row.processed_ms)}{delay}: {said or 'nothing in it had a verdict'}"


def _without_row(tail: TailLook | NotKnown | None) -> Ended:
    if isinstance(tail, TailLook) and tail.is_passed:
        return Ended(Ending.PROCESSED, "stored and processed; what the worker made of it is not told here")
    before = tail.before if isinstance(tail, TailLook) else 0
    queue = f"{count(before, 'record')} of its partition come first" if before else "it is the next of its partition"
    return Ended(Ending.WAITING, f"stored, and waiting for a worker: {queue}")


def _dead(row: LineageRow, seen: LetterSeen | None) -> Ended:
    why = f"{row.reason} {row.detail}".strip()
    if seen is not None and seen.letter.redriven_ms:
        return _put_back(seen)
    return Ended(Ending.DEAD, f"a dead letter since {moment(row.processed_ms)}, {why}{_redrive(seen)}")


def _of_letter(seen: LetterSeen) -> Ended:
    if seen.letter.redriven_ms:
        return _put_back(seen)
    why = f"{seen.letter.reason} {seen.letter.detail}".strip()
    return Ended(Ending.DEAD, f"a dead letter since {moment(seen.letter.dead_ms)}, {why}{_redrive(seen)}")


def _put_back(seen: LetterSeen) -> Ended:
    at = moment(seen.letter.redriven_ms)
    return Ended(Ending.WAITING, f"a dead letter that was put back at {at}, and waits for a worker")


def _redrive(seen: LetterSeen | None) -> str:
    return f"; {arrival_steps.redrive_words(seen)}" if seen else ""


def _of_none(facts: DeliveryFacts) -> Ended:
    if why := doubt(facts):
        return Ended(Ending.CANNOT_TELL, f"not found, and that does not say that it never came: {why}")
    if absence.attempts_of(facts):
        return Ended(Ending.REFUSED, absence.refused(facts))
    return Ended(Ending.NEVER_SEEN, absence.never_seen(facts))


def doubt(facts: DeliveryFacts) -> str:
    """Why a delivery that was not found may be here all the same; "" where it is not."""
    if facts.id.form is IdForm.PROBE:
        return ""
    for part in (facts.arrivals, facts.reach, facts.letters, facts.tail):
        if isinstance(part, NotKnown):
            return part.why
    if isinstance(facts.tail, TailLook) and facts.tail.unread:
        return facts.tail.unread
    return _not_read_yet(facts) or _not_read_any_more(facts)


def _not_read_yet(facts: DeliveryFacts) -> str:
    made, asked_ms = made_ms(facts), facts.tail.asked_ms if isinstance(facts.tail, TailLook) else facts.now_ms
    if made > facts.now_ms + AHEAD_MS:
        return f"its id says that it is made at {moment(made)}, which is still to come"
    if isinstance(facts.reach, NotKnown) or facts.reach.as_of_ms >= asked_ms:
        return ""
    if _is_searched(facts) and made <= facts.reach.still_ms:
        return ""  # raw topics were read later than the index, and have none that a worker could have processed since
    return f"the index is {span(asked_ms - facts.reach.as_of_ms)} behind, and has not read what came since"


def _not_read_any_more(facts: DeliveryFacts) -> str:
    made = made_ms(facts)
    if not made or isinstance(facts.reach, NotKnown):
        return ""
    first_ms = facts.reach.first_ms or facts.now_ms  # an index without rows knows nothing of the past
    if made >= first_ms:
        return ""
    if _is_searched(facts):
        return ""
    if not facts.reach.first_ms:
        return "the index has no rows, and not all raw records of that time were read"
    return f"it was made at {moment(made)}, and what was done before {moment(first_ms)} is not known any more"


def _is_searched(facts: DeliveryFacts) -> bool:
    """Whether raw topics still have all that was stored since it was made, and all of it was searched."""
    searched_ms, made = facts.tail.since_ms if isinstance(facts.tail, TailLook) else 0, made_ms(facts)
    return 0 < searched_ms <= made and made > facts.now_ms - facts.raw_days * DAY_MS
