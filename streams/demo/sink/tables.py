"""What is in the sink's tables, in the form of `shapes`."""

from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from connectors.postgres.tables.layout import PLANS, RECORD_KEY, Form
from streams.demo.sink.shapes import OF_SOURCE, SERIES, SHARED, Cells, Key, plain, shape

_SAMPLES = SQL(
    "SELECT {series}, p.time, p.end_time, p.value, p.delivered_at, {shared} FROM {schema}.series s "
    "JOIN {schema}.samples p USING (series_id) JOIN {schema}.sample_attributes a USING (attributes_id) "
    "WHERE s.resource = %s"
)
Connection = psycopg.Connection[tuple[Any, ...]]


def rows(connection: Connection, schema: str, topic: str) -> Iterator[tuple[Key, Cells]]:
    """Every row of a topic (short name), with its key. A key that comes twice stands twice."""
    if PLANS[topic].form is Form.NUMBER:
        yield from _samples(connection, schema, topic)
        return
    made = shape(topic)
    extra = [RECORD_KEY.name] * (RECORD_KEY.name in made.key)
    names = [*made.columns, *extra]
    query = SQL("SELECT {} FROM {}").format(SQL(", ").join(map(Identifier, names)), Identifier(schema, topic))
    places = [names.index(name) for name in made.key]
    for row in connection.execute(query):
        yield tuple(row[place] for place in places), tuple(map(plain, row[: len(made.columns)]))


def _samples(connection: Connection, schema: str, topic: str) -> Iterator[tuple[Key, Cells]]:
    shared = [Identifier("a", name) for name in (*SHARED, *(f"source_{name}" for name in OF_SOURCE))]
    query = _SAMPLES.format(
        series=SQL(", ").join(Identifier("s", name) for name in SERIES),
        shared=SQL(", ").join(shared),
        schema=Identifier(schema),
    )
    n = len(SERIES) + 1
    for row in connection.execute(query, (topic,)):
        end, value, *rest = row[n:]
        yield row[:n], (end, plain(value), *rest)


def rejects(connection: Connection, schema: str) -> int:
    """Records that are in no table."""
    query = SQL("SELECT count(*) FROM {}").format(Identifier(schema, "sink_rejects"))
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0
