"""Schemas grow, and their tables with them."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import hypothesis
import psycopg
import pytest
from hypothesis import strategies as st

from connectors.postgres.tables import ddl, layout, migration
from connectors.postgres.tables.layout import PLANS, Form, Plan
from streams.events.schemas import schema_text
from tests import postgres

OWN = sorted(name for name, plan in PLANS.items() if plan.form is not Form.NUMBER)
Cursor = psycopg.Cursor[Any]


@pytest.fixture(scope="module")
def cursor(postgres_server: str) -> Iterator[Cursor]:
    with closing(psycopg.connect(postgres.database(postgres_server), autocommit=True)) as connection:
        yield connection.cursor()


def without(schema: Any, lost: set[str]) -> Any:
    return schema | {"fields": [row for row in schema["fields"] if row["name"] not in lost]}


def columns(cursor: Cursor, schema: str, table: str) -> dict[str, tuple[str, str]]:
    """Name → (type, comment)."""
    cursor.execute(
        "SELECT attname, format_type(atttypid, atttypmod), coalesce(col_description(attrelid, attnum), '') "
        "FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0",
        (f"{schema}.{table}",),
    )
    return {name: (kind, comment) for name, kind, comment in cursor.fetchall()}


def run(cursor: Cursor, statements: list[str]) -> None:
    cursor.execute(";".join(statements).encode())


def nullable(plan: Plan, schema: Any) -> list[str]:
    """Fields that a version before may have lacked: none of the key's, however its column is called."""
    of_key = {field.path[0] for field in layout.fields(plan, schema) if field.column.name in plan.key}
    return [row["name"] for row in schema["fields"] if "default" in row and row["name"] not in of_key]


@hypothesis.settings(max_examples=20)
@hypothesis.given(topic=st.sampled_from(OWN), data=st.data())
def test_growing_ends_as_making(cursor: Cursor, topic: str, data: st.DataObject) -> None:
    """The DDL from one schema to the next, on the table of the first, is the table of the second."""
    plan = PLANS[topic]
    newer = json.loads(schema_text(plan.schema))
    older = without(newer, data.draw(st.sets(st.sampled_from(nullable(plan, newer) or ["none"]))))
    before, wanted = layout.table(plan, [older]), layout.table(plan, [newer])
    run(
        cursor,
        ["DROP SCHEMA IF EXISTS a CASCADE", "DROP SCHEMA IF EXISTS b CASCADE", "CREATE SCHEMA a", "CREATE SCHEMA b"],
    )
    run(cursor, ddl.create("a", before))
    run(cursor, ddl.create("b", wanted))
    there = {name: kind for name, (kind, _) in columns(cursor, "a", wanted.name).items()}
    if statements := migration.changes("a", wanted, there):
        run(cursor, statements)
    assert columns(cursor, "a", wanted.name) == columns(cursor, "b", wanted.name)
    assert layout.table(plan, [older, newer]).key == wanted.key


@pytest.mark.parametrize("topic", OWN)
def test_every_schema_has_one_column_a_name(topic: str) -> None:
    """Flattened names do not meet, and PostgreSQL cuts none of them off."""
    plan = PLANS[topic]
    names = [one.name for one in layout.table(plan, [json.loads(schema_text(plan.schema))]).columns]
    assert len(set(names)) == len(names)
    assert all(len(name) < 64 for name in names)
    assert set(plan.key) | set(plan.newer) | set(filter(None, [plan.delivered])) <= set(names)
    assert set(plan.parts) <= set(names) | {"record_key"}
