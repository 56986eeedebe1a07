"""Numbers of rows that many others share (series, attributes): found or made once, then remembered."""

from collections.abc import Sequence
from typing import Any

import psycopg

from connectors.postgres.tables import statements
from connectors.postgres.tables.binary import encode
from connectors.postgres.tables.table import SqlTable

ROWS_MAX = 300_000  # remembered of one table: about 100 MB
Row = tuple[Any, ...]
Cursor = psycopg.Cursor[tuple[Any, ...]]


class Numbers:
    """Of one table with an identity. What a transaction adds counts only after `committed`."""

    def __init__(self, schema: str, table: SqlTable) -> None:
        self._columns = [one for one in table.columns if one.name != table.identity]
        self._places = [place for place, one in enumerate(self._columns) if one.name in table.key]
        self._find, self._add = statements.numbered(schema, table)
        self._known: dict[Row, int] = {}
        self._added: dict[Row, int] = {}

    def of(self, cursor: Cursor, rows: Sequence[Row]) -> list[int]:
        """The number of each row. `rows`: all columns of the table but its number."""
        keys = [self._key(row) for row in rows]
        known, added = self._known, self._added
        missing = {key: row for key, row in zip(keys, rows, strict=True) if key not in known and key not in added}
        if missing:
            self._look_up(cursor, list(missing))
        absent = [row for key, row in missing.items() if key not in added]
        if absent:
            cursor.execute(self._add, self._arrays(self._columns, absent))
            self._look_up(cursor, [self._key(row) for row in absent])
        return [known[key] if key in known else added[key] for key in keys]

    def committed(self) -> None:
        """The transaction has happened."""
        if len(self._known) + len(self._added) > ROWS_MAX:
            self._known.clear()
        self._known |= self._added
        self._added.clear()

    def mark(self) -> dict[Row, int]:
        """What the transaction knows so far, for `back_to`."""
        return dict(self._added)

    def back_to(self, mark: dict[Row, int]) -> None:
        """The transaction, or a part of it, was rolled back."""
        self._added = mark

    def forget(self) -> None:
        """Rows may have been deleted."""
        self._known.clear()
        self._added.clear()

    def _key(self, row: Row) -> Row:
        return tuple(row[place] for place in self._places)

    def _look_up(self, cursor: Cursor, keys: Sequence[Row]) -> None:
        cursor.execute(self._find, self._arrays([self._columns[place] for place in self._places], keys))
        self._added |= {tuple(key): number for number, *key in cursor.fetchall()}

    @staticmethod
    def _arrays(columns: Sequence[Any], rows: Sequence[Row]) -> list[Any]:
        return [encode(one.type, column) for one, column in zip(columns, zip(*rows, strict=True), strict=True)]
