"""A worker of many keys is started again: with its disk, and without."""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks import _contestants
from benchmarks._dedup import job
from benchmarks.engine import Bench
from streams.demo.cluster import Cluster


@dataclass(frozen=True)
class WarmStart:
    """From the start of the process to its first commit, with the tables on disk and with them lost; rows of the
    changelog a second, by the difference."""

    keys: int
    warm_s: float
    wiped_s: float
    restored_per_s: float


def start_again(keys: int) -> WarmStart:
    """Fill one table with so many keys through the engine, then start twice. Raises Misconfigured."""
    contestant = _contestants.ours(1)
    with Cluster(registry=False) as cluster, tempfile.TemporaryDirectory() as folder:
        broker = psutil.Process(cluster.kafka.children[1].pid)
        with job(cluster.bootstrap_servers, f"warm-{int(time.time())}") as work:
            contestant.prepare(work)
            work.feed(keys, times=1)
            found = Bench(contestant, work, Path(folder) / work.name, broker).measure(restarts=True, is_checked=False)
    assert found.first_warm_s is not None
    assert found.first_wiped_s is not None
    return WarmStart(keys, found.first_warm_s, found.first_wiped_s, found.restored_per_s or 0.0)
