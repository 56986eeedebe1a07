"""What a person changes beside the sinks that run: under the lock that they all need."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from connectors.postgres.connection import Connection
from connectors.postgres.tables import own, sql

Cursor = psycopg.Cursor[tuple[Any, ...]]


def positions(schema: str) -> str:
    return sql.name(schema, own.POSITIONS.name)


@contextmanager
def transaction(connection: Connection, schema: str, what: str) -> Iterator[Cursor]:
    """A transaction in which no sink writes. However long it takes. `what`: for the sentence of an error."""
    with connection.transaction(what) as cursor:
        cursor.execute(b"SET LOCAL statement_timeout = 0")
        cursor.execute(f"LOCK TABLE {positions(schema)} IN EXCLUSIVE MODE".encode())
        yield cursor
