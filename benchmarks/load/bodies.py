"""The bodies that are sent: the simulator's world, in a file that is made before anything is measured.

Several groups of users live at the same time, each at another place of its days, so that every minute has the same
mix: nights and meals, first connections and their notices, syncs. Who has lived through all days makes room for new
users: state grows as it does in production, and hardly anything is sent that is known already.
"""

import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from pathlib import Path
from typing import Any
from uuid import UUID

from streams.demo.cluster import jars
from streams.events.times import HOUR_MS
from streams.simulator.world.world import World

GROUPS, USERS, DAYS = 8, 150, 2  # at a time; of a group; of each user
FRESH_S = 4 * 3600  # alert rules look at new data alone
# No provider says how large its largest are. 2,500 and 10,000 samples are chunks that Junction's iOS library uploads
# (domain file, 10.2); of so many deliveries one holds so many.
GIANTS = {5_000: 2_500, 50_000: 10_000}
_FRAME = 4


@dataclass(frozen=True)
class Bodies:
    """A file with so many bodies in it, each behind four bytes of its length (big endian)."""

    file: Path
    events: int


def prepared(events: int) -> Bodies:
    """From the user's cache when they were made within hours, else made now: some 15,000 a second."""
    folder = jars.cache_of(Path(__file__).read_bytes()).with_suffix(".bodies")
    file, note = folder / "bodies", folder / "note.json"
    known = json.loads(note.read_text()) if note.exists() else {"events": 0, "made_s": 0}
    if known["events"] < events or known["made_s"] < time.time() - FRESH_S:
        jars.to_stderr(f"making {events:,} bodies")
        folder.mkdir(parents=True, exist_ok=True)
        note.unlink(missing_ok=True)
        write(file, events, int(time.time() * 1000))
        note.write_text(json.dumps({"events": events, "made_s": time.time()}))
    return Bodies(file, events)


def write(file: Path, events: int, end_ms: int) -> None:
    """So many bodies into a file."""
    with file.open("wb") as out:
        for body in islice(mixed(end_ms), events):
            out.write(len(body).to_bytes(_FRAME, "big") + body)


def mixed(end_ms: int) -> Iterator[bytes]:
    """Bodies without end. `end_ms`: when the last day of every group ends."""
    seeds = count(1)
    groups = [_late(seeds, end_ms, group / GROUPS) for group in range(GROUPS)]
    chance = random.Random(1)
    for place in count(1):
        yield next(groups[place % GROUPS])
        for every, samples in GIANTS.items():
            if not place % every:
                yield giant(UUID(int=chance.getrandbits(128), version=4), samples, end_ms)


def _late(seeds: "count[int]", end_ms: int, share: float) -> Iterator[bytes]:
    """One group after the other; the first one has lived through a share of its days."""
    from_ms = end_ms - int((1 - share) * DAYS * 24 * HOUR_MS)
    for seed in seeds:
        world = World(seed, USERS, DAYS, end_ms)
        yield from (event.body for event in world.events() if event.created_at_ms >= from_ms)
        from_ms = 0


def giant(user: UUID, samples: int, end_ms: int) -> bytes:
    """Heart rates of another user, every five seconds."""
    end = datetime.fromtimestamp(end_ms // 1000, UTC)
    row: dict[str, Any] = {"id": None, "timezone_offset": 0, "type": None, "unit": "bpm"}
    rows = [
        row | {"timestamp": (end - timedelta(seconds=5 * n)).isoformat(), "value": 55.0 + n * 7 % 40}
        for n in range(samples, 0, -1)
    ]
    source = {"provider": "apple_health_kit", "type": "watch", "app_id": None, "device_id": None}
    return json.dumps(
        {
            "event_type": "daily.data.heartrate.created",
            "user_id": str(user),
            "team_id": str(UUID(int=1, version=4)),
            "data": {"source": source, "data": rows},
        },
        separators=(",", ":"),
    ).encode()
