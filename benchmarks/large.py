"""Events of 16 MiB among small ones: how long the others wait, how large the records are, and the worker's memory.

    python -m benchmarks large [--giants N] [--every S] [--json]

Small events of many users come at a steady rate, and every few seconds one user's event of 16 MiB (about 148,000
samples). Waiting is the time from the small event's arrival in Kafka until its clean record can be read as committed;
the same is measured before the giants begin. Exits with 1 if a record is missing, or out of order.
"""

import argparse
import json
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
from confluent_kafka import Consumer, Producer, TopicPartition

from benchmarks._events import PARTITIONS, Raw, giant, loads, records
from benchmarks.path import cpu_s, worker
from streams.demo.cluster import Cluster
from streams.events.headers import H_ID
from streams.kafka import admin, codec, registry
from streams.kafka.login.librdkafka import for_librdkafka
from streams.ops.settings import Settings

SMALL_PER_S = 50
CALM_S = 10.0
SMALL, GIANT = "glucose", "heartrate"


@dataclass(frozen=True)
class Result:
    """Milliseconds that small events waited, without and with giants among them."""

    small_events: int
    giants: int
    samples_of_a_giant: int
    calm_p50_ms: float
    calm_max_ms: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    cpu_s_of_a_giant: float
    records_of_a_giant: int
    largest_record_kb: float
    worker_rss_mb: float
    missing: int
    disordered: int


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--giants", type=int, default=10)
    parser.add_argument("--every", type=float, default=3.0, metavar="S", help="seconds between them")
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
        with worker(settings, Path(folder) / "worker.log") as process:
            result = measure(settings, process, options.giants, options.every)
    if options.json:
        print(json.dumps(asdict(result)))
    else:
        for name, value in asdict(result).items():
            print(f"{name:<22} {value:>12,.1f}")
    return int(bool(result.missing or result.disordered))


def measure(settings: Settings, process: psutil.Process, giants: int, every_s: float) -> Result:
    """Send, read what comes out, compare."""
    seen = Seen(settings)
    reader = threading.Thread(target=seen.read, daemon=True)
    reader.start()
    producer = Producer(
        for_librdkafka(settings) | {"linger.ms": 1, "message.max.bytes": 20 << 20, "compression.type": "lz4"}
    )
    small = records(loads()["samples_1"], 1_000_000, users=200, duplicates=0, prefix=settings.topic_prefix)
    seen.first(lambda: send(producer, small, 0.1))
    rss, began_s, began_cpu_s = process.memory_info().rss, time.monotonic(), cpu_s(process)
    sent = send(producer, small, CALM_S)
    calm, calm_rate = set(sent), (cpu_s(process) - began_cpu_s) / (time.monotonic() - began_s)
    began_s, began_cpu_s = time.monotonic(), cpu_s(process)
    samples, giant_s = 0, 0.0
    for number in range(giants):
        samples, record = giant(number, settings.topic_prefix)
        _produce(producer, record)
        giant_s = time.monotonic() + every_s
        while time.monotonic() < giant_s:
            sent.update(send(producer, small, 0.2))
            rss = max(rss, process.memory_info().rss)
    producer.flush()
    missing = seen.wait(set(sent), giants * samples)
    giant_cpu_s = (cpu_s(process) - began_cpu_s - calm_rate * (time.monotonic() - began_s)) / giants
    waited = {key: 1000 * (seen.at[key] - sent_at) for key, sent_at in sent.items() if key in seen.at}
    before, during = (sorted(ms for key, ms in waited.items() if (key in calm) is is_calm) for is_calm in (True, False))
    return Result(
        len(sent), giants, samples,
        *(round(ms, 1) for ms in (_at(before, 0.5), before[-1], _at(during, 0.5), _at(during, 0.99), during[-1])),
        round(giant_cpu_s, 2), seen.records // giants, round(seen.largest / 1e3, 1), round(rss / 1e6, 1),
        missing, seen.disordered,
    )  # fmt: skip


def _at(ordered: list[float], q: float) -> float:
    return ordered[min(int(q * len(ordered)), len(ordered) - 1)]


def send(producer: Producer, small: Iterator[Raw], seconds: float) -> dict[bytes, float]:
    """Small events at a steady rate; delivery id → when."""
    sent = {}
    for _ in range(int(seconds * SMALL_PER_S)):
        record = next(small)
        sent[dict(record.headers)[H_ID]] = time.monotonic()
        _produce(producer, record)
        time.sleep(1 / SMALL_PER_S)
    return sent


def _produce(producer: Producer, record: Raw) -> None:
    producer.produce(record.topic, record.value, record.key, partition=record.partition, headers=record.headers)
    producer.poll(0)


class Seen:
    """What can be read as committed from the clean topics of both kinds of events."""

    def __init__(self, settings: Settings) -> None:
        conf = {"group.id": "large", "isolation.level": "read_committed", "fetch.message.max.bytes": 20 << 20}
        self._consumer = Consumer(for_librdkafka(settings) | conf)
        names = [f"{settings.topic_prefix}.{name}" for name in (SMALL, GIANT)]
        self._consumer.assign([TopicPartition(name, p, 0) for name in names for p in range(PARTITIONS)])
        self.at: dict[bytes, float] = {}
        self.samples = self.records = self.largest = self.disordered = 0
        self._last: dict[str, int] = defaultdict(int)

    def read(self) -> None:
        while True:
            for message in self._consumer.consume(500, 0.05):
                if not message.error():
                    self._note(message.topic(), message.value(), time.monotonic())

    def _note(self, topic: str, value: bytes, at_s: float) -> None:
        record = codec.decode(value, codec.parsed("Samples"))
        if topic.endswith(SMALL):
            self.at.setdefault(record["delivery"]["id"].encode(), at_s)
            return
        id = record["user_id"]
        self.records, self.samples = self.records + 1, self.samples + len(record["values"])
        self.largest = max(self.largest, len(value))
        self.disordered += record["part"] != self._last[id] + 1
        self._last[id] = record["part"]

    def first(self, send_some: Callable[[], object]) -> None:
        """Return when the worker works."""
        while not self.at:
            send_some()
            time.sleep(0.5)
        time.sleep(3)  # what was sent before the start is through by then

    def wait(self, ids: set[bytes], samples: int, patience_s: float = 60) -> int:
        """How many ids or samples are missing in the end."""
        until = time.monotonic() + patience_s
        while time.monotonic() < until and (ids - self.at.keys() or self.samples < samples):
            time.sleep(0.1)
        return len(ids - self.at.keys()) + samples - self.samples


if __name__ == "__main__":
    sys.exit(main())
