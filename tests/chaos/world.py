"""What is sent: a simulated world, or as much of it as the wanted time allows. Pure, the same in every process."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from itertools import islice

from streams.simulator.delivery.schedule import Attempt, Faults, schedule
from streams.simulator.truth.truth import fetched
from streams.simulator.world.world import Event, World

USERS, DAYS = 40, 14
FAULTS = {"duplicates": 0.1, "late": 0.02, "lost_ack": 0.03, "reorder_window_s": 7200.0}
ATTEMPTS_PER_EVENT = 1 + 0.1 + 0.02 + 0.03


@dataclass(frozen=True)
class Load:
    """`events` of the world of `seed` whose last day ends at `end_ms`; `poison`: share of hopeless bodies on top;
    `is_growing`: they can be read, and are too large behind the door. `history_days`: before the first of `days`; they
    are not sent, but fetched."""

    seed: int
    end_ms: int
    events: int
    rate: float
    poison: float = 0.0
    users: int = USERS
    days: int = DAYS
    history_days: int = 0
    is_growing: bool = False

    @classmethod
    def lasting(
        cls, seconds: float, *, seed: int, end_ms: int, rate: float, poison: float = 0.0, is_growing: bool = False
    ) -> "Load":
        """So much that sending it takes about `seconds`."""
        events = int(seconds * rate / ATTEMPTS_PER_EVENT / (1 + poison))
        return cls(seed, end_ms, events, rate, poison, is_growing=is_growing)

    @classmethod
    def whole(cls, seconds: float, *, seed: int, end_ms: int, users: int, days: int, history_days: int) -> "Load":
        """All of a small world with a history, at such a rate that sending it takes about `seconds`."""
        load = cls(seed, end_ms, 0, 0, users=users, days=days, history_days=history_days)
        events = sum(1 for _ in load.made().events())
        return replace(load, events=events, rate=events * ATTEMPTS_PER_EVENT / seconds)

    def made(self) -> World:
        return World(self.seed, self.users, self.days, self.end_ms, days_of_history=self.history_days)

    def world(self) -> Iterator[Event]:
        """The events, in the order of their creation."""
        return islice(self.made().events(), self.events)

    def past(self) -> Iterator[Event]:
        """What a completed backfill yields, each thing as the event that it could be."""
        return iter(fetched(self.made()) if self.history_days else ())

    def attempts(self) -> Iterator[Attempt]:
        """When each is delivered, and how often."""
        return schedule(self.world(), Faults(seed=self.seed, **FAULTS))

    def as_dict(self) -> dict[str, float]:
        return asdict(self)
