"""Notices that a resource's history has been pulled (domain file, 5.1), and what can be wrong with them.

What happens to the notice of a user, provider and resource follows from the person, so that the deliveries, the API and
the truth agree about it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from streams.events import DAY_MS
from streams.simulator.bodies.history import days_back
from streams.simulator.calendar import iso
from streams.simulator.people.links import Link
from streams.simulator.people.population import Person
from streams.simulator.randomness import key_of, noise
from streams.simulator.world.plan import Planned, known

EARLY = frozenset({"garmin"})  # its notices come at once, its history as events afterwards (5.3)
_REPEATED_MS = 90_000
_DAYS = 90  # what a notice claims where the world has no history


@dataclass(frozen=True, slots=True)
class Notices:
    """Shares between 0 and 1, independent of each other.

    early: the notice comes before the data can be fetched. missing: it never comes. reversed: its range runs backwards.
    repeated: it comes twice. failed: the pull failed, so there is neither notice nor history.
    """

    early: float = 0.0
    missing: float = 0.0
    reversed: float = 0.0
    repeated: float = 0.0
    failed: float = 0.0


class Fate(NamedTuple):
    """What becomes of one notice."""

    is_early: bool
    is_missing: bool
    is_reversed: bool
    is_repeated: bool
    is_failed: bool


def fate(notices: Notices, person: Person, link: Link, resource: str) -> Fate:
    """Garmin's are always early. The first resource of every sixth person has its range reversed, as the vendor's own
    example has (5.1)."""
    key = person.key ^ key_of("notice", link.provider.slug, resource)
    is_first = resource == link.resources[0] and person.index % 6 == 1
    return Fate(
        link.provider.slug in EARLY or noise(key, 1) < notices.early,
        noise(key, 2) < notices.missing,
        is_first or noise(key, 3) < notices.reversed,
        noise(key, 4) < notices.repeated,
        noise(key, 5) < notices.failed,
    )


def span_ms(link: Link, resource: str, days: int, connected_ms: int) -> tuple[int, int]:
    """The range that Junction looks through when somebody connects, in whole seconds."""
    start_ms = connected_ms - days_back(link, resource, days or _DAYS) * DAY_MS
    return start_ms // 1000 * 1000, connected_ms // 1000 * 1000


def notices_of(person: Person, link: Link, connected_ms: int, days: int, notices: Notices) -> Iterator[Planned]:
    """One for each resource, minutes after connecting; early ones at once."""
    for place, resource in enumerate(link.resources):
        what = fate(notices, person, link, resource)
        if what.is_missing or what.is_failed:
            continue
        at_ms = connected_ms + (1000 + place * 50 if what.is_early else 300_000 + place * 20_000)
        bounds = span_ms(link, resource, days, connected_ms)
        data = _data(person, link, bounds[::-1] if what.is_reversed else bounds)
        for shift_ms in (0, _REPEATED_MS) if what.is_repeated else (0,):
            yield Planned(at_ms + shift_ms, f"historical.data.{resource}.created", known(data))


def _data(person: Person, link: Link, bounds: tuple[int, int]) -> dict[str, Any]:
    return {
        "user_id": person.user_id,
        "start_date": iso(bounds[0]),
        "end_date": iso(bounds[1]),
        "provider": link.provider.slug,
    }
