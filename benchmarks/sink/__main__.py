"""Clean topics into PostgreSQL: our sink beside Debezium's JDBC sink on Kafka Connect, its UNNEST off and on.

    python -m benchmarks sink [--only CONTESTANT ...] [--topics TOPIC ...] [--rounds N] [--json]

heartrate: samples, 100 a record; Debezium unnests none, so it gets the same ones from a topic with one a record, of
nine plain columns, into one wide table. sleep: nights of 60 columns, from the same topic. Each contestant is a process
of its own that reads a full topic of four partitions into an empty database, from its first rows to its last; they take
turns within each round. Kafka, PostgreSQL and the connector share the machine's cores. PostgreSQL writes to disk what
it says is committed.

    rows/s       in that time
    connector    CPU seconds of the process for a million rows
    postgres     the same of PostgreSQL, all its processes
    peak MiB     resident memory of the connector at its highest
    start        CPU seconds of the connector before its first row
    bytes        of the table and its indexes, a row
    others       cores busy with anything else: Kafka, and whoever disturbs
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, fields
from functools import partial
from pathlib import Path

from benchmarks import _command
from benchmarks.sink import contestants, data
from benchmarks.sink.contestants import Contestant
from benchmarks.sink.measure import Row, measure
from streams.demo.cluster import Cluster
from streams.demo.postgres import Postgres
from streams.ops.settings import Settings

NAMES = ("ours", "before", "debezium", "debezium_unnest")
TOPICS = (data.SAMPLES, data.NIGHTS)


def options() -> argparse.Namespace:
    """What to measure."""
    parser = _command.parser("sink", __doc__)
    parser.add_argument("--only", nargs="+", choices=NAMES, metavar="CONTESTANT", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--topics", nargs="+", choices=TOPICS, default=TOPICS)
    parser.add_argument("--samples", type=int, default=1_000_000)
    parser.add_argument("--nights", type=int, default=150_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--heap", type=int, default=192, metavar="MIB", help="of Kafka Connect's Java")
    parser.add_argument("--batch", type=int, default=2_000, help="Debezium's batch.size, and records of a poll")
    parser.add_argument("--before", type=Path, metavar="CHECKOUT", help="another checkout's sink, too")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def main(given: argparse.Namespace) -> int:
    """Exit code 0. Raises Misconfigured, Unavailable."""
    counts = {data.SAMPLES: given.samples, data.NIGHTS: given.nights}
    with (
        tempfile.TemporaryDirectory() as folder,
        Cluster() as cluster,
        Postgres(options={"fsync": "on"}) as server,
    ):
        settings = Settings(
            bootstrap_servers=cluster.bootstrap_servers, registry_url=cluster.registry_url,
            topic_prefix="bench", group_id="bench", partitions=data.PARTITIONS,
        )  # fmt: skip
        data.fill(settings, *(counts[topic] if topic in given.topics else 0 for topic in TOPICS))
        found = []
        for number in range(given.rounds):
            for one in (one for topic in given.topics for one in _all(given, topic)):
                at = Path(folder) / f"{one.name}-{one.topic}-{number}"
                found.append(_said(measure(one, settings, server, at, counts[one.topic])))
    print(json.dumps([asdict(row) for row in found]) if given.json else table(found))
    return 0


def _all(given: argparse.Namespace, topic: str) -> list[Contestant]:
    of_debezium = partial(contestants.debezium, topic, heap_mib=given.heap, batch=given.batch)
    every = [contestants.ours(topic), of_debezium(unnest=False), of_debezium(unnest=True)]
    every += [contestants.ours(topic, given.before)] if given.before else []
    return [one for one in every if one.name in (given.only or NAMES)]


def _said(row: Row) -> Row:
    print(_line(row), file=sys.stderr, flush=True)
    return row


def table(rows: Sequence[Row]) -> str:
    """A table that a Markdown page takes."""
    names = [field.name for field in fields(Row)]
    lines = [" | ".join(names), " | ".join(["---", "---", *["---:"] * (len(names) - 2)])]
    return "\n".join(f"| {line} |" for line in (*lines, *map(_line, rows)))


def _line(row: Row) -> str:
    return " | ".join(_cell(value) for value in asdict(row).values())


def _cell(value: str | float) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,.1f}" if value < 1_000 else f"{value:,.0f}"


if __name__ == "__main__":
    sys.exit(_command.code_of(partial(main, options())))
