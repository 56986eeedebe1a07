"""Everybody is compared with Junction: users a second, at the rate that the API allows and at what we could do.

    python -m benchmarks reconcile [--users N] [--rates N ...] [--json]

Connections and notices of simulated users are written to the raw topics; a worker folds them and answers about them.
Then one process reconciles everybody, once for each rate (requests a second that the API allows; a user costs one, and
a page of fifty users one more). Fake API, worker and Kafka are real processes on the same machine. `hours` is the time
that 100,000 users would take; `rss_grew_mb` is what the last three quarters of the users have added to the memory.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from contextlib import aclosing, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
from pydantic import SecretStr

from benchmarks.fetch import _api, _service, _settings
from benchmarks.worker import PARTITIONS, feed
from connectors.history.reconcile.reconciler import reconcile
from connectors.junction import open_client
from streams.demo.cluster import Cluster, ports
from streams.engine.faust.collector import spare_the_collector
from streams.events import topics
from streams.events.types import Family
from streams.kafka import admin, registry
from streams.kafka.lag import Lag
from streams.ops.errors import Unavailable
from streams.ops.settings import Settings
from streams.simulator.api.keys import KEY
from streams.simulator.world.world import World

EVERYBODY = 100_000
READY_S = 120.0


@dataclass(frozen=True)
class Result:
    rate_per_s: float
    users: int
    findings: int
    seconds: float
    users_per_s: float
    hours: float
    cpu_ms_per_user: float
    rss_mb: float
    rss_grew_mb: float


def main() -> int:
    """Exit code 1 when somebody was not compared."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=300)
    parser.add_argument("--rates", type=float, nargs="+", default=[20, 33, 5_000])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with Cluster(partitions=PARTITIONS) as cluster, tempfile.TemporaryDirectory() as folder:
        settings = _settings(cluster, Path(folder), max(options.rates))
        more = {"query_port": ports.random_free(), "junction_api_key": SecretStr(KEY)}
        settings = settings.model_copy(update=more)
        admin.apply(settings)
        registry.register(settings)
        families = frozenset({Family.CONNECTION, Family.BACKFILL})
        world = World(1, options.users, 1, int(time.time()) * 1000, families=families, days_of_history=2)
        feed(settings, world)
        os.environ["STREAMS_QUERY_PORT"] = str(settings.query_port)
        with (
            _service(settings, Path(folder), "api", *_api(settings, world)),
            _service(settings, Path(folder), "w0", "worker"),
        ):
            _wait(settings)
            results = [measure(settings, rate) for rate in options.rates]
    for result in results:
        print(json.dumps(asdict(result)) if options.json else _line(result))
    return int(any(result.users < options.users for result in results))


def _wait(settings: Settings) -> None:
    """Until the worker has folded everything."""
    lag = Lag(settings, [f"{settings.topic_prefix}.{name}" for name in topics.SOURCES])
    until_s = time.monotonic() + READY_S
    while time.monotonic() < until_s:
        time.sleep(0.5)
        with suppress(Unavailable):  # the group's coordinator is still loading
            if lag.records() == 0:
                return
    raise SystemExit("the worker does not fold what was fed")


def measure(settings: Settings, rate: float) -> Result:
    return asyncio.run(_measure(settings.model_copy(update={"junction_requests_per_s": rate})))


async def _measure(settings: Settings) -> Result:
    spare_the_collector()  # as a fetcher does
    process, rss, users, findings = psutil.Process(), list[float](), 0, 0
    began_s, cpu_s = time.monotonic(), sum(process.cpu_times()[:2])
    async with open_client(settings) as client, aclosing(reconcile(settings, client, "", fetch=True)) as found:
        async for one in found:
            users, findings = users + 1, findings + len(one.findings)
            rss.append(process.memory_info().rss / 1e6)
    seconds = time.monotonic() - began_s
    return Result(
        settings.junction_requests_per_s, users, findings, seconds, users / seconds,
        EVERYBODY / users * seconds / 3600, (sum(process.cpu_times()[:2]) - cpu_s) / users * 1000, max(rss),
        rss[-1] - rss[len(rss) // 4],
    )  # fmt: skip


def _line(result: Result) -> str:
    return (
        f"{result.rate_per_s:>6,.0f} requests a second: {result.users_per_s:>6.1f} users a second, "
        f"{result.hours:>5.2f} h for {EVERYBODY:,}, {result.cpu_ms_per_user:.1f} ms CPU a user, "
        f"{result.rss_mb:.0f} MB ({result.rss_grew_mb:+.1f})"
    )


if __name__ == "__main__":
    sys.exit(main())
