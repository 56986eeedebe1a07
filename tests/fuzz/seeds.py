"""Bodies to begin with: one of each type from a simulated world, and the published samples where they are."""

from collections.abc import Iterator

from streams.payloads.alignment import align
from streams.simulator.world.world import World
from tests import samples

_WORLD = World(seed=5, users=16, days=2, end_ms=1_780_272_000_000)
BODY_BYTES_MAX = 20_000


def bodies() -> Iterator[bytes]:
    """Distinct types, both generations as the world has them."""
    seen: dict[tuple[str, int], bytes] = {}
    for event in _WORLD.events():
        if len(event.body) < BODY_BYTES_MAX:
            seen.setdefault((event.event_type, len(event.body) // 2000), event.body)
    yield from seen.values()
    if samples.HERE:
        for _, body in samples.webhooks():
            yield align(body)
