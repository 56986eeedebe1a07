"""How a delivery ended, as a word and a sentence: the first rule that holds. Pure."""

from enum import StrEnum
from typing import NamedTuple

from streams.lineage.delivery import absence, arrival_steps
from streams.lineage.delivery.door_steps import arrivals_of, made_ms
from streams.lineage.delivery.doubts import doubt, doubt_since
from streams.lineage.delivery.facts import Arrival, DeliveryFacts, LetterSeen, NotKnown, OriginalGone, TailLook, known
from streams.lineage.delivery.put_back import last_letter
from streams.lineage.row import LineageRow
from streams.lineage.words import count, moment


class Ending(StrEnum):
    """What became of it. `EXPIRED`: processed, and the original has gone; or put back so long ago that no row tells of
    it any more. `CANNOT_TELL`: it may be here, or not."""

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
        return _of_letter(letters[-1], facts)
    return _of_none(facts)


def _of_arrival(arrival: Arrival, facts: DeliveryFacts) -> Ended:
    if arrival.row is None:
        return _without_row(facts.tail)
    if arrival.row.is_dead:
        return _dead(arrival.row, facts)
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


def _dead(row: LineageRow, facts: DeliveryFacts) -> Ended:
    seen = last_letter(row, facts)
    if seen is not None and (seen.letter.redriven_ms or seen.raw_place != row.place):
        return _of_letter(seen, facts)
    why = f"{row.reason} {row.detail}".strip()
    return Ended(Ending.DEAD, f"a dead letter since {moment(row.processed_ms)}, {why}{_redrive(seen)}")


def _of_letter(seen: LetterSeen, facts: DeliveryFacts) -> Ended:
    if seen.letter.redriven_ms:
        return _put_back(seen, facts)
    why = f"{seen.letter.reason} {seen.letter.detail}".strip()
    return Ended(Ending.DEAD, f"a dead letter since {moment(seen.letter.dead_ms)}, {why}{_redrive(seen)}")


def _put_back(seen: LetterSeen, facts: DeliveryFacts) -> Ended:
    """Its record is an arrival where it was found: here no row tells of it, and it was not found."""
    at_ms = seen.letter.redriven_ms
    what = f"a dead letter that was put back at {moment(at_ms)}"
    if why := doubt_since(facts, at_ms):
        return Ended(Ending.CANNOT_TELL, f"{what}; what became of it cannot be told: {why}")
    if not isinstance(facts.reach, NotKnown) and at_ms < facts.reach.first_ms:
        return Ended(Ending.EXPIRED, f"{what}; what became of it is not known any more")
    return Ended(Ending.CANNOT_TELL, f"{what}; neither rows nor raw topics say what became of it")


def _redrive(seen: LetterSeen | None) -> str:
    return f"; {arrival_steps.redrive_words(seen)}" if seen else ""


def _of_none(facts: DeliveryFacts) -> Ended:
    if why := doubt(facts):
        return Ended(Ending.CANNOT_TELL, f"not found, and that does not say that it never came: {why}")
    if absence.attempts_of(facts):
        return Ended(Ending.REFUSED, absence.refused(facts))
    return Ended(Ending.NEVER_SEEN, absence.never_seen(facts))
