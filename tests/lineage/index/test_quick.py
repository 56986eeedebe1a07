"""The quick way from a record of the topic into the index, against the plain one."""

import json
from contextlib import suppress
from io import BytesIO
from typing import Any

import fastavro
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from streams.events.schemas import schema_text
from streams.kafka import codec
from streams.lineage.columns import record_of, rows_of
from streams.lineage.index.rows import varints, wire
from streams.lineage.index.temporary import temporary_index
from streams.lineage.row import EntityLine, LineageRow, Tally
from tests.lineage.index.made import IDS, NOW_MS, USERS, row, rows
from tests.lineage.index.test_answers import answers

SCHEMA = codec.bare(json.loads(schema_text("Lineage")))
LAYOUT = wire.layout_of(SCHEMA) or ()


def writable(row: LineageRow) -> LineageRow:
    """The row as a worker can write it: a verdict has one count, and no more names have changed than fields."""
    fields: dict[str, Any] = {name: getattr(row, name) for name in LineageRow.__slots__}
    once = {name: tuple(Tally(*one) for one in dict(fields[name]).items()) for name in ("counted", "clean")}
    entities = tuple(
        one._replace(n_changed=len(one.changed_fields) + 2 * (len(one.changed_fields) > 2)) for one in row.entities
    )
    changed = tuple(one if one.n_changed <= 3 else one._replace(n_changed=3) for one in entities)
    return LineageRow(**fields | once | {"entities": changed})


of_one_record = st.lists(
    rows(partition=1, processed_ms=NOW_MS, worker="w0", version="0.1.0").map(writable),
    min_size=1,
    max_size=12,
    unique_by=lambda row: row.place,
)


def wide() -> list[LineageRow]:
    """As many rows as make columns of two bytes, with ids in their short and their long forms."""
    return [
        row(
            delivery_id=f"msg_{n:027d}" if n % 3 else IDS[0][:-1],
            offset=n * 1000,
            partition=1,
            worker="w0",
            version="0.1.0",
            owner_id=USERS[n % 3] if n % 5 else f"user {n}",
            received_ms=NOW_MS - n,
            last_us=(NOW_MS - 5 * n) * 1000 + n % 2,
            entities=tuple(EntityLine(USERS[n % 3], "CHANGED", (f"f{n}",), 1) for _ in range(n % 4)),
            counted=(Tally("NEW", n), Tally("SAME", 70 * n)) if n % 2 else (),
        )
        for n in range(200)
    ]


@settings(max_examples=60)
@given(of_one_record)
@example(wide())
def test_the_quick_way_gives_the_same_index(found: list[LineageRow]) -> None:
    """Law: a record's bytes, split into columns and joined, give the answers that its rows give."""
    record = record_of(found)
    assert rows_of(record, 1) == found
    with temporary_index() as one, temporary_index() as two:
        one.writer.add(found)
        one.writer.commit()
        assert two.writer.add_columns(wire.split(codec.writer("Lineage")(record), LAYOUT), 1) == len(found)
        two.writer.commit()
        assert answers(one) == answers(two)


def test_an_older_version_writes_fewer_columns() -> None:
    """A record without columns that came later is read as one that knows nothing of them."""
    older = SCHEMA | {"fields": [one for one in SCHEMA["fields"] if not one["name"].startswith(("alert", "backfill"))]}
    body = BytesIO()
    record = record_of(wide())
    fastavro.schemaless_writer(body, older, record)
    del record["alerts"], record["alert_rules"], record["alert_steps"], record["backfills"]
    with temporary_index() as one, temporary_index() as two:
        one.writer.add(rows_of(record, 1))
        one.writer.commit()
        two.writer.add_columns(wire.split(body.getvalue(), wire.layout_of(older) or ()), 1)
        two.writer.commit()
        assert answers(one) == answers(two)


@given(st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(-70, 200)))
def test_columns_of_numbers(found: list[int]) -> None:
    """Law: numbers of any size come back from their bytes, together and one by one, and their end is found."""
    region = varints.joined(found)
    assert list(varints.numbers(region, len(found))) == found
    assert b"".join(varints.tokens(region, len(found))) == region
    assert varints.end_of(region + b"\0\x80", 0, len(found)) == len(region)
    assert [varints.number_at(varints.number(n), 0)[0] for n in found] == found


@settings(max_examples=150)
@given(st.data())
def test_damaged_bytes_are_refused(data: st.DataObject) -> None:
    """Law: a record that is cut, or of which a byte is another, is read as a record or refused with ValueError."""
    body = bytearray(codec.writer("Lineage")(record_of(wide()[:6])))
    at = data.draw(st.integers(0, len(body) - 1))
    damaged = (
        bytes(body[:at]) if data.draw(st.booleans()) else bytes(body[:at] + bytes([body[at] ^ 0x81]) + body[at + 1 :])
    )
    with temporary_index() as index:
        with suppress(ValueError):
            index.writer.add_columns(wire.split(damaged, LAYOUT), 1)
        index.writer.commit()


@pytest.mark.parametrize("n", [0, 1, 3])
def test_names_of_changed_fields_are_as_many_as_are_said(n: int) -> None:
    """A record with more or fewer names than its entities say is refused: another entity's bytes would be a name."""
    record = record_of([row(entities=(EntityLine("e", "CHANGED", ("a", "b"), 2),))])
    record["changed_names"] = (record["changed_names"] * 2)[:n]
    with temporary_index() as index, pytest.raises(ValueError, match="different length"):
        index.writer.add_columns(wire.split(codec.writer("Lineage")(record), LAYOUT), 1)


def test_a_schema_of_another_form_has_no_layout() -> None:
    """What has other fields than numbers, texts and lists of them is left to the general reader."""
    assert wire.layout_of({"fields": [{"name": "a", "type": {"type": "map", "values": "string"}}]}) is None
    assert wire.layout_of({"fields": [{"name": "a", "type": ["null", "string"]}]}) is None


def test_lists_in_pieces_are_refused() -> None:
    """Avro allows a list in pieces, and pieces that say how many bytes they have; no writer of ours makes them."""
    layout = (("a", wire.NUMBERS),)
    assert list(wire.split(b"\x04\x02\x04\0", layout)["a"].numbers()) == [1, 2]
    for body in (b"\x02\x02\x02\x04\0", b"\x01\x02\x02\0"):
        with pytest.raises(ValueError, match="in pieces"):
            wire.split(body, layout)
