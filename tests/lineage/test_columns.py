"""Lineage rows as columns, and back."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events import topics
from streams.kafka import codec
from streams.lineage.columns import ENTITIES_MAX, NAMES_MAX, ROWS_MAX, Columns, record_of, rows_of
from streams.lineage.row import AlertStep, EntityLine, LineageRow, Tally
from tests.folding import CODEC

_words = st.sampled_from(["", "sleep", "oura", "NEW", "daily.data.sleep.created", "ä|%"])
_n = st.integers(0, 2**40)
_names = st.lists(_words.filter(bool), max_size=NAMES_MAX).map(tuple)
_entities = st.builds(
    lambda id, verdict, names, more: EntityLine(id, verdict, names, len(names) + more * (len(names) == NAMES_MAX)),
    _words, _words, _names, st.integers(0, 3),
)  # fmt: skip
_tallies = st.dictionaries(_words, _n, max_size=3).map(lambda found: tuple(Tally(*one) for one in found.items()))
ROWS = st.lists(
    st.builds(
        LineageRow, delivery_id=st.text(max_size=8), raw_topic=_words, partition=st.just(3), offset=_n,
        processed_ms=st.just(7), worker=st.just("w"), version=st.just("1"), redriven_from=_words, created_ms=_n,
        received_ms=_n, owner_id=st.uuids().map(str), event_type=_words, resource=_words, door=_words, origin=_words,
        backfill_id=_words, provider=_words, source_type=_words, first_us=st.integers(-(2**50), 2**50), last_us=_n,
        first_day=st.integers(-9, 30_000), last_day=st.integers(-9, 30_000),
        entities=st.lists(_entities, max_size=3).map(tuple), counted=_tallies, clean=_tallies,
        alerts=st.lists(st.builds(AlertStep, _words, _words), max_size=2).map(tuple), reason=_words, detail=_words,
    ),
    min_size=1, max_size=12,
)  # fmt: skip


@given(ROWS)
def test_rows_come_back_as_they_were(rows: list[LineageRow]) -> None:
    """The law: what a reader makes of the bytes on the topic are the rows that the worker wrote."""
    value = CODEC.encode(topics.LINEAGE, record_of(rows))
    record = codec.decode(value, codec.bare(codec.parsed("Lineage")))
    assert rows_of(record, 3) == rows


def _record() -> dict[str, Any]:
    row = LineageRow(delivery_id="msg_1", raw_topic="raw.labs", partition=0, offset=4, processed_ms=7, owner_id="u",
                     entities=(EntityLine("e", "NEW", ("a",), 1),), clean=(Tally("labs", 1),))  # fmt: skip
    return record_of([row, row])


@pytest.mark.parametrize("column", ["offsets", "owners", "entities", "entity_ids", "clean", "clean_topics"])
def test_a_column_that_is_cut_short_is_no_rows(column: str) -> None:
    """Columns of different length are refused whole: rows would say what belongs to others."""
    record = _record()
    record[column] = record[column][:-1]
    with pytest.raises(ValueError, match="do not fit"):
        rows_of(record, 0)


@pytest.mark.parametrize("place", [-1, 99])
def test_a_word_that_does_not_exist_is_no_rows(place: int) -> None:
    """A place outside of the words is refused, a negative one too, which Python would count from the end."""
    record = _record()
    record["owners"] = [0, place]
    with pytest.raises(ValueError, match="do not fit"):
        rows_of(record, 0)


def test_a_column_of_a_later_version_may_be_missing() -> None:
    """A record without a column says nothing of it, as one of an older version does."""
    record = _record()
    del record["details"], record["alerts"], record["alert_rules"], record["alert_steps"]
    assert [row.detail for row in rows_of(record, 0)] == ["", ""]


def test_a_record_ends_after_so_many_rows_or_bytes() -> None:
    """A record is full at ROWS_MAX rows, and before that at its bytes: it is never larger than Kafka takes."""
    few, large = Columns(), Columns()
    for number in range(ROWS_MAX):
        assert not few.is_full
        few.add(("msg_1", *[""] * 12, number, *[0] * 6))
    assert few.is_full
    while not large.is_full:
        changed = [f"n{len(large)}_{n:060}" for n in range(30)]
        large.add(("i" * 256, *["w" * 256] * 12, *[0] * 7), [("e" * 256, "NEW", changed)] * ENTITIES_MAX)
    value = CODEC.encode(topics.LINEAGE, large.record(0, "w", "1"))
    assert len(large) < ROWS_MAX
    assert len(value) < 900_000


def test_text_beyond_ascii_counts_by_its_bytes() -> None:
    """A record of ids that take four bytes a letter is full in time, too."""
    large = Columns()
    while not large.is_full:
        large.add(("💤" * 256, *["w" * 256] * 12, *[0] * 7), [("💤" * 256, "NEW", ())] * ENTITIES_MAX)
    assert len(CODEC.encode(topics.LINEAGE, large.record(0, "w", "1"))) < 900_000
