"""Who lives in the world: people, their bodies and habits, and the providers that they linked.

Everything follows from the seed. Providers and their source types: domain file, 3.7 and 4.7.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

from streams.simulator.people.links import Link
from streams.simulator.people.providers import MAIN, OTHERS, Provider
from streams.simulator.randomness import key_of, noise, within

TEAM_ID = "b2a9d0f4-6f0c-4f1b-8a35-94f1c7e2d310"
_ZONES = ("Europe/Madrid", "America/New_York", "Asia/Kolkata", "Europe/Lisbon", "America/Los_Angeles", "Asia/Tokyo")


class Story(NamedTuple):
    """What happens to somebody, as spans of Unix ms: low glucose; no data at all."""

    low_ms: tuple[int, int] = (0, 0)
    away_ms: tuple[int, int] = (0, 0)

    def is_low(self, at_ms: int) -> bool:
        return self.low_ms[0] <= at_ms < self.low_ms[1]

    def is_away(self, at_ms: int) -> bool:
        return self.away_ms[0] <= at_ms < self.away_ms[1]


NO_STORY = Story()


@dataclass(frozen=True, slots=True)
class Person:
    """Body and habits: hours are local, `offset_s` is east positive and constant over the simulated days."""

    index: int
    user_id: str
    client_user_id: str
    zone: str
    offset_s: int
    sex: str
    height_cm: int
    weight_kg: float
    resting_bpm: float
    steps_a_day: float
    bed_h: float
    sleep_h: float
    links: tuple[Link, ...]
    key: int
    story: Story = NO_STORY

    @property
    def uuid(self) -> UUID:
        return UUID(self.user_id)

    def new_id(self, *parts: object) -> str:
        """A version-5 UUID that always names the same thing, as Junction's ids do (3.4)."""
        return str(uuid5(self.uuid, "/".join(map(str, parts))))


def person(seed: int, index: int, end_ms: int) -> Person:
    """The `index`-th inhabitant of a seed's world."""
    key = key_of("person", seed, index)
    zone = _ZONES[index % len(_ZONES)]
    offset = ZoneInfo(zone).utcoffset(datetime.fromtimestamp(end_ms / 1000, ZoneInfo(zone)).replace(tzinfo=None))
    return Person(
        index=index,
        user_id=str(uuid5(NAMESPACE_URL, f"junction-streams/{seed}/{index}")),
        client_user_id=f"patient-{seed}-{index:06}",
        zone=zone,
        offset_s=int(offset.total_seconds()) if offset else 0,
        sex="female" if index % 2 else "male",
        height_cm=round(within(158, 192, noise(key, 1))),
        weight_kg=within(54, 98, noise(key, 2)),
        resting_bpm=within(46, 68, noise(key, 3)),
        steps_a_day=within(4000, 13000, noise(key, 4)),
        bed_h=within(-2.0, 0.8, noise(key, 5)),
        sleep_h=within(6.2, 8.6, noise(key, 6)),
        links=tuple(_links(seed, index, key)),
        key=key,
    )


def _links(seed: int, index: int, key: int) -> Iterator[Link]:
    """One to three providers: the main one in turn, so that a small world has all; the others by chance."""
    chosen = {MAIN[index % len(MAIN)].slug: MAIN[index % len(MAIN)]}
    for draw in range(2):
        if noise(key, 10 + draw) < 0.45:
            other = OTHERS[int(noise(key, 20 + draw) * len(OTHERS))]
            chosen.setdefault(other.slug, other)
    for provider in chosen.values():
        turn = index // len(MAIN) * MAIN.count(provider) + MAIN[: index % len(MAIN)].count(provider)
        device_id = str(uuid5(NAMESPACE_URL, f"junction-streams/{seed}/{index}/{provider.slug}"))
        delay_ms = int(within(20_000, 900_000, noise(key, key_of(provider.slug))))
        yield Link(provider, _resources(provider, turn), device_id, delay_ms)


def _resources(provider: Provider, turn: int) -> tuple[str, ...]:
    """The core and every third of the rest; three neighbours have all of it between them."""
    return provider.core + tuple(name for place, name in enumerate(provider.some) if (place + turn) % 3 == 0)
