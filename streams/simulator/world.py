"""The world: everything that Junction would report about some users over some days. No clock, no I/O, no hidden state:
the same arguments give the same bytes.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from heapq import merge
from operator import attrgetter
from typing import NamedTuple
from uuid import NAMESPACE_URL, uuid5

from streams import signature
from streams.events import Family, parse_type
from streams.simulator.chance import DAY_MS, noise
from streams.simulator.control import control_of, team_events
from streams.simulator.envelope import Shape, write
from streams.simulator.plan import Planned, by_time, data_of
from streams.simulator.population import Person, person

# The time in a message id has steps of 4 ms: two events of one owner must not fall into the same, nor swap places.
APART_MS = 10


class Generation(StrEnum):
    """Which payload shapes the world speaks (domain file, 0.2)."""

    OLD = "old"
    NEW = "new"
    MIXED = "mixed"


class Event(NamedTuple):
    """One thing that Junction reports. `user_id` is empty for team events; `created_at_ms`: hand-over to Svix."""

    event_type: str
    body: bytes
    user_id: str
    created_at_ms: int

    @property
    def message_id(self) -> str:
        """The `svix-id`: the same for every delivery of this event; its time is that of the event."""
        return signature.new_message_id(self.created_at_ms, blake2b(self.body, digest_size=15).digest())


@dataclass(frozen=True, slots=True)
class World:
    """`end_ms`: when the last of the days ends, Unix milliseconds, rounded down to the second."""

    seed: int
    users: int
    days: int
    end_ms: int
    generation: Generation = Generation.MIXED
    families: frozenset[Family] = field(default_factory=lambda: frozenset(Family))

    @property
    def start_ms(self) -> int:
        return self._end_ms - self.days * DAY_MS

    @property
    def _end_ms(self) -> int:
        return self.end_ms - self.end_ms % 1000

    @property
    def people(self) -> Iterator[Person]:
        return (person(self.seed, index, self._end_ms) for index in range(self.users))

    def events(self) -> Iterator[Event]:
        """Every event in the order of creation; those of one owner are at least APART_MS apart."""
        streams = [self._of_person(who) for who in self.people]
        return merge(*streams, self._of_team(), key=attrgetter("created_at_ms"))

    def _of_person(self, who: Person) -> Iterator[Event]:
        span = (self.start_ms, self._end_ms)
        return self._written(merge(control_of(who, *span), data_of(who, *span), key=by_time), who)

    def _of_team(self) -> Iterator[Event]:
        def new_id(*parts: object) -> str:
            return str(uuid5(NAMESPACE_URL, f"junction-streams/{self.seed}/" + "/".join(map(str, parts))))

        return self._written(team_events(self.users, new_id, self.start_ms, self._end_ms), None)

    def _written(self, planned: Iterable[Planned], who: Person | None) -> Iterator[Event]:
        last_ms = 0
        for event in planned:
            if parse_type(event.event_type).family not in self.families:
                continue
            at_ms = max(event.at_ms, last_ms + APART_MS)
            data = event.data(at_ms)
            if data is None:
                continue
            last_ms = at_ms
            body = write(event.event_type, data, who, event.source, self._shape(who, at_ms))
            yield Event(event.event_type, body, who.user_id if who else "", at_ms)

    def _shape(self, who: Person | None, at_ms: int) -> Shape:
        chance = noise(who.key if who else 0, at_ms)
        if self.generation is Generation.NEW or (self.generation is Generation.MIXED and chance < 0.5):
            return Shape.NEW
        return Shape.SEED if chance > 0.85 else Shape.OLD
