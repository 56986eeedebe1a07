"""Columns as binary arrays: PostgreSQL reads back what was sent."""

import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import hypothesis
import psycopg
import pytest
from hypothesis import strategies as st
from pydantic import SecretStr

from connectors.postgres.connection import opened
from connectors.postgres.tables import avro_columns
from connectors.postgres.tables.binary import Unfit, encode
from streams.ops.settings import Settings

# As it is sent: to extract the epoch of an extreme rounds it.
MICROS = "('x' || encode(timestamptz_send(v), 'hex'))::bit(64)::bigint::numeric + 946684800000000"
FIRST_US, LAST_US = -210_866_803_200_000_000, 2**63 - 1
TYPES: dict[str, tuple[str, st.SearchStrategy[Any]]] = {
    "text": ("v", st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=8)),
    "boolean": ("v", st.booleans()),
    "integer": ("v", st.integers(-(2**31), 2**31 - 1)),
    "bigint": ("v", st.integers(-(2**63), 2**63 - 1)),
    "double precision": ("v", st.floats()),
    "timestamp with time zone": (
        MICROS,
        st.integers(FIRST_US, LAST_US),
    ),
    "date": ("v - date '1970-01-01'", st.integers(-2_440_588, 2_145_042_905)),
}


@pytest.fixture(scope="module")
def cursor(postgres_server: str) -> Iterator[psycopg.Cursor[Any]]:
    settings = Settings(_env_file=None, postgres_url=SecretStr(postgres_server))
    with opened(settings) as connection, connection.outside("test") as cursor:
        yield cursor


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_what_is_sent_is_read(cursor: psycopg.Cursor[Any], kind: str) -> None:
    """Values of every type, with nulls and without, from end to end of what PostgreSQL holds."""
    shown, values = TYPES[kind]
    query = f"SELECT {shown} FROM unnest(%b::{kind}[]) WITH ORDINALITY AS t(v, n) ORDER BY n"  # noqa: S608  # because both are of the table above

    @hypothesis.settings(max_examples=40)
    @hypothesis.given(st.lists(values, min_size=1, max_size=9) | st.lists(st.none() | values, min_size=1, max_size=9))
    def check(column: list[Any]) -> None:
        cursor.execute(query, [encode(kind, column)])
        found = [int(value) if isinstance(value, Decimal) else value for (value,) in cursor.fetchall()]
        assert [repr(value) for value in found] == [repr(value) for value in column]

    check()


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("integer", 2**31),
        ("bigint", 2**63),
        ("date", 2_145_042_906),
        ("date", -2_440_589),
        ("timestamp with time zone", FIRST_US - 1),
        ("timestamp with time zone", LAST_US + 1),
        ("text", 7),
        ("double precision", "planted"),
    ],
)
def test_what_does_not_fit_is_told(kind: str, value: Any) -> None:
    """With nulls beside it and without; the sentence has the type and not the value."""
    for column in ([value], [None, value]):
        with pytest.raises(Unfit, match=f"no {kind}") as raised:
            encode(kind, column)
        assert "planted" not in str(raised.value)


def test_texts_of_lists_and_json(cursor: psycopg.Cursor[Any]) -> None:
    """Array literals and JSON that columns hold: quotes, backslashes, nulls, NaN, times and days written out."""
    schema = {
        "type": "record", "name": "R", "fields": [
            {"name": "words", "type": {"type": "array", "items": ["null", "string"]}},
            {"name": "numbers", "type": {"type": "array", "items": "double"}},
            {"name": "days", "type": ["null", {"type": "array", "items": {
                "type": "record", "name": "D", "fields": [
                    {"name": "date", "type": ["null", {"type": "int", "logicalType": "date"}]},
                    {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
                    {"name": "value", "type": "double"},
                ]}}]},
        ],
    }  # fmt: skip
    words, numbers, days = avro_columns.fields_of(schema)
    assert [one.column.type for one in (words, numbers, days)] == ["text[]", "double precision[]", "jsonb"]
    record = {
        "words": ['a"b\\c,{}', None, "NULL", ""],
        "numbers": [1.5, math.inf, math.nan],
        "days": [{"date": 1, "at": 1500, "value": math.nan}, {"date": None, "at": 0, "value": 2.0}],
    }
    texts = [one.convert(record[one.path[0]]) for one in (words, numbers, days) if one.convert]
    cursor.execute("SELECT %s::text[], %s::double precision[], %s::jsonb", texts)
    [(read_words, read_numbers, read_days)] = cursor.fetchall()
    assert read_words == record["words"]
    assert repr(read_numbers) == repr(record["numbers"])
    assert read_days == [
        {"date": "1970-01-02", "at": "1970-01-01T00:00:01.500000+00:00", "value": "nan"},
        {"date": None, "at": "1970-01-01T00:00:00+00:00", "value": 2.0},
    ]
