"""A PostgreSQL and sinks on the stage: how far they are, and whether the tables are what one process would make.

The fold (streams.demo.sink) is written apart from the sink, keeps everything in memory and sees each record once.
"""

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import NamedTuple

import psycopg

from streams.demo.postgres import Postgres
from streams.demo.sink import tables
from streams.demo.sink.check import compare, ends
from streams.demo.sink.follow import wait_for
from streams.events import topics
from streams.kafka.reader import Decoded, Reader
from streams.ops.settings import Settings
from tests.chaos import disks
from tests.chaos.verify import Findings

DRAIN_S = 90.0
_SMALL = {"max_wal_size": "64MB", "min_wal_size": "32MB"}


class Drained(NamedTuple):
    """`records`: of all clean topics. `behind`: partitions that no sink had written to their end in time."""

    records: Sequence[Decoded]
    behind: int


class Database(NamedTuple):
    """`disk`: a small one that it has for itself, None without."""

    server: Postgres
    disk: Path | None


def database(stack: ExitStack, disk_mib: int) -> Database:
    """A server until `stack` ends; on a disk of its own where `disk_mib` is not 0."""
    if not disk_mib:
        return Database(stack.enter_context(Postgres()), None)
    disk = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="junction-chaos-")))
    disk.chmod(0o711)  # PostgreSQL's user passes through
    disks.mount(disk, disk_mib)
    stack.callback(disks.unmount, disk)
    return Database(stack.enter_context(Postgres(disk / "data", options=_SMALL)), disk)


def progress(settings: Settings) -> int:
    """Sum of the positions; -1 while there are none, or the database does not answer."""
    with suppress(psycopg.Error), psycopg.connect(settings.postgres_url.get_secret_value(), connect_timeout=2) as one:
        found = one.execute("SELECT coalesce(sum(next_offset), -1)::bigint FROM junction.sink_positions").fetchone()
        return int(found[0]) if found else -1
    return -1


def drained(settings: Settings) -> Drained:
    """Read the clean topics, and wait until their records are written. No worker may be at work."""
    with closing(Reader(settings, _names(settings), from_beginning=True)) as reader:
        records = list(reader.records())
    with psycopg.connect(settings.postgres_url.get_secret_value(), autocommit=True) as connection:
        return Drained(records, wait_for(connection, settings, ends(records), DRAIN_S, lambda: None))


def _names(settings: Settings) -> list[str]:
    return [f"{settings.topic_prefix}.{name}" for name in topics.clean_topics()]


def check(findings: Findings, settings: Settings, records: Sequence[Decoded]) -> None:
    """Add what is wrong with the tables: rows that are lost, stand twice, or hold another cell."""
    with psycopg.connect(settings.postgres_url.get_secret_value(), autocommit=True) as connection:
        found = compare(connection, settings, records)
        rejected = tables.rejects(connection, settings.postgres_schema)
    findings.checked["rows in PostgreSQL"] = found.checked
    counts = {"lost": found.lost + rejected, "repeated": found.repeated, "wrong": found.wrong + found.unexpected}
    for problem, n in counts.items():
        if n:
            findings.note(problem, "PostgreSQL", "; ".join(found.examples), n)
