"""The cursor rules, by example and by law."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.engine.positions.slices import Cursors, Position, Slice, SliceVerdict

A = ("raw.a", 0)


class At:
    """As much of a record as slices look at."""

    def __init__(self, offset: int) -> None:
        self.offset = offset


def piece(position: Position, end: int, offsets: Sequence[int] | None = None, begin: int | None = None) -> Slice:
    begin = position.offset if begin is None else begin
    records = [At(offset) for offset in (range(begin, end) if offsets is None else offsets)]
    return Slice(A, position.epoch, begin, end, records)


def taken(cursors: Cursors, slices: Slice) -> list[int]:
    return [record.offset for record in cursors.advance(slices)]


def test_next() -> None:
    """A slice that begins at the cursor is processed whole, and moves the cursor to its end."""
    cursors = Cursors()
    at = cursors.assign(1, {A: 10})[A]
    first = piece(at, 15)
    assert cursors.judge(first) is SliceVerdict.NEXT
    assert taken(cursors, first) == [10, 11, 12, 13, 14]
    assert cursors.judge(piece(at, 20, begin=15)) is SliceVerdict.NEXT


def test_gap_in_offsets_is_no_hole() -> None:
    """Compaction, aborted records and commit markers leave gaps between records, not between slices."""
    cursors = Cursors()
    at = cursors.assign(1, {A: 10})[A]
    sparse = piece(at, 40, offsets=[17, 30])
    assert cursors.judge(sparse) is SliceVerdict.NEXT
    assert taken(cursors, sparse) == [17, 30]
    assert cursors.judge(piece(at, 50, begin=40)) is SliceVerdict.NEXT


def test_hole() -> None:
    """A slice that begins after the cursor is a hole; what was read beyond it is stale after the seek."""
    cursors = Cursors()
    at = cursors.assign(1, {A: 10})[A]
    beyond = piece(at, 30, begin=20)
    assert cursors.judge(beyond) is SliceVerdict.HOLE
    again = cursors.heal(A)
    assert again.offset == 10
    assert cursors.judge(beyond) is SliceVerdict.STALE
    assert cursors.judge(piece(again, 30)) is SliceVerdict.NEXT


def test_trim() -> None:
    """A slice that begins before the cursor loses the records that were processed already."""
    cursors = Cursors()
    at = cursors.assign(1, {A: 10})[A]
    cursors.advance(piece(at, 15))
    overlap = piece(at, 20, begin=12, offsets=[12, 14, 16, 18])
    assert cursors.judge(overlap) is SliceVerdict.NEXT
    assert taken(cursors, overlap) == [16, 18]


def test_stale() -> None:
    """Before the cursor, of another assignment, or of a partition that is not ours: dropped in silence."""
    cursors = Cursors()
    old = cursors.assign(1, {A: 10})[A]
    cursors.advance(piece(old, 15))
    assert cursors.judge(piece(old, 15)) is SliceVerdict.STALE
    cursors.assign(2, {A: 15})
    assert cursors.judge(piece(old, 20, begin=15)) is SliceVerdict.STALE
    cursors.clear()
    assert cursors.judge(piece(old, 20, begin=15)) is SliceVerdict.STALE


def test_seek_in_an_open_transaction() -> None:
    """Within a generation a seek never moves the cursor below what was processed; in a new one it does."""
    cursors = Cursors()
    cursors.advance(piece(cursors.assign(1, {A: 10})[A], 15))
    assert cursors.assign(1, {A: 10})[A].offset == 15
    assert cursors.assign(2, {A: 10})[A].offset == 10


def test_abort() -> None:
    """After `clear` the same generation begins again at the committed offset."""
    cursors = Cursors()
    cursors.advance(piece(cursors.assign(1, {A: 10})[A], 15))
    cursors.clear()
    assert cursors.assign(1, {A: 10})[A].offset == 10


@settings(max_examples=300)
@given(st.data())
def test_no_hole_and_no_repetition(data: st.DataObject) -> None:
    """Whatever slices vanish, repeat or arrive late, records are processed once each, in order, without a hole."""
    log = sorted(data.draw(st.sets(st.integers(0, 60), max_size=40), label="log"))
    cursors, generation = Cursors(), 1
    reader = cursors.assign(generation, {A: 0})[A]
    processed: list[int] = []
    committed: list[int] = []
    seen: list[Slice] = []
    for _ in range(data.draw(st.integers(0, 40), label="steps")):
        match data.draw(st.sampled_from(["poll", "lose", "late", "commit", "abort", "rebalance"])):
            case "poll" | "lose" as what:
                end = min(61, reader.offset + data.draw(st.integers(1, 9)))
                found = piece(reader, end, [offset for offset in log if reader.offset <= offset < end])
                reader = Position(reader.epoch, end)
                seen.append(found)
                arrived = found if what == "poll" else None
            case "late":
                arrived = data.draw(st.sampled_from(seen)) if seen else None
            case "commit":
                committed = list(processed)
                continue
            case "abort":
                processed = list(committed)
                cursors.clear()
                reader = cursors.assign(generation, {A: committed[-1] + 1 if committed else 0})[A]
                continue
            case _:
                generation += 1
                processed = list(committed)
                reader = cursors.assign(generation, {A: committed[-1] + 1 if committed else 0})[A]
                continue
        if arrived is None:
            continue
        match cursors.judge(arrived):
            case SliceVerdict.NEXT:
                processed += taken(cursors, arrived)
            case SliceVerdict.HOLE:
                reader = cursors.heal(A)
        assert processed == log[: len(processed)]
