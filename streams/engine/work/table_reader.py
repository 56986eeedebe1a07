"""How a fold reads the tables of its partition while the transaction before its own may still be committing."""

from collections.abc import Mapping

from streams.engine.store.table import StateTable
from streams.tables import Draft
from streams.tables.overlay import Rows, overlay


class TableReader:
    """Reads one partition's tables: below the draft the transaction that is committing, below that the databases."""

    __slots__ = ("_gets", "_partition", "_tables", "under")

    def __init__(self, tables: Mapping[str, StateTable], partition: int, under: Draft | None) -> None:
        self._gets = {name: table.database(partition).get for name, table in tables.items()}
        self._tables = tables
        self._partition = partition
        self.under = under

    def get(self, table: str, key: bytes) -> bytes | None:
        """The value of a key; None when it has none."""
        under = self.under
        if under is not None:
            written = under.tables.get(table)
            if written is not None and key in written:
                return written[key]
        try:
            value: bytes | None = self._gets[table](key)
        except Exception as error:  # without an error this `try` costs nothing
            raise self._tables[table].trouble(self._partition, error) from None
        return value

    def scan(self, table: str, start: bytes, stop: bytes) -> Rows:
        """Rows of [start, stop), sorted by key."""
        rows = self._tables[table].rows(self._partition, start, stop)
        written = self.under.tables.get(table) if self.under else None
        return overlay(rows, dict(written), start, stop) if written else rows
