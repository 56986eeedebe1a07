"""What the tables are made from, against what the group has committed."""

from hypothesis import given
from hypothesis import strategies as st

from streams.engine.positions.ledger import Entry, Ledger, LedgerVerdict, decode, encode

A, B = ("raw.a", 0), ("raw.b", 0)
IDS = {"raw.a": "id-a", "raw.b": "id-b"}
SOURCES = st.tuples(st.sampled_from(["raw.a", "raw.b"]), st.integers(0, 3))
OFFSETS = st.dictionaries(SOURCES, st.integers(0, 2**62), max_size=6)


def ledger(*entries: tuple[str, int, str]) -> Ledger:
    return Ledger(IDS, {0: {topic: Entry(offset, id) for topic, offset, id in entries}})


def test_verdicts() -> None:
    """Equal is right; less in the tables is a missing commit; more a group that forgot; another id another topic."""
    known = ledger(("raw.a", 7, "id-a"), ("raw.b", 7, "made before"))
    assert known.judge({A: 7}) == {A: LedgerVerdict.EQUAL}
    assert known.judge({A: 8}) == {A: LedgerVerdict.TABLES_BEHIND}
    assert known.judge({A: 6}) == known.judge({A: -1}) == {A: LedgerVerdict.GROUP_BEHIND}
    assert known.judge({B: 7}) == {B: LedgerVerdict.OTHER_TOPIC}
    assert known.judge({B: -1}) == {B: LedgerVerdict.MADE_ANEW}
    assert ledger().judge({A: 7, B: -1}) == {A: LedgerVerdict.UNKNOWN, B: LedgerVerdict.UNKNOWN}


def test_starts() -> None:
    """What the group forgot is taken from the tables, all else from the group."""
    known = ledger(("raw.a", 7, "id-a"), ("raw.b", 7, "id-b"))
    assert known.starts({A: -1, B: 7}) == {A: 7, B: 7}
    assert known.starts({A: 9, B: 3}) == {A: 9, B: 7}
    assert ledger(("raw.a", 7, "made before")).starts({A: -1}) == {A: -1}
    known.forget([A])
    assert known.starts({A: -1, B: 3}) == {A: -1, B: 7}


@given(st.lists(OFFSETS.filter(bool), min_size=1, max_size=5))
def test_a_restart_finds_what_was_committed(commits: list[dict[tuple[str, int], int]]) -> None:
    """The rows of all transactions, the newest of each partition kept, are equal to the sum of their offsets."""
    before, rows, committed = Ledger(IDS, {}), {}, {}
    for offsets in commits:
        rows |= before.rows(offsets)
        committed |= offsets
    after = Ledger(IDS, {partition: decode(row) for partition, row in rows.items()})
    assert set(after.judge(committed).values()) == {LedgerVerdict.EQUAL}
    assert after.starts(committed) == committed


def test_no_row() -> None:
    """A row that is not there says nothing; one that is there is read as it was written."""
    assert decode(None) == {}
    page = {"raw.a": Entry(3, "id-a")}
    assert decode(encode(page)) == page
