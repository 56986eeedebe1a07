"""State rows of every format that is read, literally; and the one outcome of all others."""

import json
import re
from pathlib import Path
from typing import Any
from zlib import crc32

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.alerts.episodes import baseline, crowded_minutes, silence, window
from streams.alerts.lives import user
from streams.engine.positions import ledger
from streams.ops.errors import Misconfigured, Rejected
from streams.tables import connections, coverage, drift_counts, hour_blocks, rows, sources, summaries
from streams.tables.history import backfills
from streams.tables.history import job as jobs
from streams.tables.rows import RowKind
from streams.tables.sources import Maker
from streams.tables.summaries import packed_row
from tests.golden_rows import GOLDEN, Golden

REPO = Path(__file__).parents[2]
NAMES = [f"{one.kind.name}-{one.stored[0]}" for one in GOLDEN]

# The shape of what is decoded, by kind and format. A field more, with a default or without, is another shape: rows of
# two versions would be told apart by nothing. So never change a number here: add one, with a format of its own.
SHAPES: dict[tuple[RowKind, int], tuple[Any, int]] = {
    (rows.CONNECTION, 1): (connections.Connection, 0x2E0B586B),
    (rows.COVERAGE, 1): (coverage.Coverage, 0x27A9F720),
    (rows.BACKFILL, 1): (backfills._Backfill1, 0x4756EECC),
    (rows.BACKFILL, 2): (backfills.Backfill, 0xFD05EA52),
    (rows.SUMMARY, 2): (summaries.RepeatFields, 0x4F3915B4),
    (rows.SUMMARY, 3): (packed_row.PackedRow, 0x06D027C1),
    (rows.RIVALS, 1): (sources.Rivals, 0x88A8C95A),
    (rows.ZONE, 1): (tuple[int, str], 0x6CE5C801),
    (rows.MAKERS, 1): (tuple[Maker, ...], 0x043642FE),
    (rows.DRIFT, 1): (drift_counts._DriftCount1, 0x72D187EF),
    (rows.DRIFT, 2): (drift_counts.DriftCount, 0xB7A67783),
    (rows.USER, 1): (user.User, 0x82365E01),
    (rows.WINDOW, 1): (window._Stored, 0xBC951110),
    (rows.CROWD, 1): (crowded_minutes._Stored, 0x65AEF18D),
    (rows.BASELINE, 1): (baseline.Days, 0xC81B2227),
    (rows.ARRIVALS, 1): (silence.Arrivals, 0x0F5E729B),
    (rows.TIMER, 1): (tuple[str, str], 0x2944ED18),
    (rows.JOB, 1): (jobs.Job, 0x191D4450),
    (rows.OFFSETS, ord("{")): (dict[str, ledger.Entry], 0x5D9707CA),
}
BY_HAND = {
    rows.ENTITY,
    rows.NUMBERS,
    rows.HASHES,
    rows.BLOCK,
    rows.DELIVERY,
}  # their bytes are laid out without a library


@pytest.mark.parametrize("golden", GOLDEN, ids=NAMES)
def test_golden_rows(golden: Golden) -> None:
    """Bytes that some version wrote mean what they meant; today's are what is written."""
    assert golden.read(golden.stored) == golden.means
    if golden.write is not None:
        assert golden.write(golden.means) == golden.stored


def test_every_format_has_a_golden_row() -> None:
    """Each kind and each of the formats that it reads is among them, and its shape where a library decodes it."""
    assert {(one.kind, one.stored[0]) for one in GOLDEN} == {(kind, n) for kind in rows.KINDS for n in kind.reads}
    shaped = {kind for kind, _ in SHAPES}
    assert shaped | BY_HAND == set(rows.KINDS)
    assert {(kind, n) for kind in shaped for n in kind.reads} == set(SHAPES)


@pytest.mark.parametrize(("kind", "number"), SHAPES, ids=[f"{kind.name}-{n}" for kind, n in SHAPES])
def test_a_shape_keeps_its_number(kind: RowKind, number: int) -> None:
    """Whoever changes what a row holds gives it a new number, also for a field with a default."""
    of, known = SHAPES[kind, number]
    assert _shape(of) == known, f"another shape of {kind.name}: see streams/tables/rows.py for what to do"


def _shape(of: Any) -> int:
    schema = msgspec.json.schema(of)
    return crc32(json.dumps(_bare(schema, schema.get("$defs", {})), sort_keys=True).encode())


_NO_SHAPE = frozenset({"description", "title", "minimum", "maximum", "minLength", "maxLength", "$defs"})


def _bare(node: Any, types: dict[str, Any]) -> Any:
    """Without words and names of types, which may change, and without bounds, which refuse values and lay out no bytes.

    `types`: by the name that the schema refers to them with; each stands where it is referred to.
    """
    if isinstance(node, dict):
        if "$ref" in node:
            return _bare(types[node["$ref"].rpartition("/")[2]], types)
        return {key: _bare(value, types) for key, value in node.items() if key not in _NO_SHAPE}
    return [_bare(one, types) for one in node] if isinstance(node, list) else node


@given(st.sampled_from(rows.KINDS), st.binary(max_size=100))
def test_framing(kind: RowKind, payload: bytes) -> None:
    """What is packed is unpacked; the format is the first byte, and it is the one that is written."""
    row = rows.pack(kind, payload)
    assert (rows.unpack(kind, row), rows.check(kind, row), row[0]) == (payload, kind.writes, kind.writes)


@given(st.sampled_from(GOLDEN), st.integers(0, 255) | st.none())
def test_any_other_format(golden: Golden, number: int | None) -> None:
    """A row of a format that is not read is refused by whoever reads it, whatever follows; it is no Rejected."""
    kind = rows.BLOCK if golden.read is hour_blocks.unpack else golden.kind
    if number in kind.reads:
        return
    row = b"" if number is None else bytes([number]) + golden.stored[1:]
    with pytest.raises(Misconfigured) as refused:
        golden.read(row)
    assert not isinstance(refused.value, Rejected)
    sentence = str(refused.value)
    for part in (kind.table, kind.name, f"has format {'none' if number is None else number},", "Start that version"):
        assert part in sentence


def test_a_kind_packs_with_the_number_that_it_writes() -> None:
    """Also one that is new, which has no golden row yet."""
    kind = RowKind("t", "a thing", 3, older=(1, 2))
    assert (rows.pack(kind, b"x"), rows.unpack(kind, b"\x03x"), rows.unpack(kind, b"\x01x")) == (b"\x03x", b"x", b"x")
    assert [rows.check(kind, bytes([number])) for number in kind.reads] == [1, 2, 3]


def test_what_a_refusal_says() -> None:
    """Whose row it is, which formats are read, that nothing was lost, and what a person can do, by its exact names."""
    with pytest.raises(Misconfigured) as refused:
        rows.unpack(rows.BACKFILL, b"\x09")
    assert str(refused.value) == (
        "a row of the table backfills (a backfill) has format 9, and this version reads 1 and 2: another version of "
        "this program wrote it. Nothing of this transaction was committed. Start that version, or a newer one, in the "
        "whole group. `--rebuild-state` brings the same row back from Kafka's changelog; a version that cannot read it "
        "needs a new STREAMS_GROUP_ID, which reads, and emits, all of the raw topics again."
    )


@given(st.integers(0, 255), st.sampled_from([0, 1, 5]), st.integers(0, 9))
def test_a_block_of_another_format(number: int, offset_us: int, delivery_ms: int) -> None:
    """Samples are compared with a block of their own kind only, also by the shortcuts, which look at no content."""
    stored = hour_blocks.pack(rows.NUMBERS, {5: (5, 7, 1.0)})
    if number != rows.NUMBERS.writes:
        with pytest.raises(Misconfigured, match=f"as numbers\\) has format {number},"):
            hour_blocks.fold(bytes([number]) + stored[1:], rows.NUMBERS, delivery_ms, [offset_us], [1.0], [7])


def test_an_unknown_shape_of_the_offsets() -> None:
    """The engine's own row is JSON: also where another version wrote other JSON, the sentence says so."""
    for row in (b'{"junction.raw.labs": [41, "id", 7]}', b'{"junction.raw.labs": 41}', b"{"):
        with pytest.raises(Misconfigured, match="JSON of another shape"):
            ledger.decode(row)


def test_framing_is_done_in_one_place() -> None:
    """No module but `rows` puts a format before a row or takes one off."""
    framing = re.compile(r"\b_FORMAT\b|memoryview\(\w+\)\[1:\]|\bbytes\(\[kind\]\)")
    found = [
        path.name
        for room in ("streams", "connectors")
        for path in (REPO / room).rglob("*.py")
        if framing.search(path.read_text())
    ]
    assert found == []
