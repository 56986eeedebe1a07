"""An index under kill -9, on a full disk, and with less room than it wants."""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from streams.events.times import DAY_MS
from streams.lineage.index import erasing
from streams.lineage.index.database import FORMAT_KEY, IndexFull
from streams.lineage.index.intake.retention import GIB, DaysHeld, goes_next, oldest_kept, was_ahead
from streams.lineage.index.rows import keys
from streams.lineage.index.rows.packed import owner_digest
from streams.lineage.index.temporary import TemporaryIndex, temporary_index
from streams.lineage.known import AlertSeen
from tests.chaos import disks
from tests.lineage.index.made import NOW_MS, USERS, row
from tests.lineage.index.victim import POSITION, position, row_of

KILLS = 4


def killed(folder: Path, flushes: int) -> None:
    """A writer of an index, ended by kill -9 some time after so many flushes."""
    command = [sys.executable, "-m", "tests.lineage.index.victim", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(flushes):
            assert process.stdout.readline() == "flushed\n"
        process.kill()


def test_killed_while_it_writes(tmp_path: Path) -> None:
    """After each kill an index has the sums of the rows up to its position, and all of these rows."""
    for flushes in range(1, KILLS + 1):
        killed(tmp_path, flushes)
        with closing(TemporaryIndex(tmp_path)) as index, temporary_index() as model:
            done = position(index.store)
            assert done > 0
            model.writer.add(map(row_of, range(done)))
            model.writer.commit()
            assert list(index.hours("", "", 0, NOW_MS * 2)) == list(model.hours("", "", 0, NOW_MS * 2))
            for user in USERS:
                mine = {one.place: one for one in index.touching(user, "heartrate", 0, NOW_MS * 2)}
                theirs = {one.place: one for one in model.touching(user, "heartrate", 0, NOW_MS * 2)}
                assert theirs.items() <= mine.items(), "later ones may be there, too"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 48 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    try:
        disks.mount(place, 48)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("because only root may mount a small disk")
    yield place
    disks.unmount(place)


def fill(index: TemporaryIndex) -> None:
    """More than is left."""
    index.writer.add(map(row_of, range(3_000, 300_000)))
    index.writer.commit()
    index.store.database.flush()


def test_a_full_disk(small_disk: Path) -> None:
    """On a full disk writing ends with a sentence, what is there is answered, and it goes on when there is room."""
    ballast = small_disk / "ballast"
    with closing(TemporaryIndex(small_disk)) as index:
        store = index.store
        index.writer.add(map(row_of, range(3_000)))
        index.writer.commit({POSITION: b"3000"})
        store.database.flush()
        disks.fill(ballast)
        with pytest.raises(IndexFull, match="no space is left"):
            fill(index)
        assert index.deliveries("msg_7") == [row_of(7)]
        ballast.unlink()
        store.database.reopen()
        index.writer.reset()
        done = position(store)
        assert done >= 3_000
        index.writer.add(map(row_of, range(done, 9_000)))
        index.writer.commit()
        assert index.deliveries("msg_8999") == [row_of(8_999)]
        assert sum(one.deliveries for one in index.hours("", "", 0, NOW_MS * 2)) == 9_000


def test_the_end_of_an_index_on_a_full_disk(small_disk: Path) -> None:
    """Is no error: what could not be written is read again."""
    index = TemporaryIndex(small_disk)
    index.writer.add(map(row_of, range(2_000)))
    index.writer.commit()
    disks.fill(small_disk / "ballast")
    index.close()


def test_an_erasure_without_room(small_disk: Path) -> None:
    """Files that RocksDB could not write anew, of which it says nothing, still have who was to be forgotten: it is not
    done, and is done once the files were opened again with room."""
    gone, ballast = uuid.UUID(int=9), small_disk / "ballast"
    digest = owner_digest(str(gone))
    with closing(TemporaryIndex(small_disk)) as index:
        store = index.store
        rows = (row_of(n) if n % 1_000 else replace(row_of(n), owner_id=str(gone)) for n in range(20_000))

        index.writer.add(rows)
        index.writer.commit()
        store.database.flush()
        disks.fill(ballast)
        os.truncate(ballast, ballast.stat().st_size - 300_000)
        assert erasing.delete(store, index.writer, [digest])
        with pytest.raises(IndexFull, match="could not be written anew"):
            erasing.finish(store, index.writer, [digest])
        assert store.database.get(erasing.DONE_KEY) is None
        ballast.unlink()
        store.database.reopen()
        index.writer.reset()
        erasing.delete(store, index.writer, [digest])
        erasing.finish(store, index.writer, [digest])
        assert store.database.get(erasing.DONE_KEY) == digest


def test_another_format_is_made_again(tmp_path: Path) -> None:
    """Files of another version's format are forgotten, and the index begins anew."""
    with closing(TemporaryIndex(tmp_path)) as index:
        index.writer.add([row()])
        index.writer.commit({FORMAT_KEY: b"0"})
    with closing(TemporaryIndex(tmp_path)) as index:
        assert not index.deliveries("msg_1")


def test_days_go() -> None:
    """A day goes when it is older than is kept; the oldest one goes before, where there is no room, and never today."""
    today = NOW_MS // DAY_MS
    assert oldest_kept(NOW_MS, 30) == today - 30
    goes = keys.OF_LINEAGE, today - 1
    assert goes_next(DaysHeld(today - 1, None, 3 * GIB), NOW_MS, 2.5) == goes
    assert goes_next(DaysHeld(today - 1, None, 2 * GIB), NOW_MS, 2.5) is None
    assert goes_next(DaysHeld(today, today, 3 * GIB), NOW_MS, 2.5) is None
    assert goes_next(DaysHeld(None, None, 3 * GIB), NOW_MS, 2.5) is None


def test_what_lies_beside_stays_while_it_is_small() -> None:
    """Dead letters and alerts are kept for longer than rows: their days go when no other room is left, or they are
    what takes it."""
    today = NOW_MS // DAY_MS
    rows, letters = (keys.OF_LINEAGE, today - 9), (keys.BESIDE, today - 60)
    assert goes_next(DaysHeld(today - 9, today - 60, 3 * GIB, GIB), NOW_MS, 2.5) == rows
    assert goes_next(DaysHeld(today - 9, today - 60, 3 * GIB, 2 * GIB), NOW_MS, 2.5) == letters
    assert goes_next(DaysHeld(today, today - 60, 3 * GIB), NOW_MS, 2.5) == letters
    assert goes_next(DaysHeld(today - 9, today, 3 * GIB, 2 * GIB), NOW_MS, 2.5) == rows


def test_files_of_dead_letters_are_told() -> None:
    """By what they begin and end with; one with rows in it counts as theirs."""
    assert not keys.is_beside(keys.LETTER_ID, keys.LETTER_PLACE), "rows lie between"
    assert keys.is_beside(keys.of_day(keys.ALERT, 7), keys.of_day(keys.ALERT, 9))
    alert = AlertSeen(alert_id="a", revision=1, user_id="u", rule="", severity="", life="", at_ms=NOW_MS, evidence=())
    with temporary_index() as index:
        index.writer.add([row(offset=n) for n in range(9)])
        index.writer.commit()
        index.store.database.flush()
        assert index.store.bytes_beside() == 0
        index.writer.add_alert(alert)
        index.writer._write({})
        index.store.database.flush()
        assert 0 < index.store.bytes_beside() < index.store.database.bytes_on_disk()


def test_days_that_went_too_early() -> None:
    """Dropped by a clock that was ahead by more than a day; one that is behind now has not been ahead then."""
    today = NOW_MS // DAY_MS
    assert was_ahead(today + 9, NOW_MS, NOW_MS)
    assert not was_ahead(today + 1, NOW_MS, NOW_MS), "about midnight, when a clock is put right by a second"
    assert not was_ahead(today, NOW_MS, 0), "our clock begins in 1970 before it is set, and rows are of today"


def test_room_of_a_dropped_day_is_given_back() -> None:
    """What a day took on the disk is free again once it was dropped, and the oldest day is the next one then."""
    day = NOW_MS // DAY_MS
    with temporary_index() as index:
        for at in (0, 1):
            index.writer.add(
                row(delivery_id=f"msg_{n}", offset=n, processed_ms=NOW_MS + at * DAY_MS) for n in range(9_000)
            )
        index.writer.commit()
        index.store.database.flush()
        before = index.store.database.bytes_on_disk()
        assert index.store.oldest_day() == day
        index.writer.drop(day + 1)
        index.store.compact_before(day + 1, keys.OF_LINEAGE)
        assert index.store.oldest_day() == day + 1
        assert index.store.database.bytes_on_disk() < 0.7 * before
        assert len(index.deliveries("msg_1")) == 1
