"""The worker's whole path: stored events to deduplicated Avro records, exactly once, with what is waiting at the start.

    python -m benchmarks worker [--users N] [--days N] [--json]

Simulated events with 20 % duplicates are written to the raw topics before the worker starts, so the figure is that of a
worker with a backlog. CPU seconds and memory are the worker's alone; Kafka shares the machine.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil
from confluent_kafka import Producer

from streams.demo.cluster import Cluster
from streams.demo.cluster.supervise import Child
from streams.events import topics
from streams.events.headers import Delivery, cloud_headers
from streams.events.identity import identify
from streams.events.partitions import partition_for
from streams.events.record_keys import raw_key
from streams.kafka import admin, registry
from streams.kafka.lag import Lag
from streams.kafka.login.librdkafka import for_librdkafka
from streams.ops.errors import Unavailable
from streams.ops.settings import Settings
from streams.simulator.delivery.schedule import Faults, schedule
from streams.simulator.world.world import World

PARTITIONS = 4
METRICS_PORT = 19464


@dataclass(frozen=True)
class Result:
    """`seconds` from the first commit seen to the last record; `start_s` from the start to that first commit."""

    events: int
    samples_and_summaries: int
    seconds: float
    events_per_s: float
    entities_per_s: float
    cpu_s_per_1000_events: float
    rss_mb: float
    start_s: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=60)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with Cluster(partitions=PARTITIONS) as cluster, tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            _env_file=None,
            bootstrap_servers=cluster.bootstrap_servers,
            registry_url=cluster.registry_url,
            partitions=PARTITIONS,
            state_dir=Path(folder) / "state",
        )
        admin.apply(settings)
        registry.register(settings)
        events = feed(settings, World(1, options.users, options.days, end_ms=int(time.time() * 1000)))
        result = measure(settings, events, Path(folder) / "worker.log")
    if options.json:
        print(json.dumps(asdict(result)))
    else:
        for name, value in asdict(result).items():
            print(f"{name:<22} {value:>12,.1f}")
    return 0


def feed(settings: Settings, world: World) -> int:
    """Write the deliveries of a world as the gateway does; returns how many."""
    producer = Producer(for_librdkafka(settings) | {"compression.type": "lz4", "linger.ms": 20})
    count = 0
    for attempt in schedule(world.events(), Faults(seed=1, duplicates=0.2)):
        count += 1
        event = attempt.event
        identity = identify(event.body)
        stamp = datetime.fromtimestamp(event.created_at_ms / 1000, UTC).isoformat(timespec="milliseconds")
        delivery = Delivery(event.message_id, "webhook", "bench", stamp, stamp)
        producer.produce(
            f"{settings.topic_prefix}.{topics.raw_topic(identity.type)}",
            event.body,
            raw_key(identity),
            partition=partition_for(identity.owner_id, PARTITIONS),
            headers=cloud_headers(identity, delivery),
        )
        producer.poll(0)
    producer.flush()
    return count


def measure(settings: Settings, events: int, log: Path) -> Result:
    """Start a worker and wait until it has committed everything."""
    lag = Lag(settings, [f"{settings.topic_prefix}.{name}" for name in topics.RAW])
    started_s = time.monotonic()
    with _worker(settings, log) as process:
        while (waiting := _records(lag, events)) == events:
            time.sleep(0.02)
        first_s, first_cpu_s, done = time.monotonic(), sum(process.cpu_times()[:2]), events - waiting
        while _records(lag, events):
            time.sleep(0.02)
        seconds, cpu_s = time.monotonic() - first_s, sum(process.cpu_times()[:2]) - first_cpu_s
        rss_mb = process.memory_info().rss / 1e6
        entities = _entities(settings)
    lag.close()
    measured = events - done
    share = measured / events
    return Result(
        events,
        entities,
        seconds,
        measured / seconds,
        entities * share / seconds,
        cpu_s / measured * 1000,
        rss_mb,
        first_s - started_s,
    )


def _records(lag: Lag, unknown: int) -> int:
    try:
        return lag.records()
    except Unavailable:  # the group's coordinator is still loading
        return unknown


@contextmanager
def _worker(settings: Settings, log: Path) -> Iterator[psutil.Process]:
    env = {
        **os.environ,
        "STREAMS_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "STREAMS_REGISTRY_URL": settings.registry_url,
        "STREAMS_PARTITIONS": str(settings.partitions),
        "STREAMS_STATE_DIR": str(settings.state_dir),
        "STREAMS_METRICS_PORT": str(METRICS_PORT),
    }
    child = Child([sys.executable, "-m", "streams.cli", "worker"], log, env=env)
    try:
        yield psutil.Process(child.pid)
    finally:
        child.stop()


def _entities(settings: Settings) -> int:
    """Summaries, samples and the rest that got a verdict, from the worker's own count."""
    from streams.demo.watch import verdicts

    table = verdicts(f"http://127.0.0.1:{METRICS_PORT}/metrics")
    return sum(sum(row.values()) for row in table.values())


if __name__ == "__main__":
    sys.exit(main())
