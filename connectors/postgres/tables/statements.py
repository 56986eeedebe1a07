"""The SQL that writes a batch: arrays in, one statement a table."""

from collections.abc import Sequence

from connectors.postgres.tables import sql
from connectors.postgres.tables.binary import sent_as
from connectors.postgres.tables.table import Column, SqlTable


def arrays(columns: Sequence[Column]) -> str:
    """What a statement selects from: a parameter for each column, all of one length."""
    sent = ", ".join(f"%b::{sent_as(one.type)}[]" for one in columns)
    return f"unnest({sent}) AS u({sql.names([one.name for one in columns])})"


def upsert(schema: str, table: SqlTable) -> str:
    """Writes rows that are as new as those that stand there, or newer. No two of them may have the same key."""
    columns = [one for one in table.columns if one.name != table.identity]
    rest = [one.name for one in columns if one.name not in table.key]
    changes = ", ".join(f"{sql.name(name)} = excluded.{sql.name(name)}" for name in rest)
    newer = f"({_version(table, 'excluded')}) >= ({_version(table, 't')})"
    act = f"DO UPDATE SET {changes} WHERE {newer}" if table.newer and rest else "DO NOTHING"
    return (
        f"INSERT INTO {sql.name(schema, table.name)} AS t ({sql.names([one.name for one in columns])}) "
        f"SELECT {', '.join(map(_cast, columns))} FROM {arrays(columns)} ON CONFLICT ({sql.names(table.key)}) {act}"
    )


def _cast(one: Column) -> str:
    name = sql.name("u", one.name)
    return name if sent_as(one.type) == one.type else f"{name}::{one.type}"


def _version(table: SqlTable, alias: str) -> str:
    """Equal versions pass: a record is sent again for another `preferred` alone. No `updated_at` is older than any."""
    return ", ".join(_order(f"{alias}.{sql.name(name)}", table.column(name)) for name in table.newer)


def _order(name: str, column: Column | None) -> str:
    is_time = column is not None and column.type.startswith("timestamp")
    return f"coalesce({name}, '-infinity')" if is_time else name


def numbered(schema: str, table: SqlTable) -> tuple[str, str]:
    """(finds numbers by arrays of the key, adds rows that are not there by arrays of all columns). Nulls are equal."""
    columns = [column for name in table.key if (column := table.column(name)) is not None]
    same = " AND ".join(map(_same, columns))
    whole, listed = sql.name(schema, table.name), sql.names(list(table.key))
    chosen = f"t.{sql.name(table.identity)}, {sql.names(list(table.key), 'u')}"
    find = f"SELECT {chosen} FROM {arrays(columns)} JOIN {whole} t ON {same}"
    filled = [one for one in table.columns if one.name != table.identity]
    into = sql.names([one.name for one in filled])
    add = f"INSERT INTO {whole} ({into}) SELECT {into} FROM {arrays(filled)} ON CONFLICT ({listed}) DO NOTHING"
    return find, add


def _same(one: Column) -> str:
    """No index finds IS NOT DISTINCT FROM: the columns that are required find few enough."""
    return f"t.{sql.name(one.name)} {'=' if one.is_required else 'IS NOT DISTINCT FROM'} u.{sql.name(one.name)}"
