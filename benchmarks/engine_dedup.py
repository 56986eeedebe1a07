"""The engine alone: 1,000,000 records of 100 bytes, half of them duplicates, deduplicated exactly once by one worker.

    python -m benchmarks.engine_dedup [--records N] [--bootstrap HOST:PORT]

Without `--bootstrap` an embedded Kafka is started; it shares the machine, so records/s is of both together. CPU seconds
are the worker's alone, from its first commit on. Exits with 1 when a record is lost or repeated.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psutil
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from streams import log, topics
from streams.draft import Draft
from streams.events import Record
from streams.settings import Settings

PARTITIONS = 4
TABLE = "seen"
VALUE = b"x" * 100


@dataclass
class Result:
    records: int
    seconds: float
    cpu_s: float
    rss_mib: float
    first_s: float
    lost: int
    repeated: int

    def __str__(self) -> str:
        return (
            f"{self.records / self.seconds:,.0f} records/s, {self.cpu_s / self.records * 1e6:.1f} CPU-s per million, "
            f"peak {self.rss_mib:.0f} MiB, first commit after {self.first_s:.1f} s, "
            f"lost {self.lost}, repeated {self.repeated}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--bootstrap", default="")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        return work()
    with ExitStack() as stack:
        bootstrap = arguments.bootstrap or _embedded(stack)
        state = stack.enter_context(tempfile.TemporaryDirectory(prefix="engine-dedup-"))
        name = f"bench{int(time.time())}"
        settings = Settings(
            _env_file=None, bootstrap_servers=bootstrap, topic_prefix=name, group_id=name, state_dir=Path(state)
        )
        result = measure(settings, arguments.records)
    print(result)
    raise SystemExit(1 if result.lost or result.repeated else 0)


def work() -> None:
    """The worker's process. Settings from the environment."""
    from streams.engine import app

    settings = Settings(_env_file=None)
    log.configure("WARNING", as_json=True)
    out = f"{settings.topic_prefix}.out"

    def dedup(record: Record, draft: Draft) -> None:
        key = record.key or b""
        if draft.get(TABLE, key) is None:
            draft.put(TABLE, key, b"%d" % record.offset)
            draft.emit(out, key, record.value)

    app.run(settings, app.Plan({f"{settings.topic_prefix}.in": dedup}, [TABLE]))


def measure(settings: Settings, records: int) -> Result:
    """Feed, work, count."""
    source, out = f"{settings.topic_prefix}.in", f"{settings.topic_prefix}.out"
    _create(settings, [source, out], {})
    _create(settings, [topics.changelog(settings.group_id, TABLE)], {"cleanup.policy": "compact"})
    _feed(settings, source, records)
    environment = {
        **os.environ,
        "STREAMS_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "STREAMS_GROUP_ID": settings.group_id,
        "STREAMS_TOPIC_PREFIX": settings.topic_prefix,
        "STREAMS_STATE_DIR": str(settings.state_dir),
    }
    started = time.monotonic()
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.engine_dedup", "--worker"], env=environment)
    try:
        result = _watch(settings, source, records, psutil.Process(process.pid), started)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    keys = _keys(settings, out)
    result.lost, result.repeated = records // 2 - len(set(keys)), len(keys) - len(set(keys))
    return result


def _watch(settings: Settings, source: str, records: int, process: psutil.Process, started: float) -> Result:
    consumer = Consumer(settings.librdkafka | {"group.id": settings.group_id, "isolation.level": "read_committed"})
    parts = [TopicPartition(source, partition) for partition in range(PARTITIONS)]
    first: tuple[float, int, float] | None = None
    rss = 0
    while True:
        done = sum(max(0, p.offset) for p in consumer.committed(parts, timeout=20))
        now, cpu_s = time.monotonic(), sum(process.cpu_times()[:2])
        rss = max(rss, process.memory_info().rss)
        if done and first is None:
            first = (now, done, cpu_s)
        if done >= records and first:
            consumer.close()
            after = records - first[1]
            share = records / after if after else 1.0  # the first commit's records came before the clock
            return Result(
                records, (now - first[0]) * share, (cpu_s - first[2]) * share, rss / 2**20, first[0] - started, 0, 0
            )
        time.sleep(0.02)


def _embedded(stack: ExitStack) -> str:
    from streams.embedded import Cluster

    return stack.enter_context(Cluster()).bootstrap_servers


def _create(settings: Settings, names: list[str], config: dict[str, str]) -> None:
    admin = AdminClient(settings.librdkafka)
    for future in admin.create_topics([NewTopic(name, PARTITIONS, 1, config=config) for name in names]).values():
        future.result()


def _feed(settings: Settings, topic: str, records: int) -> None:
    producer = Producer(
        settings.librdkafka
        | {"linger.ms": 50, "batch.size": 1_000_000, "batch.num.messages": 100_000, "partitioner": "murmur2_random"}
    )
    for i in range(records):
        producer.produce(topic, VALUE, b"key-%d" % (i * 7919 % (records // 2)))
        if not i % 2_000:
            producer.poll(0)
        if not i % 50_000:
            producer.flush()
    producer.flush()


def _keys(settings: Settings, topic: str) -> list[bytes]:
    conf = {"group.id": "reader", "isolation.level": "read_committed", "enable.partition.eof": True}
    consumer = Consumer(settings.librdkafka | conf)
    left = set(range(PARTITIONS))
    consumer.assign([TopicPartition(topic, partition, 0) for partition in left])
    keys = []
    while left:
        for message in consumer.consume(10_000, 0.5):
            if message.error():
                left.discard(message.partition())
            else:
                keys.append(message.key())
    consumer.close()
    return keys


if __name__ == "__main__":
    main()
