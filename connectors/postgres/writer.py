"""Writes records of one topic in the transaction of a cursor: a statement a table."""

from collections.abc import Callable, Sequence
from typing import Any

import psycopg

from connectors.postgres.failures import meant, of_a_value
from connectors.postgres.intake import Stored, Tombstone
from connectors.postgres.numbers import Numbers
from connectors.postgres.partitions import Partitions
from connectors.postgres.shapes import Shapes
from connectors.postgres.tables import deletions, rows, samples, statements
from connectors.postgres.tables.binary import encode
from connectors.postgres.tables.layout import PLANS, Form, Plan
from connectors.postgres.tables.sample_rows import SampleRows, attributes_of, sample_rows, series_of

Cursor = psycopg.Cursor[tuple[Any, ...]]


class Writer:
    """What one process knows of the database, and how it writes."""

    def __init__(self, shapes: Shapes) -> None:
        self._shapes, self._schema = shapes, shapes.database.name
        schema = self._schema
        self._series, self._attributes = Numbers(schema, samples.SERIES), Numbers(schema, samples.ATTRIBUTES)
        self._months = Partitions(schema, samples.SAMPLES.name)
        self._upsert_samples = statements.upsert(schema, samples.SAMPLES)

    def write(self, cursor: Cursor, topic: str, stored: Sequence[Stored]) -> int:
        """Write records of a topic (short name); how many rows that is.

        Raises Unfit where a value is at fault; Unavailable, Misconfigured.
        """
        plan = PLANS[topic]
        try:
            if plan.form is Form.NUMBER:
                return self._write_samples(cursor, topic, stored)
            return self._write(cursor, plan, stored)
        except psycopg.Error as error:
            raise of_a_value(error) or meant(error, f"write {self._schema}.{topic}") from None

    def delete(self, cursor: Cursor, topic: str, tombstones: Sequence[Tombstone]) -> None:
        """Delete the rows of keys. What belongs to a later record of the same batch is written afterwards."""
        plan = PLANS[topic]
        for one in tombstones:
            table = None if plan.form is Form.NUMBER else self._shapes.table(topic)
            found = deletions.of(self._schema, plan, table, one)
            if found is not None:
                cursor.execute(*found)

    def _write(self, cursor: Cursor, plan: Plan, stored: Sequence[Stored]) -> int:
        table = self._shapes.table(plan.topic)
        parts = [self._part(plan, writer, read) for writer, read in _by_writer(stored)]
        found = rows.newest(table, rows.joined(table, [one for one in parts if one]))
        n = len(found[table.key[0]])
        if n:
            arrays = [encode(one.type, found[one.name]) for one in table.columns]
            cursor.execute(self._shapes.upsert(plan.topic), arrays)
        return n

    def _part(self, plan: Plan, writer: int, read: list[rows.Read]) -> rows.Columns:
        return rows.columns(plan, self._shapes.fields(plan.topic, writer), self._shapes.schema(writer), read)

    def _write_samples(self, cursor: Cursor, topic: str, stored: Sequence[Stored]) -> int:
        records = [one.read.record for one in stored]
        series = self._series.of(cursor, [series_of(topic, record) for record in records])
        shared = self._attributes.of(cursor, [attributes_of(record) for record in records])
        found = sample_rows(records, series, shared)
        if found.times_us:
            self._months.need(cursor, found.times_us)
            cursor.execute(self._upsert_samples, _sample_arrays(found))
        return len(found.times_us)

    def committed(self) -> None:
        """The transaction has happened."""
        for one in (self._series, self._attributes, self._months):
            one.committed()

    def mark(self) -> tuple[Any, ...]:
        """For `back_to`, before a part of a transaction that may be rolled back."""
        return self._series.mark(), self._attributes.mark(), self._months.mark()

    def back_to(self, mark: tuple[Any, ...] = ({}, {}, set())) -> None:
        """A part of the transaction was rolled back; without `mark` the whole of it."""
        series, attributes, months = mark
        self._series.back_to(dict(series))
        self._attributes.back_to(dict(attributes))
        self._months.back_to(set(months))

    def forget(self) -> None:
        """Somebody else has changed the tables."""
        for one in (self._series, self._attributes, self._months):
            one.forget()


def _by_writer(stored: Sequence[Stored]) -> list[tuple[int, list[rows.Read]]]:
    """Runs of records that one schema wrote, in their order."""
    found: list[tuple[int, list[rows.Read]]] = []
    for one in stored:
        if not found or found[-1][0] != one.writer:
            found.append((one.writer, []))
        found[-1][1].append(one.read)
    return found


_SAMPLES: dict[str, Callable[[SampleRows], Sequence[Any]]] = {
    "time": lambda found: found.times_us,
    "value": lambda found: found.values,
    "delivered_at": lambda found: found.delivered_us,
    "series_id": lambda found: found.series,
    "attributes_id": lambda found: found.attributes,
    "end_time": lambda found: found.ends_us,
}


def _sample_arrays(found: SampleRows) -> list[Any]:
    return [encode(one.type, _SAMPLES[one.name](found)) for one in samples.SAMPLES.columns]
