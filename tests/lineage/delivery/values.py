"""Facts of deliveries, for tests: a usual one, of which a test changes what it is about."""

from dataclasses import replace
from typing import Any

from streams.events.message_ids import new_message_id
from streams.events.proof import Proof, ProofVerdict
from streams.lineage.delivery.delivery_ids import delivery_id
from streams.lineage.delivery.facts import (
    Arrival,
    CleanLook,
    CleanSeen,
    DeliveryFacts,
    DoorAttempt,
    DoorLook,
    LetterSeen,
    RawPlace,
    RawSeen,
    ReaderLook,
    ReaderSeen,
    RedriveSeen,
    TailLook,
)
from streams.lineage.delivery.story_of_delivery import story_of
from streams.lineage.known import AlertAttempt, AlertSeen, DeadLetter, Reach
from streams.lineage.row import AlertStep, EntityLine, LineageRow, Tally
from streams.lineage.telling import Story

MADE_MS = 1_780_500_000_000
NOW_MS = MADE_MS + 3_600_000
ID = new_message_id(MADE_MS, bytes(15))
TOPIC = "raw.summaries"

VERIFIED = Proof(ProofVerdict.VERIFIED, "", "junction", ID, MADE_MS // 1000, "junction", "0123abcd", 1)
REACH = Reach(first_ms=MADE_MS - 86_400_000, as_of_ms=NOW_MS, behind_s=0.1)

ROW = LineageRow(
    delivery_id=ID,
    raw_topic=TOPIC,
    partition=3,
    offset=41,
    created_ms=MADE_MS,
    received_ms=MADE_MS + 200,
    processed_ms=MADE_MS + 400,
    worker="w0",
    version="1.2.3",
    owner_id="u",
    event_type="daily.data.sleep.updated",
    resource="sleep",
    door="webhook",
    entities=(EntityLine("s1", "CHANGED", ("duration", "hr_lowest"), 25),),
    clean=(Tally("sleep", 1),),
)
RAW = RawSeen(
    place=RawPlace(TOPIC, 3, 41),
    size_bytes=1234,
    stored_ms=MADE_MS + 250,
    proof=VERIFIED,
    created_ms=MADE_MS,
    received_ms=MADE_MS + 200,
    event_type="daily.data.sleep.updated",
    door="webhook",
)
CLEAN = CleanSeen(topic="sleep", partition=3, offset=9, at_ms=MADE_MS + 410, size_bytes=300, verdict="CHANGED")
READERS = ReaderLook(
    (ReaderSeen("ehr-sync", "sleep", 3, 0, MADE_MS + 3410), ReaderSeen("warehouse", "sleep", 3, 12_100))
)
ARRIVAL = Arrival(row=ROW, raw=RAW, clean=CleanLook((CLEAN,)), readers=READERS)
FACTS = DeliveryFacts(id=delivery_id(ID), now_ms=NOW_MS, raw_days=90, reach=REACH, arrivals=(ARRIVAL,))

DEAD = replace(ROW, entities=(), clean=(), reason="bad_shape", detail="$.data.id")
LETTER = DeadLetter(
    partition=3,
    offset=7,
    raw_topic=TOPIC,
    raw_partition=3,
    raw_offset=41,
    delivery_id=ID,
    owner_id="u",
    event_type="daily.data.sleep.updated",
    resource="sleep",
    reason="bad_shape",
    detail="$.data.id",
    dead_ms=MADE_MS + 410,
)
DEAD_ARRIVAL = Arrival(row=DEAD, raw=RAW)
WOULD = RedriveSeen(to="raw.summaries")
ATTEMPT = DoorAttempt(
    at_ms=MADE_MS + 100,
    gateway="http://gateway:9080",
    endpoint="junction",
    outcome="unavailable",
    status=503,
    body_bytes=1234,
    is_signed=True,
)
TAIL = TailLook(asked_ms=NOW_MS)
ALERT = AlertSeen(
    alert_id="a1",
    revision=1,
    user_id="u",
    rule="short-sleep",
    severity="warning",
    life="opened",
    at_ms=MADE_MS + 420,
    evidence=(ID,),
    attempts=(
        AlertAttempt(receiver="pager", status="failed", reason="timeout", attempt=1, at_ms=MADE_MS + 5_000),
        AlertAttempt(receiver="pager", status="delivered", reason="", attempt=2, at_ms=MADE_MS + 9_000),
    ),
)
MOVED = AlertStep("night-pulse", "updated")


def facts(**changed: Any) -> DeliveryFacts:
    """The usual facts with others in their place."""
    return replace(FACTS, **changed)


def absent(**changed: Any) -> DeliveryFacts:
    """Facts of a delivery that is nowhere, asked an hour after it was made."""
    return replace(FACTS, **{"arrivals": (), "tail": TAIL, **changed})


def letter(**changed: Any) -> LetterSeen:
    """The letter of DEAD with other columns."""
    return LetterSeen(replace(LETTER, **changed), WOULD)


def refused_at(*seconds: float, **changed: Any) -> DoorLook:
    """Refusals so many seconds after the delivery was made."""
    return DoorLook(attempts=tuple(replace(ATTEMPT, at_ms=MADE_MS + int(s * 1000), **changed) for s in seconds))


def kinds(story: Story) -> list[str]:
    """Of its steps, in order."""
    return [step.kind for step in story.steps]


def told(known: DeliveryFacts) -> Story:
    """Its story."""
    return story_of(known)
