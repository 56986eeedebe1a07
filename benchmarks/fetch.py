"""Many users connect at once: notices, the worker's requests, fetchers with one rate, pages, clean topics.

    python -m benchmarks fetch [--users N] [--history-days N] [--rate N] [--fetchers N] [--json]

Connections and notices of simulated users are written to the raw topics before anything starts; then a worker asks,
fetchers fetch from the fake API, and the worker folds what they store, all on the machine that Kafka runs on. Time
counts from the first call until every job is over (complete, or empty and asked again much later) and the worker has
committed everything. `calls` are the API's own counts. `least` is one call for each job and each page of its rows.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from benchmarks.worker import PARTITIONS, feed
from streams.demo.cluster import Cluster, ports
from streams.demo.cluster.supervise import Child
from streams.demo.history import History, Standing
from streams.events import resources, topics
from streams.events.resources import Kind
from streams.events.types import Family
from streams.kafka import admin, registry
from streams.kafka.lag import Lag
from streams.ops.errors import Unavailable
from streams.ops.settings import Settings
from streams.simulator.api.keys import KEY
from streams.simulator.calendar import iso
from streams.simulator.world.world import World
from streams.tables.history.progress import JobProgress

PAGE_SIZE = 500
LOOK_S = 0.5
STILL_S = 120.0  # nothing moves for so long: it never ends


@dataclass(frozen=True)
class Result:
    """`through_s`: until the worker had committed what was fetched. CPU and memory (of all fetchers together)."""

    users: int
    jobs: int
    complete: int
    empty: int
    failed: int
    seconds: float
    through_s: float
    pages: int
    rows: int
    pages_per_s: float
    rows_per_s: float
    calls: int
    calls_again: int
    calls_per_user: float
    least_per_user: float
    rate_per_s: float
    peak_per_s: int
    refused: int
    fetcher_cpu_s: float
    fetcher_rss_mb: float
    worker_cpu_s: float
    worker_rss_mb: float
    api_cpu_s: float


def main() -> int:
    """Exit code 1 when a job failed, or the rate was not held."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=200)
    parser.add_argument("--history-days", type=int, default=2)
    parser.add_argument("--rate", type=float, default=200, help="requests a second of the team, all fetchers together")
    parser.add_argument("--fetchers", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with Cluster(partitions=PARTITIONS) as cluster, tempfile.TemporaryDirectory() as folder:
        settings = _settings(cluster, Path(folder), options.rate)
        admin.apply(settings)
        registry.register(settings)
        end_ms = int(time.time()) * 1000
        families = frozenset({Family.CONNECTION, Family.BACKFILL})
        world = World(1, options.users, 1, end_ms, families=families, days_of_history=options.history_days)
        feed(settings, world)
        result = measure(settings, world, options.fetchers, Path(folder))
    if options.json:
        print(json.dumps(asdict(result)))
    else:
        for name, value in asdict(result).items():
            print(f"{name:<16} {value:>12,}" if isinstance(value, int) else f"{name:<16} {value:>12,.1f}")
    return int(result.failed > 0 or result.refused > 0)


def _settings(cluster: Cluster, folder: Path, rate: float) -> Settings:
    return Settings(
        _env_file=None,
        bootstrap_servers=cluster.bootstrap_servers,
        registry_url=cluster.registry_url,
        partitions=PARTITIONS,
        state_dir=folder / "state",
        junction_url=f"http://127.0.0.1:{ports.random_free()}",
        junction_requests_per_s=rate,
    )


def measure(settings: Settings, world: World, fetchers: int, folder: Path) -> Result:
    with ExitStack() as stack:
        history = History(settings)
        stack.callback(history.stop)
        api = stack.enter_context(_service(settings, folder, "api", *_api(settings, world)))
        worker = stack.enter_context(_service(settings, folder, "w0", "worker"))
        running = [stack.enter_context(_service(settings, folder, f"f{n}", "fetcher")) for n in range(fetchers)]
        use = {name: Use(some) for name, some in (("api", [api]), ("worker", [worker]), ("fetcher", running))}
        while not history.standing.pages:
            time.sleep(LOOK_S)
        began_s = time.monotonic()
        ended_s, through_s, least = _follow(settings, history, use)
        counts = httpx.get(f"{settings.junction_url}/fake/counts", timeout=30).json()
        return _result(world, settings, history.standing, counts, (ended_s - began_s, through_s - began_s), least, use)


def _follow(settings: Settings, history: History, use: "dict[str, Use]") -> tuple[float, float, int]:
    """When the last job was over, when the worker was through, and how many calls these jobs need at least."""
    prefix, group = settings.topic_prefix, topics.fetch_group(settings.group_id)
    asked = Lag(settings.model_copy(update={"group_id": group}), [f"{prefix}.{topics.FETCH_JOBS}"])
    folded = Lag(settings, [f"{prefix}.{name}" for name in topics.SOURCES])
    ended_s, moved_s, before = 0.0, time.monotonic(), history.standing
    while time.monotonic() < moved_s + STILL_S:
        time.sleep(LOOK_S)
        for one in use.values():
            one.look()
        waiting, standing = _records(asked), history.standing
        if standing != before:
            before, moved_s = standing, time.monotonic()
        if waiting or standing.over < standing.jobs:
            ended_s = 0.0
            continue
        ended_s = ended_s or moved_s
        if _records(folded) == 0 and history.standing == standing and _records(asked) == 0:
            return ended_s, time.monotonic(), sum(_least(word) for word in history.latest)
    raise SystemExit(f"the jobs do not end: {before}")


def _records(lag: Lag) -> int:
    with suppress(Unavailable):
        return lag.records()
    return 1  # the group's coordinator is still loading


def _least(word: JobProgress) -> int:
    """Calls without which a job cannot know what it knows."""
    row = resources.RESOURCES[word.resource]
    return max(1, -(-word.rows // PAGE_SIZE)) if row.kind is Kind.TIMESERIES else 1


class Use:
    """CPU seconds of some processes so far, and the most memory they had together when somebody looked."""

    def __init__(self, children: list[Child]) -> None:
        self._processes = [psutil.Process(child.pid) for child in children]
        self.cpu_s = self.rss_mb = 0.0

    def look(self) -> None:
        self.cpu_s = sum(sum(process.cpu_times()[:2]) for process in self._processes)
        self.rss_mb = max(self.rss_mb, sum(process.memory_info().rss for process in self._processes) / 1e6)


def _api(settings: Settings, world: World) -> list[str]:
    port = settings.junction_url.rpartition(":")[2]
    options = {
        "port": port, "users": world.users, "days": world.days, "seed": world.seed, "end": iso(world.end_ms),
        "history-days": world.days_of_history, "page-size": PAGE_SIZE,
        "limit-per-s": 2 * settings.junction_requests_per_s,
    }  # fmt: skip
    return ["fake-api", *(word for name, value in options.items() for word in (f"--{name}", str(value)))]


@contextmanager
def _service(settings: Settings, folder: Path, name: str, *command: str) -> Iterator[Child]:
    env = {
        **os.environ,
        "STREAMS_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "STREAMS_REGISTRY_URL": settings.registry_url,
        "STREAMS_PARTITIONS": str(settings.partitions),
        "STREAMS_WORKER_ID": name,
        "STREAMS_STATE_DIR": str(settings.state_dir / name),
        "STREAMS_JUNCTION_URL": settings.junction_url,
        "STREAMS_JUNCTION_API_KEY": KEY,
        "STREAMS_JUNCTION_REQUESTS_PER_S": str(settings.junction_requests_per_s),
        "STREAMS_LOG_LEVEL": "WARNING",
    }
    child = Child([sys.executable, "-m", "streams.cli", *command], folder / f"{name}.log", env=env)
    try:
        yield child
    finally:
        child.stop()


def _result(
    world: World, settings: Settings, standing: Standing, counts: dict[str, Any], took_s: tuple[float, float],
    least: int, use: dict[str, Use],
) -> Result:  # fmt: skip
    seconds, through_s = took_s
    calls = counts["requests"] - counts["endpoints"].get("providers", 0)
    again = counts["again"] - counts["again_by"].get("providers", 0)
    return Result(
        world.users, standing.jobs, *(standing.by_status[name] for name in ("complete", "empty", "failed")),
        seconds, through_s, standing.pages, standing.rows, standing.pages / seconds, standing.rows / seconds,
        calls, again, calls / world.users, least / world.users, settings.junction_requests_per_s, counts["peak_per_s"],
        counts["statuses"].get("429", 0), use["fetcher"].cpu_s, use["fetcher"].rss_mb, use["worker"].cpu_s,
        use["worker"].rss_mb, use["api"].cpu_s,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
