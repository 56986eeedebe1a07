"""`sink erase`: one person's rows in all tables, in one transaction, and a row that keeps them away."""

from datetime import datetime
from typing import Any, NamedTuple

import psycopg

from connectors.postgres import by_hand
from connectors.postgres.connection import Connection
from connectors.postgres.tables import own, samples, sql
from connectors.postgres.tables.layout import PLANS, Form
from streams.events.ids import canonical

Cursor = psycopg.Cursor[tuple[Any, ...]]


class Erasure(NamedTuple):
    """`at`: what was delivered before never comes back. `rows`: deleted, by table; without those that had none."""

    user_id: str
    at: datetime
    rows: dict[str, int]


def erase(connection: Connection, schema: str, user_id: str) -> Erasure:
    """Delete a user. Waits for the transactions of sinks, and they wait for this one. Raises Unavailable,
    Misconfigured."""
    user = canonical(user_id)
    with by_hand.transaction(connection, schema, "erase a user") as cursor:
        at = _keep_away(cursor, schema, user)
        found = _delete_samples(cursor, schema, user)
        for table in _tables(cursor, schema):
            found[table] = _count(cursor, f"DELETE FROM {sql.name(schema, table)} WHERE user_id = %s", user)
        # Sinks that run know numbers of series that are gone.
        cursor.execute(f"UPDATE {by_hand.positions(schema)} SET generation = generation + 1".encode())
    return Erasure(user, at, {table: n for table, n in found.items() if n})


def vacuum(connection: Connection, schema: str, erasure: Erasure) -> None:
    """Remove what the deleted rows left in the files. Raises Unavailable, Misconfigured."""
    with connection.outside("vacuum") as cursor:
        cursor.execute(b"SET statement_timeout = 0")
        for table in erasure.rows:
            cursor.execute(f"VACUUM {sql.name(schema, table)}".encode())


def _keep_away(cursor: Cursor, schema: str, user: str) -> datetime:
    """Now, and not when the transaction began: it may have waited for a lock."""
    cursor.execute(
        f"INSERT INTO {sql.name(schema, own.ERASED.name)} AS t (user_id, at) VALUES (%s, clock_timestamp()) "
        "ON CONFLICT (user_id) DO UPDATE SET at = greatest(t.at, excluded.at) RETURNING at".encode(),
        (user,),
    )
    row = cursor.fetchone()
    assert row is not None  # noqa: S101  # because a row is written in any case
    return row[0]  # type: ignore[no-any-return]  # because psycopg knows no types of columns


def _delete_samples(cursor: Cursor, schema: str, user: str) -> dict[str, int]:
    series, values = sql.name(schema, samples.SERIES.name), sql.name(schema, samples.SAMPLES.name)
    theirs = f"SELECT series_id FROM {series} WHERE user_id = %s"
    attributes = _count(cursor, _UNNAME.format(
        attributes=sql.name(schema, samples.ATTRIBUTES.name), samples=values, theirs=theirs), user)  # fmt: skip
    return {
        samples.ATTRIBUTES.name: attributes,
        samples.SAMPLES.name: _count(cursor, f"DELETE FROM {values} WHERE series_id IN ({theirs})", user),
        samples.SERIES.name: _count(cursor, f"DELETE FROM {series} WHERE user_id = %s", user),
    }


# Others may share the row, as to app and time zone; a device or a workout is one person's. Its fingerprint would find
# the row again for what comes later.
_UNNAME = (
    "UPDATE {attributes} SET source_device_id = NULL, source_workout_id = NULL, "
    "fingerprint = 'erased ' || attributes_id "
    "WHERE (source_device_id IS NOT NULL OR source_workout_id IS NOT NULL) "
    "AND attributes_id IN (SELECT attributes_id FROM {samples} WHERE series_id IN ({theirs}))"
)


def _tables(cursor: Cursor, schema: str) -> list[str]:
    """Tables of topics that are there and have users."""
    cursor.execute(
        b"SELECT table_name FROM information_schema.columns WHERE table_schema = %s AND column_name = 'user_id'",
        (schema,),
    )
    there = {name for (name,) in cursor.fetchall()}
    return [topic for topic, plan in PLANS.items() if plan.form is not Form.NUMBER and topic in there]


def _count(cursor: Cursor, statement: str, user: str) -> int:
    cursor.execute(statement.encode(), (user,))
    return cursor.rowcount
