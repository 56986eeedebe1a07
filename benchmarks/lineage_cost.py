"""What lineage costs a worker: CPU of an event with and without it, alternating in one run.

    python -m benchmarks lineage_cost [LOAD ...] [--rounds N] [--scale X] [--json]

Through Kafka, as `path` does: events of one kind lie in the raw topics, and workers of groups of their own process them
one after the other, by turns with STREAMS_LINEAGE_DAYS=0 and with 30. The ratio is that of the middle CPU seconds.
Beside it, in this process: µs of closing a transaction of 1,000 events, and bytes of a row as Kafka keeps it (lz4).
"""

import argparse
import gc
import json
import statistics
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import cramjam
from rich.console import Console
from rich.table import Table

from benchmarks import _fold
from benchmarks._events import PARTITIONS, Load, loads, records
from benchmarks.path import EVENTS, USERS, Whole, feed, measure
from streams.agents import assembly
from streams.demo.cluster import Cluster
from streams.kafka import admin, registry
from streams.lineage.closing import closing
from streams.ops.settings import Settings
from streams.tables.draft import Draft

CLOSED = 1_000


@dataclass(frozen=True)
class Cost:
    """CPU µs of an event without and with lineage, the middle of all rounds. `bytes_per_row`: as lz4 leaves them."""

    us_without: float
    us_with: float
    percent: float
    events_per_s_without: float
    events_per_s_with: float
    us_closing: float
    bytes_per_row: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("loads", nargs="*", metavar="LOAD", help=f"of {', '.join(EVENTS)}; all of them by default")
    parser.add_argument("--rounds", type=int, default=3, help="of each, by turns (default 3)")
    parser.add_argument("--scale", type=float, default=0.5, help="so many times the events of `path` (default 0.5)")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if unknown := set(options.loads) - set(EVENTS):
        parser.error(f"no load {', '.join(sorted(unknown))}; there are: {', '.join(EVENTS)}")
    chosen = [load for name, load in loads().items() if name in (options.loads or EVENTS)]
    found = compare(chosen, options.scale, options.rounds)
    if options.json:
        print(json.dumps({name: asdict(one) for name, one in found.items()}))
    else:
        table = Table("with and without lineage", *found)
        for field in Cost.__annotations__:
            table.add_row(field, *(f"{getattr(one, field):,.1f}" for one in found.values()))
        Console().print(table)
    return 0


def compare(chosen: list[Load], scale: float, rounds: int) -> dict[str, Cost]:
    """By load. Each load's events are written once."""
    found = {}
    with Cluster(partitions=PARTITIONS) as cluster, tempfile.TemporaryDirectory() as folder:
        for load in chosen:
            name = f"bench-{load.name}".replace("_", "-")
            settings = Settings(
                _env_file=None, bootstrap_servers=cluster.bootstrap_servers, registry_url=cluster.registry_url,
                partitions=PARTITIONS, topic_prefix=name, group_id=name, state_dir=Path(folder) / name,
            )  # fmt: skip
            admin.apply(settings)
            registry.register(settings)
            events = int(EVENTS[load.name] * scale)
            feed(settings, records(load, events, users=USERS, duplicates=0.2, prefix=name))
            runs: dict[int, list[Whole]] = {0: [], 30: []}
            for number in range(rounds):
                for days in (0, 30) if number % 2 else (30, 0):  # who is first finds Kafka colder
                    runs[days].append(_run(settings, load, events, Path(folder), days, f"{name}-{number}-{days}"))
            found[load.name] = _cost(load, runs)
    return found


def _run(settings: Settings, load: Load, events: int, folder: Path, days: int, group: str) -> Whole:
    own = settings.model_copy(update={"group_id": group, "state_dir": folder / group, "lineage_days": days})
    admin.apply(own)
    return measure(own, load, events, folder / f"{group}.log")


def _cost(load: Load, runs: dict[int, list[Whole]]) -> Cost:
    def middle(days: int, field: str) -> float:
        return statistics.median(getattr(one, field) for one in runs[days])

    without, with_it = middle(0, "us_per_event"), middle(30, "us_per_event")
    return Cost(
        without, with_it, (with_it / without - 1) * 100, middle(0, "events_per_s"), middle(30, "events_per_s"),
        *_closed(load),
    )  # fmt: skip


def _closed(load: Load) -> tuple[float, float]:
    """CPU µs of an event in `closing`, the least of five; bytes of a row."""
    n = CLOSED if load.entities < CLOSED else CLOSED // 10
    made = list(records(load, n, users=USERS, duplicates=0.2, prefix=_fold.PREFIX))
    folds = {f"{_fold.PREFIX}.{name}": fold for name, fold in assembly.folds(_fold.codec(), _fold.PREFIX).items()}
    draft = Draft(lambda table, key: None, 3, 1_780_500_000_000)
    for record in made:
        draft.run(folds[record.topic], record)
    emitted, close, least_s = len(draft.emits), closing(_fold.codec(), _fold.PREFIX, "w1"), float("inf")
    gc.collect()
    for _ in range(5):
        del draft.emits[emitted:]
        began_s = time.thread_time()
        close(draft)
        least_s = min(least_s, time.thread_time() - began_s)
    size = sum(len(cramjam.lz4.compress_block(emit.value or b"")) for emit in draft.emits[emitted:])
    return least_s / len(made) * 1e6, size / len(made)


if __name__ == "__main__":
    sys.exit(main())
