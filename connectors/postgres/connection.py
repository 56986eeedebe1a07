"""The one connection of a process, opened when it is needed and again after it broke."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg import adapt, pq

from connectors.postgres.failures import meant, not_connected
from connectors.postgres.tables.binary import Binary
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings

CONNECT_S = 10
VERSION_MIN = 150_000  # UNIQUE NULLS NOT DISTINCT
# What runs long is a bug or a lock: a sink that waits for ever shows nothing.
STATEMENT_MS, IDLE_MS = 300_000, 60_000


class _AsItIs(adapt.Dumper):
    format = pq.Format.BINARY

    def dump(self, obj: Any) -> Any:
        return obj


class Connection:
    """Raises our errors alone: Unavailable, Misconfigured."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.postgres_url.get_secret_value()
        if not self._url:
            raise Misconfigured("no PostgreSQL: set STREAMS_POSTGRES_URL to postgresql://user:password@host/database")
        self._open: psycopg.Connection[tuple[Any, ...]] | None = None

    @contextmanager
    def transaction(self, what: str) -> Iterator[psycopg.Cursor[tuple[Any, ...]]]:
        """A transaction, committed at the end of the block. `what`: for the sentence of an error."""
        try:
            connection = self._connection()
            with connection.transaction(), connection.cursor() as cursor:
                yield cursor
        except psycopg.Error as error:
            raise meant(error, what) from None

    @contextmanager
    def outside(self, what: str) -> Iterator[psycopg.Cursor[tuple[Any, ...]]]:
        """For statements that may not stand in a transaction. `what`: for the sentence of an error."""
        try:
            with self._connection().cursor() as cursor:
                yield cursor
        except psycopg.Error as error:
            raise meant(error, what) from None

    def run(self, cursor: psycopg.Cursor[tuple[Any, ...]], statements: Sequence[str]) -> None:
        """Statements without parameters, in one go."""
        if statements:
            cursor.execute(";\n".join(statements).encode())

    def close(self) -> None:
        """Close it; the next transaction opens another."""
        if self._open is not None:
            with suppress(psycopg.Error):
                self._open.close()
            self._open = None

    def _connection(self) -> psycopg.Connection[tuple[Any, ...]]:
        if self._open is not None and (self._open.closed or self._open.broken):
            self.close()
        if self._open is None:
            self._open = self._connect()
        return self._open

    def _connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        try:
            made = psycopg.connect(
                self._url,
                autocommit=True,
                connect_timeout=CONNECT_S,
                application_name="junction-streams",
                options=f"-c statement_timeout={STATEMENT_MS} -c idle_in_transaction_session_timeout={IDLE_MS}",
            )
        except psycopg.Error as error:
            raise not_connected(error) from None
        _check(made)
        made.adapters.register_dumper(Binary, _AsItIs)
        return made


def _check(made: psycopg.Connection[tuple[Any, ...]]) -> None:
    """Raises Misconfigured for a server that cannot hold the tables."""
    version, encoding = made.info.server_version, made.info.parameter_status("server_encoding")
    why = ""
    if version < VERSION_MIN:
        why = f"PostgreSQL is {version // 10_000}, and the tables need 15 or later: keys in which nulls are equal"
    elif encoding != "UTF8":
        why = f"the database's encoding is {encoding}, and names need UTF8: CREATE DATABASE ... ENCODING 'UTF8'"
    if why:
        made.close()
        raise Misconfigured(why)


@contextmanager
def opened(settings: Settings) -> Iterator[Connection]:
    """A connection that is closed at the end of the block."""
    connection = Connection(settings)
    try:
        yield connection
    finally:
        connection.close()
