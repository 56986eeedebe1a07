"""Steps of one raw record: taken, stored, proved, processed, judged, emitted, read. Pure."""

from collections.abc import Iterator

from streams.events.doors import DoorName
from streams.events.proof import Proof, ProofVerdict
from streams.lineage.delivery.facts import (
    Arrival,
    CleanSeen,
    DeliveryFacts,
    LetterSeen,
    NotKnown,
    OriginalGone,
    RawPlace,
    RawSeen,
    ReaderSeen,
    known,
)
from streams.lineage.row import EntityLine, LineageRow
from streams.lineage.telling import StoryStep
from streams.lineage.words import count, names, span, tallies

PLACES_SHOWN = 5


def place_of(arrival: Arrival) -> RawPlace | None:
    """Where its raw record is, or was."""
    if arrival.row:
        return RawPlace(*arrival.row.place)
    return arrival.raw.place if isinstance(arrival.raw, RawSeen) else None


def steps(arrival: Arrival, facts: DeliveryFacts) -> Iterator[StoryStep]:
    """From our door to whoever reads the clean records, in the order in which it happens."""
    yield from _taken(arrival, facts)
    yield from _stored(arrival)
    yield from _signature(arrival)
    if arrival.row is None:
        yield from _without_row(arrival, facts)
        return
    yield _processed(arrival.row)
    yield from map(_entity, arrival.row.entities)
    yield from _counted(arrival.row)
    yield from _dead(arrival.row, facts)
    yield from _clean(arrival)
    yield from map(_reader, arrival.readers.seen)


def _taken(arrival: Arrival, facts: DeliveryFacts) -> Iterator[StoryStep]:
    """By which door, unless it was put back: then its door was that of the letter."""
    said: LineageRow | RawSeen | None = arrival.row
    if said is None and isinstance(arrival.raw, RawSeen):
        said = arrival.raw
    if said is None:
        return
    if place := said.redriven_from:
        at_ms = next((one.letter.redriven_ms for one in known(facts.letters) if one.place == place), 0)
        words, letter = f"the dead letter {place} was put back", (f"dead_letters {place}",)
        yield StoryStep(kind="redriven", sentence=words, at_ms=at_ms or None, evidence=letter)
        return
    words = "we fetched it" if said.door == DoorName.API else f"our door {said.door or '(unknown)'} took it"
    by = {"door": said.door, "event_type": said.event_type}
    yield StoryStep(kind="taken", sentence=words, at_ms=said.received_ms or None, facts=by)


def _stored(arrival: Arrival) -> Iterator[StoryStep]:
    place = place_of(arrival)
    if place is None:
        return
    where = {"topic": place.topic, "partition": place.partition, "offset": place.offset}
    if isinstance(arrival.raw, OriginalGone):
        sentence = f"the original at {place} has gone ({arrival.raw.why}), the row is what is left"
        yield StoryStep(kind="gone", sentence=sentence, facts=where)
    elif isinstance(arrival.raw, NotKnown):
        yield StoryStep(kind="stored", sentence=f"stored as {place}", evidence=(str(place),), facts=where)
    else:
        size = arrival.raw.size_bytes
        yield StoryStep(
            kind="stored",
            sentence=f"stored as {place}, {count(size, 'byte')}",
            at_ms=arrival.raw.stored_ms or None,
            evidence=(str(place),),
            facts={**where, "size_bytes": size},
        )


def _signature(arrival: Arrival) -> Iterator[StoryStep]:
    if not isinstance(arrival.raw, RawSeen) or isinstance(arrival.raw.proof, NotKnown):
        return
    proof, place = arrival.raw.proof, arrival.raw.place
    verify = f"junction-streams verify --topic {place.topic} --partition {place.partition} --offset {place.offset}"
    yield StoryStep(
        kind="signature",
        sentence=_proved(proof),
        evidence=(verify,),
        facts={
            "verdict": str(proof.verdict),
            "owner": proof.owner,
            "fingerprint": proof.fingerprint,
            "secret_position": proof.position,
            "signed_at_s": proof.signed_at_s,
        },
    )


def _proved(proof: Proof) -> str:
    which = f"the secret {proof.fingerprint} of {proof.owner}, number {proof.position + 1}, the newest first"
    if proof.verdict is ProofVerdict.VERIFIED:
        return f"its signature, verified again now, is right: {which}"
    if proof.verdict is ProofVerdict.OTHER_DOOR:
        return f"nothing to verify: {proof.why}"
    return f"its signature, verified again now, is not proved: {proof.why}" + (f" ({which})" * bool(proof.fingerprint))


def _without_row(arrival: Arrival, facts: DeliveryFacts) -> Iterator[StoryStep]:
    """Not processed yet, or what was done is not told here."""
    tail = facts.tail
    if tail is None or isinstance(tail, NotKnown) or tail.place != place_of(arrival):
        return
    if tail.is_passed:
        yield StoryStep(kind="processed", sentence="workers have committed it; what they made of it is not told here")
    else:
        before = f", {count(tail.before, 'record')} before it" if tail.before else ", it is the next one"
        sentence = f"waiting: the workers have not committed it yet{before}"
        yield StoryStep(kind="waiting", sentence=sentence, facts={"before": tail.before})


def _processed(row: LineageRow) -> StoryStep:
    by = f"processed by the worker {row.worker or '(unknown)'}, code {row.version or '(unknown)'}"
    facts = {
        "worker": row.worker,
        "version": row.version,
        "owner_id": row.owner_id,
        "resource": row.resource,
        "provider": row.provider,
        "origin": row.origin,
        "backfill_id": row.backfill_id,
    }
    return StoryStep(kind="processed", sentence=by, at_ms=row.processed_ms, facts=facts)


def _entity(line: EntityLine) -> StoryStep:
    changed = f": {count(line.n_changed, 'field')} ({names(line.changed_fields, line.n_changed)})" * bool(
        line.n_changed
    )
    facts = {
        "entity": line.id,
        "verdict": line.verdict,
        "changed_fields": list(line.changed_fields),
        "n_changed": line.n_changed,
    }
    return StoryStep(kind="verdict", sentence=f"{line.id or 'it'} is {line.verdict}{changed}", facts=facts)


def _counted(row: LineageRow) -> Iterator[StoryStep]:
    if row.counted:
        rest = "samples" if not row.entities else "and the rest"
        facts = {"counted": dict(row.counted)}
        yield StoryStep(kind="counted", sentence=f"{rest}: {tallies(row.counted)}", facts=facts)


def _dead(row: LineageRow, facts: DeliveryFacts) -> Iterator[StoryStep]:
    if not row.is_dead:
        return
    letter = letter_of(row, facts)
    yield from dead(row.reason, row.detail, letter)


def letter_of(row: LineageRow, facts: DeliveryFacts) -> LetterSeen | None:
    """The letter that was made of a row's record; None where it is not known."""
    return next((one for one in known(facts.letters) if one.raw_place == row.place), None)


def dead(reason: str, detail: str, seen: LetterSeen | None) -> Iterator[StoryStep]:
    """A dead letter, and what a redrive did or would do."""
    evidence = () if seen is None else (f"dead_letters {seen.place}",)
    at_ms = seen.letter.dead_ms if seen else None
    why = f"{reason} {detail}".strip()
    facts = {"reason": reason, "detail": detail}
    yield StoryStep(kind="dead", sentence=f"became a dead letter: {why}", at_ms=at_ms, evidence=evidence, facts=facts)
    if seen is None:
        return
    letter = seen.letter
    command = (f"junction-streams dead-letters redrive {seen.place}",)
    if letter.redriven_ms:
        yield StoryStep(kind="put_back", sentence="a redrive put it back", at_ms=letter.redriven_ms)
    elif not isinstance(seen.redrive, NotKnown):
        yield StoryStep(
            kind="redrive",
            sentence=redrive_words(seen),
            evidence=() if seen.redrive.refusal else command,
            facts={"refusal": seen.redrive.refusal, "to": seen.redrive.to},
        )


def redrive_words(seen: LetterSeen) -> str:
    """What a redrive would do."""
    if isinstance(seen.redrive, NotKnown):
        return "what a redrive would do is not known"
    if seen.redrive.refusal:
        return f"a redrive would not put it back: {seen.redrive.refusal}"
    return f"a redrive would put it back to {seen.redrive.to}"


def _clean(arrival: Arrival) -> Iterator[StoryStep]:
    """One step a topic that the row names, with the places of what was found."""
    for topic, n in arrival.row.clean if arrival.row else ():
        seen = [one for one in arrival.clean.seen if one.topic == topic]
        places = [f"{one.partition}:{one.offset}" for one in seen]
        shown = f": {names(places[:PLACES_SHOWN], len(places))}" if places else ""
        yield StoryStep(
            kind="clean",
            sentence=f"{count(n, 'record')} in {topic}{shown}",
            at_ms=seen[0].at_ms if seen else None,
            evidence=tuple(f"{topic} {place}" for place in places[:PLACES_SHOWN]),
            facts={"topic": topic, "records": n, "found": [_as_facts(one) for one in seen]},
        )


def _as_facts(one: CleanSeen) -> dict[str, object]:
    """Names, places and counts; values only where they were asked for."""
    found: dict[str, object] = {
        "partition": one.partition,
        "offset": one.offset,
        "size_bytes": one.size_bytes,
        "verdict": one.verdict,
        "samples": one.samples,
        "unit": one.unit,
    }
    return found if one.record is None else {**found, "record": one.record}


def _reader(one: ReaderSeen) -> StoryStep:
    note = f" ({one.note})" if one.note else ""
    if one.to_go:
        words = f"{one.group} has {one.to_go:,} to go in {one.topic}"
    elif one.passed_ms:
        words = f"{one.group} was seen behind it in {one.topic}"
    else:
        words = f"{one.group} has read it in {one.topic}"
    facts = {"group": one.group, "topic": one.topic, "partition": one.partition, "to_go": one.to_go}
    return StoryStep(kind="read", sentence=words + note, at_ms=one.passed_ms or None, facts=facts)


def summary(row: LineageRow) -> str:
    """All verdicts of a row, counted."""
    return tallies([*((one.verdict, 1) for one in row.entities), *row.counted])


def delay(row: LineageRow, made_ms: int) -> str:
    """How long it took, as a phrase; "" where that is not known."""
    return f" {span(row.processed_ms - made_ms)} after it was made" if 0 < made_ms <= row.processed_ms else ""
