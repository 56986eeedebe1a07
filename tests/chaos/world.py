"""What is sent: a prefix of a simulated world, long enough for the wanted time. Pure, the same in every process."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice

from streams.simulator.schedule import Attempt, Faults, schedule
from streams.simulator.world import Event, World

USERS, DAYS = 40, 14
FAULTS = {"duplicates": 0.1, "late": 0.02, "lost_ack": 0.03, "reorder_window_s": 7200.0}
ATTEMPTS_PER_EVENT = 1 + 0.1 + 0.02 + 0.03


@dataclass(frozen=True)
class Load:
    """`events` of the world of `seed` whose last day ends at `end_ms`; `poison`: share of unreadable bodies on top."""

    seed: int
    end_ms: int
    events: int
    rate: float
    poison: float = 0.0

    @classmethod
    def lasting(cls, seconds: float, *, seed: int, end_ms: int, rate: float, poison: float = 0.0) -> "Load":
        """So much that sending it takes about `seconds`."""
        return cls(seed, end_ms, int(seconds * rate / ATTEMPTS_PER_EVENT), rate, poison)

    def world(self) -> Iterator[Event]:
        """The events, in the order of their creation."""
        return islice(World(self.seed, USERS, DAYS, self.end_ms).events(), self.events)

    def attempts(self) -> Iterator[Attempt]:
        """When each is delivered, and how often."""
        return schedule(self.world(), Faults(seed=self.seed, **FAULTS))

    def as_dict(self) -> dict[str, float]:
        return asdict(self)
