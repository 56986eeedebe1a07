"""A record is no larger than its bytes allow, whatever stands in them."""

import contextlib
import io
import json
import tracemalloc
from typing import Any

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events.schemas import schema_files
from streams.events.schemas.bounds import is_bounded
from streams.kafka import codec
from streams.kafka.avro_arrays import long

NULLS = {"type": "array", "items": "null"}
EMPTY = {"type": "record", "name": "E", "fields": [{"name": "n", "type": "null"}]}
FULL = {"type": "record", "name": "F", "fields": [{"name": "n", "type": "long"}]}
TREE = {"type": "record", "name": "ns.T", "fields": [{"name": "left", "type": ["null", "ns.T"]}]}


@pytest.mark.parametrize("name", schema_files.SCHEMAS)
def test_ours_are_bounded(name: str) -> None:
    """Readers take all of our own schemas."""
    assert is_bounded(json.loads(codec.schema_text(name)))


@pytest.mark.parametrize(
    "schema",
    [
        NULLS,
        {"type": "array", "items": EMPTY},
        {"type": "array", "items": {"type": "fixed", "name": "F", "size": 0}},
        {"type": "map", "values": NULLS},
        {"type": "record", "name": "R", "fields": [{"name": "a", "type": EMPTY}, {"name": "b", "type": NULLS}]},
        {"type": "record", "name": "R", "fields": [
            {"name": "a", "type": EMPTY}, {"name": "b", "type": {"type": "array", "items": "E"}}]},
        ["null", NULLS],
        {"type": NULLS},
        {"type": "array", "items": "unknown"},
        {"type": "record", "name": "R", "fields": [
            {"name": "a", "type": {**EMPTY, "name": "a.E"}}, {"name": "b", "type": {**FULL, "name": "b.E"}},
            {"name": "c", "type": {"type": "array", "items": "a.E"}}]},
        {"type": "record", "name": "R", "fields": [
            {"name": "a", "type": {**FULL, "name": "x.null"}}, {"name": "b", "type": NULLS}]},
        TREE,
    ],
)  # fmt: skip
def test_bombs(schema: Any) -> None:
    """An array of what takes no byte, wherever it is, and a type that holds itself."""
    assert not is_bounded(schema)


nested = st.recursive(
    st.sampled_from(["null", "boolean", "long", "string", ["null", "long"]]),
    lambda inner: (
        inner.map(lambda items: {"type": "array", "items": items})
        | inner.map(lambda values: {"type": "map", "values": values})
    ),
    max_leaves=4,
)


@given(nested, st.binary(max_size=24) | st.integers(1, 2**20).map(lambda count: long(count) + b"\0"))
def test_entries_are_no_more_than_bytes(schema: Any, value: bytes) -> None:
    """Whatever bytes come: what is read with a bounded schema has at most as many entries as they are."""
    if is_bounded(schema):
        try:
            found = fastavro.schemaless_reader(io.BytesIO(value), schema)
        except Exception:  # because fastavro has another for each byte
            return
        assert _entries(found) <= len(value)


def _entries(found: Any) -> int:
    inside = found.values() if isinstance(found, dict) else found if isinstance(found, list) else ()
    return sum(1 + _entries(one) for one in inside)


HOSTILE = {
    "a count": long(2**62),
    "a negative count": long(-(2**62)) + long(8),
    "a block's size": long(-1) + long(2**62),
    "a text's length": long(2**60),
    "a negative length": long(-(2**60)),
}


@pytest.mark.parametrize("name", schema_files.SCHEMAS)
@pytest.mark.parametrize("bytes_", HOSTILE.values(), ids=HOSTILE)
def test_lengths_that_lie(name: str, bytes_: bytes) -> None:
    """A length or a count that its record does not hold ends with an error, not with memory: at any place of it."""
    schema = fastavro.parse_schema(json.loads(codec.schema_text(name)))
    read: list[int] = []
    tracemalloc.start()
    try:
        for zeros in range(120):
            value = b"\0\0\0\0\1" + b"\0" * zeros + bytes_
            with contextlib.suppress(Exception):  # because fastavro has another for each byte
                read.append(_entries(codec.decode(value, schema)))
        assert tracemalloc.get_traced_memory()[1] < 4 * 2**20
    finally:
        tracemalloc.stop()
    assert max(read, default=0) < 400
