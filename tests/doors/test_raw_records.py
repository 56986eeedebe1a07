"""A raw record's times and row, by its headers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.doors.raw_records import RawRecord, RowMaker, as_it_is
from streams.doors.sightings import EARLY, Numbered, Sighting, Sightings
from streams.events.times import clock_ms, millis, rfc3339

STORED_MS = 1_780_480_800_000


def record(**headers: str) -> RawRecord:
    named = {"ce_door": "webhook", "ce_type": "x.y.z", **headers}
    return RawRecord("t", 0, 7, STORED_MS, b"u:other", b"{}", {name: text.encode() for name, text in named.items()})


@given(st.integers(0, 253_402_300_799_999))
def test_a_time_is_read_to_the_millisecond(at_ms: int) -> None:
    """As the doors write it, of every year that a datetime holds."""
    assert record(ce_receivedtime=rfc3339(at_ms)).received_ms == at_ms


@pytest.mark.parametrize(
    "text",
    ["2026-06-03T09:15:00Z", "2026-06-03T11:15:00.123456+02:00", "2026-13-03T09:15:00.123Z", "2026-06-03T09:15:aa.123Z",
     "2026-06-03T09:15:60.000Z", "2026-06-03x09:15:00.123Z", "soon"],
)  # fmt: skip
def test_any_other_time_is_read_as_everywhere(text: str) -> None:
    """What is none is replaced by the time at which Kafka stored the record."""
    wanted = millis(text)
    assert record(ce_receivedtime=text).received_ms == (STORED_MS if wanted is None else clock_ms(wanted))


def test_a_time_of_sending_after_its_arrival_is_a_wrong_clock() -> None:
    """More than clocks of one sender may differ: the arrival counts."""
    received = rfc3339(STORED_MS)
    assert record(ce_time=rfc3339(STORED_MS + 200_000), ce_receivedtime=received).sent_ms == STORED_MS + 200_000
    assert record(ce_time=rfc3339(STORED_MS + 400_000), ce_receivedtime=received).sent_ms == STORED_MS
    assert record(ce_receivedtime=received).sent_ms == STORED_MS


@pytest.mark.parametrize(("sent_ms", "marks"), [(STORED_MS - 1, EARLY), (STORED_MS, 0)])
def test_what_was_sent_before_that_time_is_marked(sent_ms: int, marks: int) -> None:
    """By when it was sent, not by when it came."""
    row = RowMaker(STORED_MS).row(record(ce_time=rfc3339(sent_ms)), as_it_is)
    assert row is not None
    assert row.marks == marks


@pytest.mark.parametrize("door", ["api", "", "of a neighbour"])
def test_what_came_by_no_door_of_junction_s_is_left_out(door: str) -> None:
    """Pages that we fetched, and what nobody knows."""
    assert RowMaker(0).row(record(ce_door=door), as_it_is) is None


_small = st.integers(0, 3)
_rows = st.builds(
    Sighting, st.binary(min_size=16, max_size=16), st.binary(min_size=8, max_size=8), st.integers(-(2**63), 2**63 - 1),
    st.integers(0, 2**63 - 1), st.integers(0, 2**32 - 1), st.integers(0, 2**16 - 1), _small, _small,
)  # fmt: skip


@given(st.lists(_rows, max_size=20))
def test_rows_come_back_as_they_were(rows: list[Sighting]) -> None:
    """All of one event in one heap."""
    kept = Sightings(rows)
    assert sorted(kept.rows()) == sorted(rows)
    assert len(kept) == len(rows)
    heaps = [{row.digest for row in heap} for heap in kept.heaps()]
    assert sum(map(len, heaps)) == len({row.digest for row in rows})
    kept.clear()
    assert len(kept) == 0


def test_more_things_than_numbers_share_the_last_one() -> None:
    """Whoever may send events may make up types; memory stays bounded."""
    numbered = Numbered[bytes](2, b"(others)")
    assert [numbered.number(one) for one in (b"a", b"b", b"a", b"c", b"d", b"b")] == [0, 1, 0, 2, 2, 1]
    assert numbered.things() == [b"a", b"b", b"(others)"]
