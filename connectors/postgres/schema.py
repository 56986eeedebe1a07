"""The database as it is, against the tables that are wanted."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg

from connectors.postgres.connection import Connection
from connectors.postgres.tables import ddl, layout, migration, own, priority, samples, sql
from connectors.postgres.tables.layout import PLANS, Form, Plan
from connectors.postgres.tables.table import SqlTable
from streams.events import resources
from streams.events.schemas import schema_text

Cursor = psycopg.Cursor[tuple[Any, ...]]
Columns = dict[str, dict[str, str]]  # table → column → type


def tables(plans: Sequence[Plan], newest: Mapping[str, Any]) -> dict[str, SqlTable]:
    """The tables of topics that have one of their own, by topic: as this version's schemas and the registry's say."""
    found = {}
    for plan in plans:
        if plan.form is not Form.NUMBER:
            ours = json.loads(schema_text(plan.schema))
            found[plan.topic] = layout.table(plan, [ours, newest.get(plan.topic, ours)])
    return found


class Database:
    """One schema of a database. Raises Unavailable, Misconfigured.

    `has_timescale`: samples are made as a hypertable. Where they are there already they stay as they are.
    """

    def __init__(self, connection: Connection, schema: str, *, has_timescale: bool = False) -> None:
        self.name, self._connection, self._has_timescale = schema, connection, has_timescale

    def plan(self, tables: Mapping[str, SqlTable]) -> list[str]:
        """The statements that make what is wanted of what is there. `tables`: of topics."""
        with self._connection.transaction("read the catalogue") as cursor:
            return self._plan(cursor, tables)

    def apply(self, tables: Mapping[str, SqlTable]) -> dict[str, SqlTable]:
        """Run them, in one transaction. The tables as they are then."""
        with self._connection.transaction(f"change the tables of {self.name}") as cursor:
            # Two processes that start at once: the second waits here, and finds everything there.
            if statements := self._plan(cursor, tables):
                cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (f"junction-streams {self.name}",))
                statements = self._plan(cursor, tables)
            self._connection.run(cursor, statements)
            there = self._columns(cursor)
        return {topic: migration.fitted(table, there.get(table.name)) for topic, table in tables.items()}

    def _plan(self, cursor: Cursor, tables: Mapping[str, SqlTable]) -> list[str]:
        there = self._columns(cursor)
        found = [] if there else [f"CREATE SCHEMA IF NOT EXISTS {sql.name(self.name)}"]
        for table in (*own.TABLES, *samples.TABLES, *tables.values()):
            if table.month and table.name not in there and self._has_timescale:
                found += ddl.create_hyper(self.name, table)
                continue
            found += migration.changes(self.name, table, there.get(table.name))
        for plan in PLANS.values():
            if plan.form is Form.NUMBER and plan.topic not in there:
                found += ddl.create_view(self.name, plan.topic, _words(resources.RESOURCES[plan.topic]))
        left = {name: columns for name, columns in there.items() if ddl.drop_view(self.name, name) not in found}
        return found + priority.missing(self.name, tables, left)

    def _columns(self, cursor: Cursor) -> Columns:
        """Of each table and view."""
        cursor.execute(
            "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a "
            "JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = %s AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition "
            "AND a.attnum > 0 AND NOT a.attisdropped",
            (self.name,),
        )
        found: Columns = {}
        for table, column, kind in cursor.fetchall():
            found.setdefault(table, {})[column] = kind
        return found


def _words(row: resources.Resource) -> str:
    return f"Samples of {row.name}, each {'a point in time' if row.shape == 'point' else 'an interval'}, in {row.unit}."
