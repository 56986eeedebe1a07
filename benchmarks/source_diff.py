"""Two doors compared: seconds, CPU and memory of `source diff` on one core, with a million events a side.

    python -m benchmarks source_diff [--events N] [--users N] [--lost N] [--json]

The same summaries (about 1 kB) are written to the raw topics as a webhook and as a pipeline would have brought them;
some are lost on each way. Once with equal bytes; once with every body of the pipeline written otherwise, so that all
are read again and compared in one form. The command runs in a process of its own, on one core; Kafka has the others.
"""

import argparse
import json
import os
import random
import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from confluent_kafka import Producer

from benchmarks import _command
from benchmarks._events import loads
from streams.demo.cluster import Cluster
from streams.doors.compare import DiffOrder, diff
from streams.doors.judging import Presence
from streams.doors.kafka_log import KafkaRawLog
from streams.events import DoorName, topics
from streams.events.headers import Delivery, cloud_headers
from streams.events.identity import identify
from streams.events.partitions import partition_for
from streams.events.record_keys import raw_key
from streams.events.times import HOUR_MS, rfc3339
from streams.kafka import admin
from streams.kafka.login.librdkafka import for_librdkafka
from streams.ops.settings import Settings

PARTITIONS, BASES = 4, 100
DAY_MS = 24 * HOUR_MS


@dataclass(frozen=True)
class Result:
    """`mb`: the most that the process held."""

    bodies: str
    events: int
    records: int
    seconds: float
    cpu_s: float
    mb: float
    both: int
    missing: int


def main() -> int:
    """Exit code 1 when another number of events is missing than were lost."""
    parser = _command.parser("source_diff", __doc__)
    parser.add_argument("--events", type=int, default=1_000_000, help="a side")
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--lost", type=int, default=100, help="on each of the two ways")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(_measure(Settings.model_validate_json(options.child))))
        return 0
    return _command.code_of(lambda: _all(options))


def _all(options: argparse.Namespace) -> int:
    wrong = 0
    for bodies in ("equal", "written otherwise"):
        with Cluster(partitions=PARTITIONS, registry=False) as cluster:
            settings = Settings(
                _env_file=None, bootstrap_servers=cluster.bootstrap_servers, partitions=PARTITIONS, group_id="bench"
            )
            admin.apply(settings)
            n = _feed(settings, options, is_rewritten=bodies != "equal")
            result = Result(bodies, options.events, n, **_child(settings))
        print(json.dumps(asdict(result)) if options.json else _line(result), flush=True)
        wrong += result.missing != options.lost or result.both != options.events - 2 * options.lost
    return int(wrong > 0)


def _child(settings: Settings) -> dict[str, Any]:
    what = settings.model_dump_json(include={"bootstrap_servers", "partitions", "group_id"})
    command = [sys.executable, "-m", "benchmarks.source_diff", "--child", what]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _measure(settings: Settings) -> dict[str, Any]:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    began_s, now_ms = time.monotonic(), int(time.time() * 1000)
    order = DiffOrder(now_ms - DAY_MS, now_ms, 0, DoorName.PUBSUB, 20)
    found = diff(KafkaRawLog(settings, lambda words: None), order)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "seconds": time.monotonic() - began_s,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "mb": _most_mb(),
        "both": found.report.both,
        "missing": found.report.kept_lacks[Presence.MISSING],
    }


def _most_mb() -> float:
    """The most that this process held; `ru_maxrss` begins with what its parent had."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024  # type: ignore[index]  # because Linux always tells


def _feed(settings: Settings, options: argparse.Namespace, *, is_rewritten: bool) -> int:
    """Both sides, some of each lost; the pipeline half a second behind. How many records that are."""
    chance = random.Random(1)
    lost = chance.sample(range(options.events), 2 * options.lost)
    not_webhook, not_pipeline = set(lost[: options.lost]), set(lost[options.lost :])
    producer = Producer(for_librdkafka(settings) | {"linger.ms": 50, "compression.type": settings.compression})
    for n, (topic, partition, key, body, headers) in enumerate(_events(settings, options)):
        if n not in not_webhook:
            _send(producer, topic, partition, key, body, headers["webhook"])
        if n not in not_pipeline:
            _send(producer, topic, partition, key, _rewritten(body) if is_rewritten else body, headers["pubsub"])
    producer.flush()
    return 2 * options.events - 2 * options.lost


def _rewritten(body: bytes) -> bytes:
    """The same JSON in other bytes; no text of these bodies has a colon before a quote."""
    return body.replace(b'":', b'": ')


def _send(producer: Producer, topic: str, partition: int, key: bytes, body: bytes, headers: Any) -> None:
    while True:
        try:
            producer.produce(topic, body, key, partition, headers=headers)
            producer.poll(0)
            return
        except BufferError:
            producer.poll(0.1)


def _events(
    settings: Settings, options: argparse.Namespace
) -> Iterator[tuple[str, int, bytes, bytes, dict[str, list[tuple[str, bytes]]]]]:
    """Each event once: bodies of simulated summaries, told of one user after the other, each time newer."""
    bases = [body for _, body in islice(loads()["summaries"].bodies(100), BASES)]
    known = [identify(body) for body in bases]
    ids = [str(uuid5(NAMESPACE_URL, f"diff/{user}")) for user in range(options.users)]
    began_ms = int(time.time() * 1000) - DAY_MS + HOUR_MS
    for n in range(options.events):
        base, user = n % BASES, ids[n // BASES % options.users]
        # A few more bytes make events of one user differ.
        body = bases[base].replace(known[base].user_id.encode(), user.encode())[:-1] + b',"n":%d}' % n
        identity = identify(body)
        at_ms = began_ms + n * 20 * HOUR_MS // options.events
        headers = {
            door: cloud_headers(
                identity, Delivery(f"{door}-{n}", door, "bench", rfc3339(at_ms), rfc3339(at_ms + late_ms))
            )
            for door, late_ms in (("webhook", 200), ("pubsub", 700))
        }
        topic = f"{settings.topic_prefix}.{topics.raw_topic(identity.type)}"
        yield topic, partition_for(identity.owner_id, PARTITIONS), raw_key(identity), body, headers


def _line(result: Result) -> str:
    return (
        f"{result.events:,} events a side, bodies {result.bodies}: {result.seconds:.1f} s, {result.cpu_s:.1f} s CPU, "
        f"{result.mb:.0f} MB; {result.both:,} by both, {result.missing:,} missing"
    )


if __name__ == "__main__":
    sys.exit(main())
