"""Months of samples: each partition is made in the transaction of its first row."""

from collections.abc import Iterable
from typing import Any

import psycopg

from connectors.postgres.failures import meant
from connectors.postgres.tables import months, sql

Cursor = psycopg.Cursor[tuple[Any, ...]]


class Partitions:
    """Of one table. What a transaction makes counts only after `committed`."""

    def __init__(self, schema: str, table: str) -> None:
        self._schema, self._table = schema, table
        self._known: set[str] = set()
        self._made: set[str] = set()

    def need(self, cursor: Cursor, times_us: Iterable[int]) -> None:
        """Make the partitions of these times that are not there."""
        days = {time_us // months.DAY_US for time_us in times_us}
        wanted = {months.month_of(day * months.DAY_US) for day in days} - self._known - self._made
        for suffix in sorted(wanted):
            self._make(cursor, suffix)
            self._made.add(suffix)

    def _make(self, cursor: Cursor, suffix: str) -> None:
        part = sql.name(self._schema, f"{self._table}_{suffix}")
        if self._is_there(cursor, part) or not self._is_parted(cursor):
            return
        # Two processes that make the same month: the second waits here, and then finds it.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (part,))
        if self._is_there(cursor, part):
            return
        try:
            for statement in months.create(self._schema, self._table, suffix):
                cursor.execute(statement.encode())
        except psycopg.Error as error:
            raise meant(error, f"make the table {self._schema}.{self._table}_{suffix}") from None

    def _is_parted(self, cursor: Cursor) -> bool:
        """Not where TimescaleDB makes the pieces of the table."""
        whole = sql.name(self._schema, self._table)
        cursor.execute("SELECT relkind = 'p' FROM pg_class WHERE oid = to_regclass(%s)", (whole,))
        row = cursor.fetchone()
        return row is None or bool(row[0])

    @staticmethod
    def _is_there(cursor: Cursor, part: str) -> bool:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", (part,))
        row = cursor.fetchone()
        return row is not None and bool(row[0])

    def committed(self) -> None:
        """The transaction has happened."""
        self._known |= self._made
        self._made.clear()

    def mark(self) -> set[str]:
        """What the transaction has made so far, for `back_to`."""
        return set(self._made)

    def back_to(self, mark: set[str]) -> None:
        """The transaction, or a part of it, was rolled back."""
        self._made = mark

    def forget(self) -> None:
        """Partitions may have been dropped."""
        self._known.clear()
        self._made.clear()
