"""Rows as bytes."""

from hypothesis import given
from hypothesis import strategies as st

from streams.lineage.index.rows import compact, keys
from streams.lineage.index.rows.interned import MANY, Interned
from streams.lineage.index.rows.packed import packed, row_key, unpacked
from streams.lineage.index.rows.sketch import Sketch, register
from streams.lineage.row import LineageRow
from tests.lineage.index.made import IDS, NOW_MS, rows


@given(rows(), st.sampled_from([0, 1, 3, 20_000]))
def test_a_row_comes_back_as_it_was(row: LineageRow, things_max: int) -> None:
    """Law: unpacked of packed is the row, also when numbers for words have run out, and the key by id leads to it."""
    interned = Interned(things_max=things_max)
    one = packed(row, interned)
    assert unpacked(one.row_key, one.value, interned) == row
    assert row_key(one.id_key) == one.row_key


@given(st.text() | st.text("0123456789abcdefABCDEF-_msgxyzé ", min_size=30, max_size=37) | st.sampled_from(IDS))
def test_ids_come_back_as_they_were(id: str) -> None:
    """Law: an id that has a short form is the same afterwards, letter by letter, and any other text, too."""
    data = id.encode()
    for short in (compact.delivery(data), compact.uuid(data), compact.text(data)):
        assert compact.id_at(b"?" + short + b"x", 1) == (id, 1 + len(short))


def test_usual_ids_are_short() -> None:
    """An id of Svix takes 21 bytes, a UUID 16: they are most of a row."""
    assert len(compact.delivery(IDS[0].encode())) == 22
    assert len(compact.uuid(b"5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e77")) == 17


def test_a_usual_row_is_small() -> None:
    """What is the same of many rows costs a byte or two in each."""
    interned = Interned()
    row = LineageRow(
        delivery_id=IDS[0],
        raw_topic="raw.summaries",
        partition=3,
        offset=1_000_000,
        processed_ms=NOW_MS,
        received_ms=NOW_MS - 120,
        created_ms=NOW_MS - 2_000,
        owner_id="5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e77",
        event_type="daily.data.sleep.created",
        resource="sleep",
        provider="oura",
    )
    assert len(packed(row, interned).value) < 90


def test_more_things_than_numbers_stay_words() -> None:
    """The number of interned words is bounded; what comes later stands in each row as it is."""
    interned = Interned(things_max=2)
    assert [interned.short(one) for one in ("a", "b", "a", "c")] == [0, 1, 0, MANY]
    assert interned.known("c") == MANY
    assert interned.word_at(interned.token("c"), 0) == ("c", 2)
    assert interned.unsaved() == [(0, "a"), (1, "b")]


@given(st.integers(0, 2**16 - 1), st.integers(0, 2**48 - 2))
def test_places_come_back_from_keys(partition: int, offset: int) -> None:
    """Law: partition and offset are those that were put in, and keys are sorted as they are."""
    assert keys.offset_in(b"l\0\0" + keys.offset(partition, offset)) == (partition, offset)
    assert keys.spot_in(bytes(9) + keys.spot(7, 86_399_999, partition, offset)) == (7, 86_399_999, partition, offset)
    assert keys.offset(partition, offset) < keys.offset(partition, offset + 1)


@given(st.lists(st.integers(0, 3000)), st.randoms())
def test_a_sketch_depends_on_who_came_alone(users: list[int], random: object) -> None:
    """Law: the same users in another order, and again, and with a stop between, give the same bytes."""
    registers = [register(compact.digest(str(user))) for user in users]
    one, two = Sketch(), Sketch()
    one.add(registers)
    two.add(reversed(registers[: len(users) // 2]))
    two = Sketch(two.data())
    two.add(registers)
    assert one.data() == two.data()


def test_a_sketch_counts_within_its_error() -> None:
    """A few users are counted exactly; of many the number is within four times the usual error of 2.3 %."""
    sketch, seen = Sketch(), 0
    for upto in (3, 100, 2_000, 60_000):
        sketch.add(register(compact.digest(str(user))) for user in range(seen, upto))
        seen = upto
        assert abs(Sketch(sketch.data()).users() - upto) <= max(upto * 4 * 0.023, 1 if upto > 3 else 0)
