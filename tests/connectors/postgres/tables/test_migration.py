"""From the table that is there to the one that is wanted."""

import pytest

from connectors.postgres.tables import migration
from connectors.postgres.tables.table import Column, SqlTable
from streams.ops.errors import Misconfigured

TABLE = SqlTable(
    "sleep",
    "Sleep.",
    (Column("id", "text", "Its id.", True), Column("steps", "bigint"), Column("note", "text", "It's \\ noted.")),
    ("id",),
)
THERE = {"id": "text", "steps": "bigint", "note": "text"}


def test_nothing_to_do() -> None:
    """Equal columns; a column of somebody else is left alone; a wider type stays."""
    assert migration.changes("junction", TABLE, THERE | {"theirs": "inet"}) == []
    narrow = TABLE._replace(columns=(*TABLE.columns[:1], Column("steps", "integer")))
    assert migration.changes("junction", narrow, THERE) == []
    assert migration.fitted(narrow, THERE).columns[1].type == "bigint"


def test_a_new_field_is_a_column() -> None:
    """It may be null, and has its words; a quote and a backslash in them are text."""
    assert migration.changes("junction", TABLE, {"id": "text", "steps": "bigint"}) == [
        'ALTER TABLE "junction"."sleep" ADD COLUMN "note" text',
        'COMMENT ON COLUMN "junction"."sleep"."note" IS  E\'It\'\'s \\\\ noted.\'',
    ]


def test_what_is_quick_is_widened() -> None:
    """PostgreSQL makes a varchar a text without a rewrite, once no view stands on it."""
    assert migration.changes("junction", TABLE, THERE | {"note": "character varying(20)"}) == [
        'DROP VIEW IF EXISTS "junction"."sleep_preferred"',
        'DROP VIEW IF EXISTS "junction"."sleep_by_priority"',
        'ALTER TABLE "junction"."sleep" ALTER COLUMN "note" TYPE text',
    ]


def test_a_rewrite_is_for_a_person() -> None:
    """The sentence names the column, both types, and the SQL."""
    with pytest.raises(Misconfigured, match=r"sleep\.steps is integer, .* bigint.*ALTER COLUMN \"steps\" TYPE bigint"):
        migration.changes("junction", TABLE, THERE | {"steps": "integer"})


def test_a_lost_key_is_for_a_person() -> None:
    """Without it no row can be found again."""
    with pytest.raises(Misconfigured, match="lost its column id"):
        migration.changes("junction", TABLE, {"steps": "bigint", "note": "text"})
