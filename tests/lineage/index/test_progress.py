"""How far an index is read, and what it says of that."""

from streams.events.times import DAY_MS
from streams.lineage.index.intake import positions, progress
from streams.lineage.index.intake.positions import Bounds, Position, Source
from streams.lineage.index.intake.progress import Look

SOURCE, OTHER = ("j.lineage", 0), ("j.lineage", 1)
NOW = 20_000 * DAY_MS


def test_positions_come_back() -> None:
    """What is written of a position is what a start goes on from."""
    known = {SOURCE: Position("id", 7, 1, 2, False), OTHER: Position("id", 0)}
    assert dict(positions.position_in(*row) for row in positions.rows_of(known).items()) == known


def test_where_to_go_on() -> None:
    """A partition goes on where it was left; what is gone is passed over, and then what came before is not whole."""
    bounds = {SOURCE: Bounds(5, 90), OTHER: Bounds(0, 10)}
    found = positions.to_read({SOURCE: Position("id", 50, 1, 2)}, {"j.lineage": "id"}, bounds, NOW)
    assert found == {SOURCE: Position("id", 50, 1, 2), OTHER: Position("id", 0, is_whole=True)}
    (late,) = positions.to_read(
        {SOURCE: Position("id", 3, 1, 2)}, {"j.lineage": "id"}, {SOURCE: bounds[SOURCE]}, NOW
    ).values()
    assert late == Position("id", 5, 0, 2, is_whole=False)
    (new,) = positions.to_read({}, {"j.lineage": "id"}, {SOURCE: bounds[SOURCE]}, NOW).values()
    assert new == Position("id", 5, aged_ms=NOW)


def test_first_and_last_rows() -> None:
    """A partition that is whole begins with its earliest row, one that has lost some with the first that was left."""
    whole = Position("id", 0).after(1, 500, NOW).after(2, 0, NOW).after(3, 300, NOW).after(4, 900, NOW)
    assert (whole.next, whole.first_ms, whole.last_ms) == (4, 300, 900)
    assert whole.after(5, 700, NOW).last_ms == 700, "a clock that was ahead for one row is forgotten with the next one"
    assert whole.after(5, NOW + 9, NOW).last_ms == NOW
    assert Position("id", 7, is_whole=False).after(8, NOW + 9, NOW).first_ms == NOW, "no index begins in the future"
    assert Position("id", 7, is_whole=False).after(8, 500, NOW).after(9, 300, NOW).first_ms == 500


def test_a_topic_made_anew_is_noticed() -> None:
    """By its id; and where it ends before our place, as in a Kafka that was put back from a copy."""
    known = {SOURCE: Position("id", 50)}
    assert not positions.is_of_another_topic(known, {"j.lineage": "id"}, {SOURCE: Bounds(0, 50)})
    assert positions.is_of_another_topic(known, {"j.lineage": "other"}, {SOURCE: Bounds(0, 50)})
    assert positions.is_of_another_topic(known, {"j.lineage": "id"}, {SOURCE: Bounds(0, 49)})


def looked(at: dict[Source, Position], ends: dict[Source, int], at_ms: int, before: Look | None = None) -> Look:
    """A look at these ends, with a margin of 1,200 ms."""
    return progress.look(at, {one: Bounds(0, end) for one, end in ends.items()}, at_ms, 1_200, before or Look())


def test_all_before_is_here() -> None:
    """All is read: up to now, less what may be on its way. Something is left: up to the last row of that partition."""
    at = {SOURCE: Position("id", 9, 100, NOW - 500), OTHER: Position("id", 4, 100, NOW - 900_000)}
    current = looked(at, {SOURCE: 9, OTHER: 4}, NOW)
    assert (current.as_of_ms, current.read_ms) == (NOW - 1_200, NOW)
    behind = looked(at, {SOURCE: 11, OTHER: 4}, NOW)
    assert (behind.as_of_ms, behind.read_ms) == (NOW - 1_200, 0), "a row that is newer than the margin says nothing"
    assert looked(at, {SOURCE: 9, OTHER: 5}, NOW).as_of_ms == NOW - 900_000
    assert looked(at, {SOURCE: 9, OTHER: 5}, NOW + 60_000, current).as_of_ms == NOW - 1_200


def test_partitions_that_are_written_to_all_the_time() -> None:
    """At each look one is behind its end of now; what it had at the look before is read, and so is the whole index."""
    at, seen = {SOURCE: Position("id", 10, 100, NOW - 900_000), OTHER: Position("id", 10, 100, NOW - 900_000)}, Look()
    for second in range(9):
        places = SOURCE, OTHER
        ends = {places[second % 2]: 12 + second, places[second % 2 - 1]: at[places[second % 2 - 1]].next}
        seen = looked(at, ends, NOW + second * 1_000, seen)
        at = {one: Position("id", end, 100, NOW - 900_000) for one, end in ends.items()}  # read a moment later
    assert seen.read_ms == NOW + 7_000
    assert seen.as_of_ms == NOW + 7_000 - 1_200
    assert progress.reach(seen, 7, NOW + 9_000, 30).behind_s == 0.0


def test_a_transaction_that_stays_open() -> None:
    """Rows that were processed before it ends may be in it: the index reaches no further than the look before it."""
    at = {SOURCE: Position("id", 9, 100, NOW - 900_000)}
    seen = looked(at, {SOURCE: 9}, NOW)
    for second in range(1, 30):
        seen = looked(at, {SOURCE: 9 + second}, NOW + second * 1_000, seen)
        assert (seen.read_ms, seen.as_of_ms) == (NOW, NOW - 1_200)
    assert len(seen.ends[SOURCE].waiting) == progress.WAITING_MAX
    assert progress.reach(seen, 7, NOW + 29_000, 30).behind_s == 30.2
    half = {SOURCE: Position("id", 12, 100, NOW - 900_000)}
    assert looked(half, {SOURCE: 50}, NOW + 30_000, seen).read_ms == NOW + 3_000
    assert looked({SOURCE: Position("id", 50)}, {SOURCE: 50}, NOW + 30_000, seen).read_ms == NOW + 30_000


def test_behind() -> None:
    """By its last look, if that is fresh; while Kafka is away it grows, to no more than the topic keeps."""
    seen = Look(NOW - 1_000, NOW)
    assert progress.reach(seen, 7, NOW + 1_000, 30).behind_s == 0.0
    assert progress.reach(seen, 7, NOW + 60_000, 30).behind_s == 61.0
    assert progress.reach(Look(), 0, NOW, 30).behind_s == 30 * DAY_MS / 1000


def test_since_when() -> None:
    """The first row; no day that was dropped; nothing before the first row of a partition that had lost some."""
    whole, late = Position("id", 9, 100, 200), Position("id", 9, 150, 200, False)
    assert progress.first_ms([], 0, NOW) == progress.first_ms([Position("id", 0)], 50, NOW) == 0
    assert progress.first_ms([whole, Position("id", 9, 180, 200)], 0, NOW) == 100
    assert progress.first_ms([whole, late], 0, NOW) == 150
    assert progress.first_ms([whole, late], 170, NOW) == 170


def test_a_partition_whose_unread_rows_are_gone() -> None:
    """With none left, nothing before now is known to be whole; once its end was met, nothing before that moment."""
    whole, known, gone = Position("id", 9, 100, 200), {OTHER: Position("id", 3, 100, 200)}, {OTHER: Bounds(50, 50)}
    (emptied,) = positions.to_read(known, {"j.lineage": "id"}, gone, NOW - 30 * DAY_MS).values()
    assert progress.first_ms([whole, emptied], 0, NOW) == NOW
    assert progress.first_ms([whole, emptied.at_end(50, NOW).at_end(50, NOW + 9)], 0, NOW + 60) == NOW
    assert emptied.after(51, NOW - 5, NOW).at_end(51, NOW).first_ms == NOW - 5, "its first row says more"
    assert whole.at_end(9, NOW) == whole


def test_a_partition_that_was_idle_when_reading_began() -> None:
    """What had gone of it by then went by its age: an index that is made anew holds all days that Kafka keeps."""
    aged_ms = NOW - 30 * DAY_MS
    bounds = {SOURCE: Bounds(7, 90), OTHER: Bounds(50, 50)}
    found = positions.to_read({}, {"j.lineage": "id"}, bounds, aged_ms)
    busy, idle = found[SOURCE].after(90, aged_ms - 9, NOW), found[OTHER].at_end(50, NOW)
    assert progress.first_ms([busy, idle], 0, NOW) == aged_ms
    assert progress.first_ms([busy, idle.after(51, NOW - 5, NOW)], 0, NOW) == aged_ms, "its next row says nothing of it"
    late = found[SOURCE].after(90, NOW - DAY_MS, NOW)
    assert progress.first_ms([late, idle], 0, NOW) == NOW - DAY_MS, "nothing is known of days of which no row was read"
    assert progress.first_ms([idle], 0, NOW) == 0


def test_a_clock_that_was_ahead() -> None:
    """What a look said of a time that is still to come is not believed, neither by the next look nor in an answer."""
    at = {SOURCE: Position("id", 9, 100, NOW - 500_000)}
    ahead = looked(at, {SOURCE: 9}, NOW + 365 * DAY_MS)
    ahead = looked(at, {SOURCE: 10}, NOW + 365 * DAY_MS + 1_000, ahead)
    behind, current = looked(at, {SOURCE: 500}, NOW, ahead), looked(at, {SOURCE: 9}, NOW, ahead)
    assert (behind.as_of_ms, behind.read_ms) == (NOW - 500_000, 0)
    assert (current.as_of_ms, current.read_ms) == (NOW - 1_200, NOW)
    told = progress.reach(ahead, 7, NOW, 30)
    assert (told.as_of_ms, told.behind_s) == (0, 30 * DAY_MS / 1000)


def test_a_topic_is_read_to_its_end() -> None:
    """Once each partition is read up to where it ended when reading began; not while nobody knows where that is."""
    states = ("j.connections", 0), ("j.connections", 1)
    ends = {states[0]: Bounds(0, 5), states[1]: Bounds(0, 0), SOURCE: Bounds(0, 90)}
    at = {states[0]: Position("id", 5), states[1]: Position("id", 0), SOURCE: Position("id", 3)}
    assert progress.is_read(at, ends, "j.connections")
    assert not progress.is_read(at | {states[0]: Position("id", 4)}, ends, "j.connections")
    assert not progress.is_read(at, ends, "j.lineage")
    assert not progress.is_read(at, {SOURCE: Bounds(0, 0)}, "j.connections")
    assert not progress.is_read({}, ends, "j.connections")


def test_how_much_is_read() -> None:
    """A share of what Kafka has."""
    assert progress.share({SOURCE: Position("id", 10)}, {SOURCE: Bounds(5, 15)}) == 0.5
    assert progress.share({}, {}) == 1.0
