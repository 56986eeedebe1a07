"""When each event is delivered, and how often: seeded faults in virtual time (domain file, 7.4).

Pure: events in, attempts out, sorted by the time at which they are due; memory holds only what is not due yet.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from heapq import heappop, heappush
from typing import NamedTuple

from streams.events import DAY_MS, HOUR_MS, MINUTE_MS
from streams.events.doors import DoorName
from streams.simulator.randomness import key_of, noise, within
from streams.simulator.world.world import Event

_RETRY_MS = 5000  # the first step of Svix's retry schedule
_SOON_MS = MINUTE_MS


class Cause(StrEnum):
    """Why an attempt is made. All but FIRST bring an event that was delivered already, under the same message id."""

    FIRST = "first"
    DUPLICATE = "duplicate"
    LATE = "late"
    LOST_ACK = "lost_ack"


@dataclass(frozen=True, slots=True)
class Faults:
    """Shares are between 0 and 1 and independent of each other.

    duplicates: sent twice within a minute. lost_ack: accepted, but we did not see it, so sent again after 5 s. late:
    sent again 1 to 24 h later. reorder_window_s: each event is held back by up to so many virtual seconds.
    is_at_once: whatever is sent again follows its first delivery at once, before anything else.
    """

    seed: int = 1
    duplicates: float = 0.1
    late: float = 0.02
    lost_ack: float = 0.02
    reorder_window_s: float = 7200
    is_at_once: bool = False


def faults_of(door: str, faults: Faults) -> Faults:
    """Those that a door can have. A pipeline's order of publishing is its only word about time, and without an id
    (RabbitMQ) a late repetition of an older value would rightly be taken as news: it is repeated at once or never.
    """
    if door == DoorName.WEBHOOK:
        return faults
    if door == DoorName.RABBITMQ:
        return replace(faults, reorder_window_s=0, late=0, is_at_once=True)
    return replace(faults, reorder_window_s=0)


class Attempt(NamedTuple):
    """`due_ms` is virtual time."""

    due_ms: int
    cause: Cause
    event: Event


def schedule(events: Iterable[Event], faults: Faults) -> Iterator[Attempt]:
    """Every event at least once. `events` come in the order of their creation."""
    waiting: list[tuple[int, int, Attempt]] = []
    key, number = key_of("faults", faults.seed), 0
    for place, event in enumerate(events):
        while waiting and waiting[0][0] <= event.created_at_ms:
            yield heappop(waiting)[2]
        for attempt in _attempts(event, faults, key, place):
            number += 1
            heappush(waiting, (attempt.due_ms, number, attempt))
    while waiting:
        yield heappop(waiting)[2]


def _attempts(event: Event, faults: Faults, key: int, place: int) -> Iterator[Attempt]:
    """`place`: number of the event; its eight draws of chance begin there."""
    draw = place * 8
    due_ms = event.created_at_ms + int(noise(key, draw) * faults.reorder_window_s * 1000)
    later = 0 if faults.is_at_once else 1
    yield Attempt(due_ms, Cause.FIRST, event)
    if noise(key, draw + 1) < faults.duplicates:
        yield Attempt(due_ms + later * int(noise(key, draw + 2) * _SOON_MS), Cause.DUPLICATE, event)
    if noise(key, draw + 3) < faults.lost_ack:
        yield Attempt(due_ms + later * _RETRY_MS, Cause.LOST_ACK, event)
    if noise(key, draw + 4) < faults.late:
        yield Attempt(due_ms + later * int(within(HOUR_MS, DAY_MS, noise(key, draw + 5))), Cause.LATE, event)
