"""The world: everything that Junction would report about some users over some days. No clock, no I/O, no hidden state:
the same arguments give the same bytes.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from heapq import merge
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from streams.events import DAY_MS, Family, ksuid_time_ms, new_message_id, parse_type
from streams.simulator.bodies.envelope import Shape, write
from streams.simulator.people import stories
from streams.simulator.people.links import Link, Source
from streams.simulator.people.population import Person, person
from streams.simulator.randomness import noise
from streams.simulator.world import odd_bodies
from streams.simulator.world.control import control_of, team_events
from streams.simulator.world.notices import EARLY, Notices, fate
from streams.simulator.world.plan import Planned, by_time, data_of, past_of

# The time in a message id has steps of 4 ms: two events of one owner must not fall into the same, nor swap places.
APART_MS = 10


class Generation(StrEnum):
    """Which payload shapes the world speaks (domain file, 0.2)."""

    OLD = "old"
    NEW = "new"
    MIXED = "mixed"


class Event(NamedTuple):
    """One thing that Junction reports. `user_id` is empty for team events; `created_at_ms`: hand-over to Svix.

    `meaning` and `letter`: of an odd one: `odd_bodies.Odd`. `pipeline_id`: what a delivery of it is called that comes
    through a pipeline; "" for a webhook.
    """

    event_type: str
    body: bytes
    user_id: str
    created_at_ms: int
    meaning: bytes | None = None
    letter: str = ""
    pipeline_id: str = ""

    @property
    def delivery_id(self) -> str:
        """By which a receiver knows it again."""
        return self.pipeline_id or self.message_id

    @property
    def told_ms(self) -> int | None:
        """When it was made, as its delivery says: a pipeline has milliseconds, a message id steps of four."""
        return self.created_at_ms if self.pipeline_id else ksuid_time_ms(self.message_id)

    @property
    def message_id(self) -> str:
        """The `svix-id`: the same for every delivery of this event; its time is that of the event."""
        return new_message_id(self.created_at_ms, blake2b(self.body, digest_size=15).digest())


class PlainEvent(NamedTuple):
    """An event before it gets its shape. `data`: `$.data` of today's generation."""

    event_type: str
    data: Any
    at_ms: int
    source: Source | None


# When Junction has looked through the history of a connection: before its first notice, but for early ones.
PULLED_MS = 240_000
_BURST_MS, _BURST_STEP_MS = 60_000, 40


@dataclass(frozen=True, slots=True)
class World:
    """`end_ms`: when the last of the days ends, Unix milliseconds, rounded down to the second.

    `days_of_history`: what there is before the first day. It can be fetched over the API (`history` knows what it
    holds); that of providers with early notices comes as events, like any other.
    `has_stories`: two more people live in it, to whom something happens (`stories`).
    `has_odd_bodies`: one more, whose bodies are as nobody documents them (`odd_bodies`). The API does not know it.
    `is_pushed`: all history comes as events before its notices (`push_historical_data` of a pipeline: domain file, 8).
    """

    seed: int
    users: int
    days: int
    end_ms: int
    generation: Generation = Generation.MIXED
    families: frozenset[Family] = field(default_factory=lambda: frozenset(Family))
    days_of_history: int = 0
    notices: Notices = field(default_factory=Notices)
    has_stories: bool = False
    has_odd_bodies: bool = False
    is_pushed: bool = False

    @property
    def start_ms(self) -> int:
        return self._end_ms - self.days * DAY_MS

    @property
    def _end_ms(self) -> int:
        return self.end_ms - self.end_ms % 1000

    @property
    def people(self) -> Iterator[Person]:
        yield from (person(self.seed, index, self._end_ms) for index in range(self.users))
        if self.has_stories:
            yield from stories.people(self._end_ms, self.users, person(self.seed, self.users, self._end_ms))

    def events(self) -> Iterator[Event]:
        """Every event in the order of creation; those of one owner are at least APART_MS apart."""
        streams = [self._of_person(who) for who in self.people]
        return merge(*streams, self._of_team(), self._odd(), key=attrgetter("created_at_ms"))

    def plain_events(self, who: Person) -> Iterator[PlainEvent]:
        """Everything about a person in the order of creation."""
        span = (self.start_ms, self._end_ms)
        control = control_of(who, *span, self.days_of_history, self.notices)
        told = (link for link in who.links if self.is_pushed or link.provider.slug in EARLY)
        step_ms = 0 if self.is_pushed else _BURST_STEP_MS  # however much there is: the notice is the last word
        bursts = [self._past_of(who, link, _BURST_MS, step_ms) for link in told]
        return self._timed(merge(control, data_of(who, *span), *bursts, key=by_time))

    def connected_ms(self, link: Link) -> int:
        """When it was made, the first time."""
        return self.start_ms + link.delay_ms

    def is_fetchable(self, who: Person, link: Link, resource: str) -> bool:
        """Whether the history of a resource is there for the API to give, and nowhere else."""
        what = fate(self.notices, who, link, resource)
        is_told = self.is_pushed or link.provider.slug in EARLY
        return not (what.is_failed or is_told or resource == "workout_stream")

    def history(self, people: Iterable[Person] | None = None) -> Iterator[Event]:
        """What a completed backfill of these people, or of all, yields: each thing as the event that it could be.

        Its keys are not among those of `events`.
        """
        for who in self.people if people is None else people:
            for link in who.links:
                for plain in self._timed(self._past_of(who, link, PULLED_MS), apart_ms=0):
                    if self.is_fetchable(who, link, parse_type(plain.event_type).resource):
                        yield self._event(plain, who)

    def _past_of(self, who: Person, link: Link, after_ms: int, step_ms: int = 0) -> Iterator[Planned]:
        connected_ms = self.connected_ms(link)
        return past_of(who, link, self.days_of_history, connected_ms, connected_ms + after_ms, step_ms)

    def _of_person(self, who: Person) -> Iterator[Event]:
        return (self._event(plain, who) for plain in self.plain_events(who))

    def _odd(self) -> Iterator[Event]:
        for at_ms, odd in odd_bodies.odd_events(self._new_id, self._end_ms) if self.has_odd_bodies else ():
            yield Event(odd.event_type, odd.body, odd.user_id, at_ms, odd.meaning, odd.letter)

    def _new_id(self, *parts: object) -> str:
        return str(uuid5(NAMESPACE_URL, f"junction-streams/{self.seed}/" + "/".join(map(str, parts))))

    def _of_team(self) -> Iterator[Event]:
        planned = team_events(self.users, self._new_id, self.start_ms, self._end_ms)
        return (self._event(plain, None) for plain in self._timed(planned))

    def _timed(self, planned: Iterable[Planned], apart_ms: int = APART_MS) -> Iterator[PlainEvent]:
        """With their final times; what has nothing to say is left out."""
        last_ms = 0
        for event in planned:
            if parse_type(event.event_type).family not in self.families:
                continue
            at_ms = max(event.at_ms, last_ms + apart_ms)
            data = event.data(at_ms)
            if data is not None:
                last_ms = at_ms
                yield PlainEvent(event.event_type, data, at_ms, event.source)

    def _event(self, plain: PlainEvent, who: Person | None) -> Event:
        body = write(plain.event_type, plain.data, who, plain.source, self._shape(who, plain.at_ms))
        return Event(plain.event_type, body, who.user_id if who else "", plain.at_ms)

    def _shape(self, who: Person | None, at_ms: int) -> Shape:
        chance = noise(who.key if who else 0, at_ms)
        if self.generation is Generation.NEW or (self.generation is Generation.MIXED and chance < 0.5):
            return Shape.NEW
        return Shape.SEED if chance > 0.85 else Shape.OLD
