"""`sink rebuild`: the tables of one topic, emptied, and its positions at the beginning."""

from typing import Any

import psycopg

from connectors.postgres import by_hand
from connectors.postgres.connection import Connection
from connectors.postgres.tables import own, samples, sql
from connectors.postgres.tables.layout import PLANS, Form
from streams.kafka.lag import Lag
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings

Cursor = psycopg.Cursor[tuple[Any, ...]]


def expired(settings: Settings, topic: str) -> int:
    """How many records of a topic (short name) Kafka does not have any more. Raises Unavailable, Misconfigured."""
    _check(topic)
    lag = Lag(settings, [f"{settings.topic_prefix}.{topic}"])
    try:
        return sum(lag.beginnings().values())
    finally:
        lag.close()


def rebuild(connection: Connection, settings: Settings, topic: str) -> int:
    """Delete the rows of a topic and let every sink read it again; how many rows. Raises Unavailable, Misconfigured."""
    _check(topic)
    schema, full = settings.postgres_schema, f"{settings.topic_prefix}.{topic}"
    with by_hand.transaction(connection, schema, f"empty {topic}") as cursor:
        n = _delete(cursor, schema, topic)
        cursor.execute(f"DELETE FROM {sql.name(schema, own.REJECTS.name)} WHERE topic = %s".encode(), (full,))
        cursor.execute(
            f"UPDATE {by_hand.positions(schema)} SET next_offset = 0, rows = 0, generation = generation + 1 "
            "WHERE topic = %s".encode(),
            (full,),
        )
    return n


def _check(topic: str) -> None:
    if topic not in PLANS:
        raise Misconfigured(f"{topic} is no clean topic: write it without prefix, as in docs/catalogue.md")


def _delete(cursor: Cursor, schema: str, topic: str) -> int:
    if PLANS[topic].form is not Form.NUMBER:
        cursor.execute(f"DELETE FROM {sql.name(schema, topic)}".encode())
        return cursor.rowcount
    series, values = sql.name(schema, samples.SERIES.name), sql.name(schema, samples.SAMPLES.name)
    theirs = f"SELECT series_id FROM {series} WHERE resource = %s"
    cursor.execute(f"DELETE FROM {values} WHERE series_id IN ({theirs})".encode(), (topic,))
    n = cursor.rowcount
    cursor.execute(f"DELETE FROM {series} WHERE resource = %s".encode(), (topic,))
    return n
