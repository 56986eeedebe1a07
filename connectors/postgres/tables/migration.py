"""What makes a table that is there into the one that is wanted. Columns are added; nothing is dropped or rewritten."""

from collections.abc import Mapping

from connectors.postgres.tables import ddl, priority, sql
from connectors.postgres.tables.table import SqlTable
from streams.ops.errors import Misconfigured

There = Mapping[str, str]  # name of a column → its type
# A column that holds more than is asked for stays as it is.
_HOLDS = {"integer": ("bigint",), "real": ("double precision",)}
# PostgreSQL changes only its catalogue for these.
_QUICK = {("character varying", "text")}


def changes(schema: str, table: SqlTable, there: There | None) -> list[str]:
    """The statements. `there`: the columns of the table, None where there is none. Raises Misconfigured: which column a
    person has to change, and the SQL."""
    if there is None:
        return ddl.create(schema, table)
    found: list[str] = []
    for column in table.columns:
        if column.name not in there:
            if column.is_required:
                raise Misconfigured(
                    f"{schema}.{table.name} has lost its column {column.name}, which is of its key: drop the table, and"
                    " `junction-streams sink rebuild` reads its topic again"
                )
            whole = sql.name(schema, table.name)
            found += [f"ALTER TABLE {whole} ADD COLUMN {sql.name(column.name)} {column.type}"]
            found += ddl.comments(schema, table.name, (column,))
        elif not _holds(there[column.name], column.type):
            found += _widen(schema, table.name, column.name, there[column.name], column.type)
    return found


def fitted(table: SqlTable, there: There | None) -> SqlTable:
    """The table with the types that its columns have in the database."""
    types = there or {}
    return table._replace(columns=tuple(one._replace(type=types.get(one.name, one.type)) for one in table.columns))


def _holds(there: str, wanted: str) -> bool:
    return there == wanted or there in _HOLDS.get(wanted, ())


def _widen(schema: str, table: str, column: str, there: str, wanted: str) -> list[str]:
    """No type is changed under a view. The views on the table are made again by whoever makes what is missing."""
    views = [ddl.drop_view(schema, name) for name in priority.of_table(table)]
    change = f"ALTER TABLE {sql.name(schema, table)} ALTER COLUMN {sql.name(column)} TYPE {wanted}"
    if (there.partition("(")[0], wanted) not in _QUICK:
        raise Misconfigured(
            f"{schema}.{table}.{column} is {there}, and records have {wanted}: PostgreSQL would rewrite the table, so "
            f"do it when there is time: {'; '.join([*views, change])} USING {sql.name(column)}::{wanted};"
        )
    return [*views, change]
