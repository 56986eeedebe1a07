"""Doors that ask, beside a plain loop of aio-pika: from a full queue to acks=all and acknowledged.

    python -m benchmarks doors [--messages N] [--rounds N] [--only CONTESTANT ...] [--json]

Events of Junction's shape: summaries (1 kB, not packed, as Junction does below 1 KiB) and a hundred samples (12 kB,
gzip). The queue is filled first and has a quorum of one; then a door of its own process drains it. Broker, Kafka and
door share the machine's cores.

    per s      messages, from 10 % to 95 % of the queue
    CPU        seconds of the door for 100,000 messages
    others     cores busy with anything else: broker and Kafka, and whoever disturbs
    peak MiB   resident memory of the door at its highest
"""

import argparse
import itertools
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, fields
from pathlib import Path

from benchmarks import _command
from benchmarks._events import loads
from benchmarks.doors.contestants import Contestant, ours, plain
from benchmarks.doors.measure import DoorRow, Records, drained
from streams.demo.cluster import Cluster
from streams.events import identify, parse_type, topics
from streams.kafka import admin
from streams.ops.settings import Settings
from tests.chaos.doors.pipeline import Sending
from tests.chaos.doors.rabbit import RabbitPipeline

LOADS = ("summaries", "samples_100")
USERS = 200
NAMES = ("ours", "aio-pika")


def options() -> argparse.Namespace:
    """What to measure."""
    parser = _command.parser("doors", __doc__)
    parser.add_argument("--messages", type=int, default=30_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES, metavar="CONTESTANT", help=", ".join(NAMES))
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def events(name: str, count: int) -> Iterator[Sending]:
    """Events of a load, as a pipeline sends them."""
    for n, (_, body) in enumerate(itertools.islice(loads()[name].bodies(USERS), count)):
        found = identify(body)
        yield Sending(found.type.text, found.user_id, body, f"key-{n}")


def main(given: argparse.Namespace) -> int:
    """Exit code 0. Raises Misconfigured, Unavailable."""
    rows = []
    with tempfile.TemporaryDirectory() as folder, Cluster(registry=False) as cluster:
        for load in LOADS:
            sent = list(events(load, given.messages))
            for number in range(given.rounds):
                for name in given.only:
                    prefix = f"bench-{load}-{name}-{number}".replace("_", "-")
                    settings = Settings(
                        _env_file=None, bootstrap_servers=cluster.bootstrap_servers, topic_prefix=prefix,
                        group_id=prefix, partitions=4,
                    )  # fmt: skip
                    rows.append(_rabbitmq(settings, name, sent, Path(folder)))
                    print(rows[-1], file=sys.stderr)
    print(json.dumps([asdict(row) for row in rows]) if given.json else table(rows))
    return 0


def _rabbitmq(settings: Settings, name: str, sent: list[Sending], folder: Path) -> DoorRow:
    admin.apply(settings)
    topic = f"{settings.topic_prefix}.{topics.raw_topic(parse_type(sent[0].event_type))}"
    pipeline = RabbitPipeline()
    records = Records(settings, topic)
    try:
        left = sent
        while left:
            left = left[pipeline.publish(left) :]
        one: Contestant = (
            ours(settings, "rabbitmq", pipeline.env) if name == "ours" else plain(settings, topic, pipeline)
        )
        per_s, cpu, others, peak = drained(one, records, len(sent), folder)
        is_settled = pipeline.waiting() == 0
    finally:
        records.close()
        pipeline.close()
    body_bytes = sum(len(event.body) for event in sent) // len(sent)
    return DoorRow("rabbitmq", name, body_bytes, round(per_s), round(cpu, 1), round(others, 2), round(peak), is_settled)


def table(rows: list[DoorRow]) -> str:
    """Rows as text."""
    names = [field.name for field in fields(DoorRow)]
    lines = [names, *([str(getattr(row, name)) for name in names] for row in rows)]
    widths = [max(len(line[n]) for line in lines) for n in range(len(names))]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)


if __name__ == "__main__":
    given = options()
    sys.exit(_command.code_of(lambda: main(given)))
