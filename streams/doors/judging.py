"""What it means that an event came by one way alone. Pure.

| | |
|---|---|
| both | it came by both |
| early | it was sent before the time from which doors are compared: the other one may have had it before |
| waiting | it came less than a grace ago: the other one may still be on its way |
| history | Junction pushes it through pipelines alone (`history`) |
| late | webhooks lack it, and Junction still tries: 27 h 35 min from the first attempt (domain file, 7.4) |
| missing | anything else: who reads that door alone has lost it |
"""

from enum import StrEnum
from typing import NamedTuple

from streams.doors.matching import DoorEvent
from streams.doors.names import DOORS, WEBHOOK
from streams.doors.sightings import EARLY, HISTORY
from streams.events import HOUR_MS, MINUTE_MS, DoorName

RETRIES_MS = 27 * HOUR_MS + 35 * MINUTE_MS


class Presence(StrEnum):
    BOTH = "both"
    EARLY = "early"
    WAITING = "waiting"
    HISTORY = "history"
    LATE = "late"
    MISSING = "missing"


class Terms(NamedTuple):
    """`now_ms`: when reading began, Unix milliseconds. `kept`: the door to be kept; `others`: those beside it."""

    now_ms: int
    grace_ms: int
    kept: DoorName
    others: tuple[DoorName, ...]

    @property
    def number(self) -> int:
        """Of the door to be kept, as rows have it."""
        return DOORS.index(self.kept)


def judge(event: DoorEvent, terms: Terms) -> Presence:
    """What became of one event."""
    only = event.only
    if only is None:
        return Presence.BOTH
    if only.marks & EARLY:
        return Presence.EARLY
    if only.received_ms > terms.now_ms - terms.grace_ms:
        return Presence.WAITING
    lacking = (terms.kept,) if event.kept is None else terms.others
    if DoorName.WEBHOOK not in lacking or only.door == WEBHOOK:
        return Presence.MISSING
    if only.marks & HISTORY:
        return Presence.HISTORY
    return Presence.LATE if only.received_ms > terms.now_ms - RETRIES_MS else Presence.MISSING
