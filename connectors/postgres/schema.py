"""The database as it is, and what is missing in it."""

import json
from collections.abc import Sequence
from typing import Any

import psycopg

from connectors.postgres.connection import Connection
from connectors.postgres.tables import ddl, layout, own, samples, sql
from connectors.postgres.tables.layout import PLANS, Form, Plan
from connectors.postgres.tables.table import SqlTable
from streams.events import resources
from streams.events.schemas import schema_text

Cursor = psycopg.Cursor[tuple[Any, ...]]


def tables(plans: Sequence[Plan]) -> dict[str, SqlTable]:
    """The tables of topics that have one of their own, by topic, as this version's schemas say."""
    own_ones = [plan for plan in plans if plan.form is not Form.NUMBER]
    return {plan.topic: layout.table(plan, [json.loads(schema_text(plan.schema))]) for plan in own_ones}


def missing(cursor: Cursor, schema: str, plans: Sequence[Plan] = tuple(PLANS.values())) -> list[str]:
    """The statements that make what is not there. Nothing where all is."""
    cursor.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = %s AND c.relkind IN ('r', 'p', 'v')",
        (schema,),
    )
    there = {name for (name,) in cursor.fetchall()}
    found = [] if there else [f"CREATE SCHEMA IF NOT EXISTS {sql.name(schema)}"]
    for table in (*own.TABLES, *samples.TABLES, *tables(plans).values()):
        if table.name not in there:
            found += ddl.create(schema, table)
    for plan in plans:
        if plan.form is Form.NUMBER and plan.topic not in there:
            found += ddl.create_view(schema, plan.topic, _words(resources.RESOURCES[plan.topic]))
    return found


def _words(row: resources.Resource) -> str:
    return f"Samples of {row.name}, each {'a point in time' if row.shape == 'point' else 'an interval'}, in {row.unit}."


def make(connection: Connection, schema: str) -> int:
    """Make what is missing, in one transaction; how many statements that took. Raises Unavailable, Misconfigured."""
    with connection.transaction(f"make the tables in {schema}") as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (f"junction-streams {schema}",))
        statements = missing(cursor, schema)
        connection.run(cursor, statements)
    return len(statements)
