"""Doors that ask, beside a plain loop of aio-pika: from a full queue to acks=all and acknowledged.

    python -m benchmarks doors [--door NAME ...] [--messages N] [--rounds N] [--ordered] [--json]

Events of Junction's shape: summaries (1 kB, not packed, as Junction does below 1 KiB) and a hundred samples (12 kB,
gzip). The queue is filled first and has a quorum of one; then a door of its own process drains it. Broker, Kafka and
door share the machine's cores.

    per s      messages, from 10 % to 95 % of the queue
    CPU        seconds of the door for 100,000 messages
    others     cores busy with anything else: broker and Kafka, and whoever disturbs
    peak MiB   resident memory of the door at its highest
    waiting    messages that were not acknowledged at the end, where that can be asked

Pub/Sub is Google's fake, on the same cores, and Event Hubs a look-alike: what they say of Google and Azure is only what
our side costs. `--ordered`: Pub/Sub hands out one message of a user at a time, and the fake waits half a second where
it has none.
"""

import argparse
import itertools
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, fields
from functools import partial
from pathlib import Path
from typing import NamedTuple

from benchmarks import _command
from benchmarks._events import loads
from benchmarks.doors.contestants import ours, plain
from benchmarks.doors.measure import DoorRow, Records, drained
from streams.demo.cluster import Cluster
from streams.events import identify, parse_type, topics
from streams.kafka import admin
from streams.ops.settings import Settings
from tests.chaos.doors.azure import HubsPipeline
from tests.chaos.doors.google import PubSubPipeline
from tests.chaos.doors.pipeline import Pipeline, Sending
from tests.chaos.doors.rabbit import RabbitPipeline

LOADS = ("summaries", "samples_100")
USERS = 200
ORDERED_USERS = (10, 100, 1000)
DOORS = ("rabbitmq", "pubsub", "eventhubs")


def options() -> argparse.Namespace:
    """What to measure."""
    parser = _command.parser("doors", __doc__)
    parser.add_argument("--door", nargs="+", choices=DOORS, default=DOORS, help=", ".join(DOORS))
    parser.add_argument("--messages", type=int, default=30_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--ordered", action="store_true", help="Pub/Sub with ordering, by the number of users")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def main(given: argparse.Namespace) -> int:
    """Exit code 0. Raises Misconfigured, Unavailable."""
    rows = []
    with tempfile.TemporaryDirectory() as folder, Cluster(registry=False) as cluster:
        for n, trial in enumerate(_trials(given)):
            settings = Settings(
                _env_file=None, bootstrap_servers=cluster.bootstrap_servers, topic_prefix=f"bench{n}",
                group_id=f"bench{n}", partitions=4,
            )  # fmt: skip
            rows.append(_measured(settings, trial, Path(folder)))
            print(rows[-1], file=sys.stderr)
    print(json.dumps([asdict(row) for row in rows]) if given.json else table(rows))
    return 0


class Trial(NamedTuple):
    """`contestant`: "ours", "aio-pika", or ours with ordering."""

    door: str
    contestant: str
    pipeline: Callable[[], Pipeline]
    sent: list[Sending]


def _trials(given: argparse.Namespace) -> Iterator[Trial]:
    """They take turns, in rounds."""
    for load, _ in itertools.product(LOADS, range(given.rounds)):
        sent = list(events(load, given.messages, USERS))
        if "rabbitmq" in given.door:
            yield Trial("rabbitmq", "ours", RabbitPipeline, sent)
            yield Trial("rabbitmq", "aio-pika", RabbitPipeline, sent)
        if "pubsub" in given.door:
            yield Trial("pubsub", "ours", partial(PubSubPipeline, is_ordered=False), sent)
        if "eventhubs" in given.door:
            yield Trial("eventhubs", "ours", HubsPipeline, sent)
    for users in ORDERED_USERS if given.ordered else ():
        sent = list(events(LOADS[0], min(given.messages, users * 20), users))
        yield Trial("pubsub", f"ours, in order, {users} users", PubSubPipeline, sent)


def events(name: str, count: int, users: int) -> Iterator[Sending]:
    """Events of a load, as a pipeline sends them."""
    for n, (_, body) in enumerate(itertools.islice(loads()[name].bodies(users), count)):
        found = identify(body)
        yield Sending(found.type.text, found.user_id, body, f"key-{n}")


def _measured(settings: Settings, trial: Trial, folder: Path) -> DoorRow:
    admin.apply(settings)
    topic = f"{settings.topic_prefix}.{topics.raw_topic(parse_type(trial.sent[0].event_type))}"
    pipeline, records = trial.pipeline(), Records(settings, topic)
    try:
        left = trial.sent
        while left:
            left = left[pipeline.publish(left) :]
        one = ours(settings, pipeline)
        if isinstance(pipeline, RabbitPipeline) and trial.contestant == "aio-pika":
            one = plain(settings, topic, pipeline)
        per_s, cpu, others, peak = drained(one, records, len(trial.sent), folder)
        waiting = pipeline.waiting()
    finally:
        records.close()
        pipeline.close()
    body_bytes = sum(len(event.body) for event in trial.sent) // len(trial.sent)
    figures = (round(per_s), round(cpu, 1), round(others, 2), round(peak), max(waiting, 0))
    return DoorRow(trial.door, trial.contestant, body_bytes, *figures)


def table(rows: list[DoorRow]) -> str:
    """Rows as text."""
    names = [field.name for field in fields(DoorRow)]
    lines = [names, *([str(getattr(row, name)) for name in names] for row in rows)]
    widths = [max(len(line[n]) for line in lines) for n in range(len(names))]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)


if __name__ == "__main__":
    given = options()
    sys.exit(_command.code_of(lambda: main(given)))
