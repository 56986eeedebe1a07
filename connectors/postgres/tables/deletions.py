"""What a tombstone deletes: the rows of its key, found by the columns that the key's parts stand in."""

from collections.abc import Sequence
from typing import Any, Protocol

from connectors.postgres.tables import sql
from connectors.postgres.tables.layout import OFFSET, RECORD_KEY, Form, Plan
from connectors.postgres.tables.table import SqlTable
from streams.events import key_parts

_HOUR = "'YYYY-MM-DD\"T\"HH24'"


class _Tombstone(Protocol):
    @property
    def key(self) -> str: ...
    @property
    def offset(self) -> int: ...


def of(schema: str, plan: Plan, table: SqlTable | None, tombstone: _Tombstone) -> tuple[bytes, Sequence[Any]] | None:
    """A statement and its parameters; None for a key that is not of this topic."""
    parts = [tombstone.key] if plan.parts == (RECORD_KEY.name,) else key_parts.split(":", tombstone.key)
    if len(parts) != len(plan.parts):
        return None
    if plan.form is Form.NUMBER or table is None:
        return _of_samples(schema), parts
    wanted = " AND ".join(f"{_shown(table, name)} = %s" for name in plan.parts)
    # Topics are read again after an erase or a rebuild: an old tombstone must not delete what came after it.
    later = f" AND {sql.name(OFFSET.name)} < %s" if OFFSET in table.columns else ""
    whole = sql.name(schema, table.name)
    return f"DELETE FROM {whole} WHERE {wanted}{later}".encode(), [*parts, *([tombstone.offset] if later else [])]


def _shown(table: SqlTable, name: str) -> str:
    """A column as a part of keys shows it."""
    column = table.column(name)
    if column is not None and column.type.startswith("timestamp"):
        return f"to_char({sql.name(name)} AT TIME ZONE 'UTC', {_HOUR})"
    if name == "user_id" and table.column("team_id") and name not in table.key:
        return "coalesce(user_id, team_id)"  # of what names no user its team is the owner
    return sql.name(name)


def _of_samples(schema: str) -> bytes:
    series, samples = sql.name(schema, "series"), sql.name(schema, "samples")
    return (
        f"DELETE FROM {samples} p USING {series} s "
        "WHERE s.series_id = p.series_id AND s.user_id = %s AND s.resource = %s"
    ).encode()
