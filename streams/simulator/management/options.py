"""Options of the fake Management API and the fake Svix behind it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from streams.events import DAY_S
from streams.simulator.management.event_types import EVENT_TYPES
from streams.simulator.management.keys import SVIX_KEY

WallClock = Callable[[], float]  # Unix seconds
PAGE_MAX = 250
RETRIES_S = (5.0, 5 * 60.0, 30 * 60.0, 2 * 3600.0, 5 * 3600.0, 10 * 3600.0, 10 * 3600.0)


@dataclass(frozen=True, slots=True)
class ManagementOptions:
    """`compress`: by how much Svix's waits are shorter than real ones: an old secret's day, the retries, the five days.

    `known_types`: the event types of the catalogue; others are refused. `null_clears`: whether null in a PATCH takes
    away a rate limit and a filter; nobody says it of Junction. `recover_max`: where a recover stops. `attempt_s`: how
    long an attempt waits for its answer. `at_once`: attempts under way for one endpoint. `operational_events`:
    whether what happens to an endpoint is told to the others, as Junction says and Svix denies. `tells_tasks`: whether
    it says how many messages a recover has sent.
    """

    compress: float = 1.0
    svix_token: str = SVIX_KEY
    known_types: frozenset[str] = field(default_factory=lambda: EVENT_TYPES)
    null_clears: bool = True
    old_secrets_max: int = 10
    old_secret_s: float = DAY_S
    retries_s: tuple[float, ...] = RETRIES_S
    disable_after_s: float = 5 * DAY_S
    recover_max: int = 10_000
    span_max_s: float = 14 * DAY_S + 300
    attempt_s: float = 15.0
    at_once: int = 32
    operational_events: bool = False
    tells_tasks: bool = True

    def real_s(self, svix_s: float) -> float:
        """How long something takes here."""
        return svix_s / self.compress
