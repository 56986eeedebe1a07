"""Asks a filled index, one question after the other."""

import random
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from benchmarks.lineage import world
from benchmarks.lineage.filling import halves, timed_line
from streams.events.times import DAY_MS
from streams.lineage.index.temporary import TemporaryIndex

QUESTIONS = 2_000
END_MS = world.START_MS + (world.DAYS + 1) * DAY_MS


@dataclass(frozen=True)
class LookUps:
    """Milliseconds, p50 and p99."""

    by_id_ms: tuple[float, float]
    absent_ms: tuple[float, float]
    of_user_ms: tuple[float, float]
    rows_of_user: float

    def lines(self) -> list[str]:
        """For people."""

        return [
            timed_line("id", self.by_id_ms),
            timed_line("absent id", self.absent_ms),
            f"{timed_line('user, resource', self.of_user_ms)}, {self.rows_of_user:.0f} rows",
        ]


def look(folder: Path, shape: world.Shape) -> LookUps:
    """Of an index in a folder, which holds what `world` made. Raises AssertionError where an answer is wrong."""
    sample = _sample(shape)
    with closing(TemporaryIndex(folder)) as index:

        def by_id(one: world.Told) -> None:
            assert [row.owner_id for row in index.deliveries(one.delivery_id)] == [one.owner_id]

        def absent(one: world.Told) -> None:
            assert not index.deliveries(f"msg_{one.delivery_id[:3:-1]}")

        seen: list[int] = []

        def of_user(one: world.Told) -> None:
            found = index.touching(one.owner_id, one.resource, END_MS - 31 * DAY_MS, END_MS)
            seen.append(len(found))
            assert one.delivery_id in {row.delivery_id for row in found}

        return LookUps(_timed(by_id, sample), _timed(absent, sample), _timed(of_user, sample), sum(seen) / len(seen))


def _sample(shape: world.Shape) -> list[world.Told]:
    """Rows from everywhere."""
    step = max(shape.records // QUESTIONS, 1)
    found = [one for n in range(0, shape.records, step) for one in islice(world.told(world.record_of(shape, n)[1]), 20)]
    random.Random(1).shuffle(found)
    return found[:QUESTIONS]


def _timed(ask: Callable[[world.Told], None], sample: Sequence[world.Told]) -> tuple[float, float]:
    taken: list[float] = []
    for one in sample:
        began = time.perf_counter()
        ask(one)
        taken.append(time.perf_counter() - began)
    return halves(taken)
