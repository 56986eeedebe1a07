"""A table as a value."""

from typing import NamedTuple


class Column(NamedTuple):
    """`type`: as PostgreSQL itself writes it (`format_type`)."""

    name: str
    type: str
    comment: str = ""
    is_required: bool = False


class SqlTable(NamedTuple):
    """`key`: columns that name a row. `newer`: columns that order the versions of a row, the first counts most.

    `newer` is empty where every row of a key is the same. `identity`: the column that PostgreSQL numbers, "" for none.
    `month`: the column by whose month the table is partitioned, "" for a table in one piece.
    """

    name: str
    comment: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    newer: tuple[str, ...] = ()
    identity: str = ""
    month: str = ""

    def column(self, name: str) -> Column | None:
        """The column of that name; None for none."""
        return next((one for one in self.columns if one.name == name), None)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns that a writer fills."""
        return tuple(one.name for one in self.columns if one.name != self.identity)
