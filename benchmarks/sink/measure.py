"""One contestant writes one topic into an empty database: what that took, from its first rows to its last."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg
from psycopg.sql import SQL, Identifier

from benchmarks import _processes
from benchmarks.sink import data
from benchmarks.sink.contestants import Contestant
from streams.demo.postgres import Postgres
from streams.ops.errors import Unavailable
from streams.ops.settings import Settings

LOOK_S = 0.1
PATIENCE_S = 180.0
MIB = 2**20

Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True)
class Row:
    """`rows`: those written in `seconds`. CPU of the connector and of PostgreSQL in that time, for a million rows.
    `start_cpu_s`: of the connector before. `bytes_per_row`: table and indexes. `others`: cores busy with anything but
    these two: Kafka, and whoever disturbs."""

    contestant: str
    topic: str
    rows: int
    seconds: float
    rows_per_s: float
    connector_cpu_s: float
    postgres_cpu_s: float
    peak_mib: float
    start_cpu_s: float
    bytes_per_row: float
    others: float


@dataclass(frozen=True)
class _Moment:
    at: float
    connector: float
    postgres: float
    machine: float
    rows: int


def measure(contestant: Contestant, settings: Settings, server: Postgres, folder: Path, rows: int) -> Row:
    """Raises Unavailable when it does not come to an end, or writes more or less than there is."""
    database = _database(server.url.get_secret_value(), folder.name)
    last = data.last(contestant.topic, rows)
    folder.mkdir()
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        with contestant.run(settings, database, folder) as child:
            looker = _Looker(contestant, settings, connection, (child.pid, server.pid))
            looker.until(child, lambda: looker.count() > 0)
            first = looker.moment()
            _processes.forget_peaks(_processes.family(child.pid))
            looker.until(child, lambda: looker.has(last))
            end = looker.moment()
            peak = _processes.peak_bytes(_processes.family(child.pid))
        if end.rows != rows:
            raise Unavailable(f"{contestant.name} wrote {end.rows} rows of {rows}")
        return _row(contestant, first, end, peak, looker.bytes() / rows)


def _database(url: str, name: str) -> str:
    """A new one's URL."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    return f"{url.rpartition('/')[0]}/{name}"


def _row(contestant: Contestant, first: _Moment, end: _Moment, peak: int, size: float) -> Row:
    rows, seconds = end.rows - first.rows, end.at - first.at
    connector, server = end.connector - first.connector, end.postgres - first.postgres
    others = (end.machine - first.machine - connector - server) / seconds
    million = max(1, rows) / 1e6  # a run so short that all came at once says nothing
    return Row(
        contestant.name, contestant.topic, rows, seconds, rows / seconds, connector / million, server / million,
        peak / MIB, first.connector, size, others,
    )  # fmt: skip


class _Looker:
    """Looks into the database without costing much, and at the processes."""

    def __init__(
        self, contestant: Contestant, settings: Settings, connection: Connection, pids: tuple[int, int]
    ) -> None:
        self._connection, self._pid, server = connection, *pids
        self._table = contestant.table.format(prefix=settings.topic_prefix)
        self._find = contestant.find.format(prefix=settings.topic_prefix)
        self._postgres = psutil.Process(server)

    def until(self, child: Any, is_done: Any) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not is_done():
            if not child.running() or time.monotonic() > deadline:
                raise Unavailable(f"a sink has not written all: {child.last_words()}")
            time.sleep(LOOK_S)

    def count(self) -> int:
        found = self._one("SELECT to_regclass(%(table)s)::text", table=self._table)
        return self._one(f"SELECT count(*) FROM {self._table}") if found else 0

    def has(self, last: Sequence[tuple[str, Any]]) -> bool:
        return all(self._one(self._find, user=user, row=row) for user, row in last)

    def bytes(self) -> int:
        """Of the table, with those that hold its months."""
        tree = "SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree(%(table)s::regclass)"
        whole = "SELECT pg_total_relation_size(%(table)s::regclass)"
        return int(self._one(tree, table=self._table) or self._one(whole, table=self._table))

    def moment(self) -> _Moment:
        connector = _processes.cpu_s(_processes.family(self._pid))
        found = (time.monotonic(), connector, self._server_s(), _processes.machine_cpu_s())  # before rows are counted
        return _Moment(*found, self.count())

    def _server_s(self) -> float:
        """Of those that have ended, too."""
        parent = self._postgres.cpu_times()
        ended = float(parent.children_user + parent.children_system)
        return ended + _processes.cpu_s([self._postgres, *self._postgres.children()])

    def _one(self, query: str, **values: Any) -> Any:
        return (self._connection.execute(query.encode(), values or None).fetchone() or (None,))[0]
