"""Facts of a delivery → its story. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from streams.lineage.delivery import absence, alert_steps, arrival_steps, door_steps
from streams.lineage.delivery.endings import Ending, ended
from streams.lineage.delivery.facts import (
    Arrival,
    DeliveryFacts,
    DoorLook,
    LetterSeen,
    NotKnown,
    RawSeen,
    TailLook,
    known,
)
from streams.lineage.telling import Story, StoryStep
from streams.lineage.words import count, moment, span

BEHIND_S = 5.0

Block = tuple[int, list[StoryStep]]  # Unix ms by which it is sorted, and what stays together


def story_of(facts: DeliveryFacts) -> Story:
    """The answer to one question about one delivery."""
    end = ended(facts)
    found = [*door_steps.made(facts), *_in_order(facts), *alert_steps.steps(facts)]
    if end.ending in (Ending.REFUSED, Ending.NEVER_SEEN):
        found += absence.steps(facts)
    return Story(
        ending=end.ending,
        sentence=end.sentence,
        steps=tuple(with_durations(found)),
        missing=tuple(dict.fromkeys(missing(facts))),
        reaches_ms=0 if isinstance(facts.reach, NotKnown) else facts.reach.first_ms,
    )


def _in_order(facts: DeliveryFacts) -> Iterator[StoryStep]:
    """Refusals, arrivals and letters of the door by their time; the steps of one arrival stay together."""
    blocks: list[Block] = [(one.at_ms or 0, [one]) for one in door_steps.attempts(facts)]
    blocks += [(_begin_ms(one), list(arrival_steps.steps(one, facts))) for one in door_steps.arrivals_of(facts)]
    blocks += [(one.letter.dead_ms, list(_letter(one))) for one in _lone_letters(facts)]
    for _, steps in sorted(blocks, key=lambda block: block[0]):
        yield from steps


def _begin_ms(arrival: Arrival) -> int:
    """When it was stored; else the best that its row knows."""
    if isinstance(arrival.raw, RawSeen) and arrival.raw.stored_ms:
        return arrival.raw.stored_ms
    row = arrival.row
    if row is None:
        return 0
    return row.processed_ms if row.redriven_from or not row.received_ms else row.received_ms


def _lone_letters(facts: DeliveryFacts) -> list[LetterSeen]:
    """Of which no row tells: a gateway's, and those whose row has gone."""
    told = {one.row.place for one in door_steps.arrivals_of(facts) if one.row}
    return [one for one in known(facts.letters) if one.raw_place not in told]


def _letter(seen: LetterSeen) -> Iterator[StoryStep]:
    letter = seen.letter
    if not letter.raw_topic:
        yield StoryStep(kind="taken", sentence="our door took it and could not read it", at_ms=letter.dead_ms)
    yield from arrival_steps.dead(letter.reason, letter.detail, seen)


def with_durations(steps: Iterable[StoryStep]) -> Iterator[StoryStep]:
    """Each with how long after the one before it came, where both have a time and follow each other.

    Readers read side by side: each is compared with what it reads, and not with another.
    """
    before_ms: int | None = None
    for step in steps:
        if step.at_ms is None:
            yield step
            continue
        if before_ms is not None and step.at_ms >= before_ms:
            after_ms = step.at_ms - before_ms
            words = f"{step.sentence}, {span(after_ms)} later"
            yield replace(step, sentence=words, facts={**step.facts, "after_ms": after_ms})
        else:
            yield step
        before_ms = before_ms if step.kind == "read" else step.at_ms


def missing(facts: DeliveryFacts) -> Iterator[str]:
    """A sentence for each part that could not be found out."""
    heartbeats = None if absence.was_accepting(facts) else facts.heartbeats
    for part in (facts.arrivals, facts.reach, facts.letters, facts.alerts, facts.door, facts.tail, heartbeats):
        if isinstance(part, NotKnown):
            yield part.why
    if isinstance(facts.tail, TailLook) and facts.tail.partly:
        yield facts.tail.partly
    yield from _missing_of_door(facts)
    if facts.left_out:
        yield f"{count(facts.left_out, 'older arrival')} of it left out"
    if facts.letters_left_out:
        yield f"{count(facts.letters_left_out, 'older dead letter')} of it left out"
    for arrival in door_steps.arrivals_of(facts):
        yield from _missing_of(arrival)
    for seen in known(facts.letters):
        if isinstance(seen.redrive, NotKnown):
            yield seen.redrive.why
    if not isinstance(facts.reach, NotKnown) and facts.reach.behind_s > BEHIND_S:
        since = moment(facts.reach.as_of_ms)
        yield f"the index is {facts.reach.behind_s:,.0f} s behind: what was processed since {since} may not be here"


def _missing_of_door(facts: DeliveryFacts) -> Iterator[str]:
    """What gateways did not say; of one that is nowhere also what they may have forgotten."""
    if not isinstance(facts.door, DoorLook):
        return
    yield from facts.door.missing
    since_ms, is_here = facts.door.remembers_since_ms, known(facts.arrivals) != () or known(facts.letters) != ()
    if not is_here and door_steps.made_ms(facts) < since_ms:
        yield f"what gateways refused before {moment(since_ms)} is forgotten"


def _missing_of(arrival: Arrival) -> Iterator[str]:
    if isinstance(arrival.raw, NotKnown):
        yield arrival.raw.why
    elif isinstance(arrival.raw, RawSeen) and isinstance(arrival.raw.proof, NotKnown):
        yield arrival.raw.proof.why
    yield from arrival.clean.missing
    yield from arrival.readers.missing
