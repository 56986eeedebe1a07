"""The path from JSON to Avro by kind of event: rate a core through Kafka, µs of each stage without it, bytes of state.

    python -m benchmarks path [LOAD ...] [--profile] [--scale X] [--duplicates SHARE] [--json]

Through Kafka: events of one kind are written to the raw topics, then one worker commits them exactly once. CPU seconds
are the worker's alone, from its first commit on; "a core" is a CPU second. The profile folds the same events in this
process, over RocksDB: CPU time of each stage without those that it calls, less what the clock itself costs; bytes of
state are those of the files after a compaction, and of keys and values as the changelog has them. Not counted there:
the engine, Kafka's client, the changelog. `--profile` leaves Kafka out.
"""

import argparse
import gc
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import psutil
from confluent_kafka import Producer
from rich.console import Console
from rich.table import Table

from benchmarks import _fold
from benchmarks._events import PARTITIONS, Load, Raw, loads, records
from streams.demo.cluster import Cluster
from streams.demo.cluster.supervise import Child
from streams.events import topics
from streams.events.headers import H_ID, header
from streams.kafka import admin, registry
from streams.kafka.lag import Lag
from streams.kafka.login.librdkafka import for_librdkafka
from streams.ops.errors import Unavailable
from streams.ops.settings import Settings

# How many events make about ten seconds of work, and for the profile about two.
EVENTS = {"samples_1": 60_000, "samples_100": 15_000, "samples_5000": 300, "intervals_100": 10_000, "summaries": 50_000}
PROFILED = {"samples_1": 8_000, "samples_100": 4_000, "samples_5000": 100, "intervals_100": 3_000, "summaries": 8_000}
USERS = 400
CHUNKS = 20


@dataclass(frozen=True)
class Whole:
    """Through Kafka. `rss_mb`: the highest seen."""

    events: int
    seconds: float
    events_per_s: float
    events_per_core: float
    entities_per_core: float
    us_per_event: float
    rss_mb: float


@dataclass(frozen=True)
class Profile:
    """In one process. `us_per_event`: the middle of CHUNKS runs. Bytes: of the table of samples or of summaries."""

    events: int
    us_per_event: float
    entities_per_core: float
    stages: dict[str, float]
    disk_bytes_per_million: int
    changelog_bytes_per_million: int


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("loads", nargs="*", metavar="LOAD", help=f"of {', '.join(EVENTS)}; all of them by default")
    parser.add_argument("--profile", action="store_true", help="without Kafka")
    parser.add_argument("--scale", type=float, default=1.0, help="so many times the events (default 1)")
    parser.add_argument("--duplicates", type=float, default=0.2, help="share of the deliveries (default 0.2)")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if unknown := set(options.loads) - set(EVENTS):
        parser.error(f"no load {', '.join(sorted(unknown))}; there are: {', '.join(EVENTS)}")
    chosen = [load for name, load in loads().items() if name in (options.loads or EVENTS)]
    profiles = {
        load.name: profile(load, int(PROFILED[load.name] * options.scale), options.duplicates) for load in chosen
    }
    wholes = {} if options.profile else through_kafka(chosen, options.scale, options.duplicates)
    if options.json:
        shown = {name: asdict(found) for name, found in profiles.items()}
        print(json.dumps({"profile": shown, "whole": {name: asdict(found) for name, found in wholes.items()}}))
    else:
        show(wholes, profiles)
    return 0


def profile(load: Load, events: int, duplicates: float) -> Profile:
    """Fold so many events twice, each time into an empty state: timed as a whole, then by stage."""
    made = list(records(load, max(events, CHUNKS), users=USERS, duplicates=duplicates, prefix=_fold.PREFIX))
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
    size = len(made) // CHUNKS
    with _tables() as tables:
        seconds = []
        for first in range(0, size * CHUNKS, size):
            began_s = time.thread_time()
            _fold.run(made[first : first + size], tables)
            seconds.append(time.thread_time() - began_s)
        name = "samples" if load.name != "summaries" else "summaries"
        disk, content = tables.disk_bytes()[name], tables.content_bytes()[name]
    stages = _fold.Stages()
    with _tables() as tables, stages.installed():
        _fold.run(made, tables, stages)
    gc.unfreeze()
    middle_s = sorted(seconds)[CHUNKS // 2] / size
    distinct = len({header(record.headers, H_ID) for record in made[: size * CHUNKS]}) * load.entities
    return Profile(
        len(made),
        round(middle_s * 1e6, 1),
        round(load.entities / middle_s),
        {name: round(s / len(made) * 1e6, 1) for name, s in sorted(stages.net().items(), key=lambda row: -row[1])},
        round(disk / distinct * 1e6),
        round(content / distinct * 1e6),
    )


@contextmanager
def _tables() -> Iterator[_fold.Tables]:
    with tempfile.TemporaryDirectory() as folder:
        tables = _fold.Tables(Path(folder))
        try:
            yield tables
        finally:
            tables.close()


def through_kafka(chosen: list[Load], scale: float, duplicates: float) -> dict[str, Whole]:
    """One worker for each load, on topics of its own."""
    found = {}
    with Cluster(partitions=PARTITIONS) as cluster, tempfile.TemporaryDirectory() as folder:
        for load in chosen:
            name = f"bench-{load.name}".replace("_", "-")
            settings = Settings(
                _env_file=None,
                bootstrap_servers=cluster.bootstrap_servers,
                registry_url=cluster.registry_url,
                partitions=PARTITIONS,
                topic_prefix=name,
                group_id=name,
                state_dir=Path(folder) / name,
            )
            admin.apply(settings)
            registry.register(settings)
            events = int(EVENTS[load.name] * scale)
            feed(settings, records(load, events, users=USERS, duplicates=duplicates, prefix=name))
            found[load.name] = measure(settings, load, events, Path(folder) / f"{name}.log")
    return found


def feed(settings: Settings, made: Iterator[Raw]) -> None:
    """Write records as they are."""
    producer = Producer(
        for_librdkafka(settings) | {"compression.type": "lz4", "linger.ms": 20, "message.max.bytes": 20 << 20}
    )
    for record in made:
        while True:
            try:
                producer.produce(
                    record.topic, record.value, record.key, partition=record.partition, headers=record.headers
                )
                break
            except BufferError:
                producer.poll(0.1)
        producer.poll(0)
    producer.flush()


def measure(settings: Settings, load: Load, events: int, log: Path) -> Whole:
    """Start a worker and wait until it has committed everything."""
    lag = Lag(settings, [f"{settings.topic_prefix}.{name}" for name in topics.RAW])
    with worker(settings, log) as process:
        while (waiting := _waiting(lag, events)) == events:
            time.sleep(0.02)
        first_s, first_cpu_s, measured = time.monotonic(), cpu_s(process), waiting
        rss = process.memory_info().rss
        while _waiting(lag, events):
            rss = max(rss, process.memory_info().rss)
            time.sleep(0.05)
        seconds, used_s = time.monotonic() - first_s, cpu_s(process) - first_cpu_s
    lag.close()
    return Whole(
        events,
        round(seconds, 1),
        round(measured / seconds, 1),
        round(measured / used_s),
        round(measured * load.entities / used_s),
        round(used_s / measured * 1e6, 1),
        round(rss / 1e6, 1),
    )


def cpu_s(process: psutil.Process) -> float:
    user, system, *_ = process.cpu_times()
    return user + system


def _waiting(lag: Lag, unknown: int) -> int:
    try:
        return lag.records()
    except Unavailable:  # the group's coordinator is still loading
        return unknown


@contextmanager
def worker(settings: Settings, log: Path) -> Iterator[psutil.Process]:
    """A worker as people run it."""
    env = {
        **os.environ,
        "STREAMS_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "STREAMS_REGISTRY_URL": settings.registry_url,
        "STREAMS_PARTITIONS": str(settings.partitions),
        "STREAMS_TOPIC_PREFIX": settings.topic_prefix,
        "STREAMS_GROUP_ID": settings.group_id,
        "STREAMS_STATE_DIR": str(settings.state_dir),
        "STREAMS_LINEAGE_DAYS": str(settings.lineage_days),
    }
    child = Child([sys.executable, "-m", "streams.cli", "worker"], log, env=env)
    try:
        yield psutil.Process(child.pid)
    finally:
        child.stop()


def show(wholes: dict[str, Whole], profiles: dict[str, Profile]) -> None:
    """The figures as a person reads them: a column for each load."""
    console = Console()
    if wholes:
        table = Table("through Kafka, exactly once", *wholes)
        for field in fields(Whole):
            table.add_row(field.name, *(f"{getattr(one, field.name):,.0f}" for one in wholes.values()))
        table.caption = f"{psutil.cpu_count()} cores, shared with Kafka"
        console.print(table)
    table = Table("in one process, without the engine", *profiles)
    for field in fields(Profile):
        if field.name != "stages":
            table.add_row(field.name, *(f"{getattr(one, field.name):,.0f}" for one in profiles.values()))
    for stage in dict.fromkeys(stage for one in profiles.values() for stage in one.stages):
        table.add_row(f"  {stage}, µs", *(f"{one.stages.get(stage, 0):,.1f}" for one in profiles.values()))
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
