"""What is done for an index now and then, and what of it waits for room, for a clock, or for who asked for it."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from streams.events.times import DAY_MS
from streams.lineage.index import database, erasing
from streams.lineage.index.answers import DiskIndex
from streams.lineage.index.database import IndexAhead, IndexFull
from streams.lineage.index.forgotten import Forgotten, file_of, forget
from streams.lineage.index.intake import care
from streams.lineage.index.intake.care import IndexCare
from streams.lineage.index.store import IndexStore
from streams.lineage.index.writer import IndexWriter
from streams.lineage.known import Reach
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings
from tests.lineage.index.made import NOW_MS, USERS, letter, row

DAY = NOW_MS // DAY_MS


@dataclass
class Cared:
    """An index in a folder, and who cares for it."""

    store: IndexStore
    writer: IndexWriter
    care: IndexCare
    listed: Path

    def has(self, delivery_id: str) -> bool:
        return bool(DiskIndex(self.store, lambda: Reach(first_ms=0, as_of_ms=0, behind_s=0)).deliveries(delivery_id))


def cared(folder: Path, **settings: Any) -> Cared:
    """Empty, or as it was left in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = file_of(folder)
    store, forgotten = IndexStore(folder), Forgotten(listed)
    writer = IndexWriter(store, forgotten)
    found = Settings(_env_file=None, lineage_dir=folder, **settings)
    return Cared(store, writer, IndexCare(found, store, writer, forgotten), listed)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Cared]:
    """An empty one."""
    found = cared(tmp_path / "lineage")
    yield found
    found.store.close()


def test_a_care_that_began_before_has_not_seen_the_list(kept: Cared, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks while one is under way waits for the next one, which begins at once."""
    kept.writer.add([row(delivery_id=f"msg_{n}", offset=n, owner_id=USERS[n]) for n in range(2)])
    kept.writer.commit()
    forget(kept.listed, USERS[0])
    told: list[bool] = []
    asking, finish = threading.Thread(target=lambda: told.append(kept.care.erase_now(30.0))), erasing.finish

    def meanwhile(*given: Any) -> None:
        forget(kept.listed, USERS[1])
        asking.start()
        while not kept.care.is_due():  # until it waits
            pass
        finish(*given)

    monkeypatch.setattr(erasing, "finish", meanwhile)
    kept.care.take(NOW_MS, NOW_MS)
    assert (kept.has("msg_0"), kept.has("msg_1"), told) == (False, True, [])
    monkeypatch.setattr(erasing, "finish", finish)
    assert kept.care.is_due()
    kept.care.take(NOW_MS, NOW_MS)
    asking.join()
    assert (kept.has("msg_1"), told) == (False, [True])


def test_files_that_cannot_be_written_anew(kept: Cared, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said until it is done; meanwhile a forgotten person is in no answer, and no further day goes."""
    kept.writer.add([row(delivery_id=f"msg_{n}", offset=n, processed_ms=NOW_MS - n * DAY_MS) for n in range(5)])
    kept.writer.add([row(delivery_id="msg_9", offset=9, owner_id=USERS[1])])
    kept.writer.commit()
    kept.store.database.flush()
    forget(kept.listed, USERS[1])
    compact = kept.store.database.compact

    def no_room(start: bytes, stop: bytes) -> None:
        raise IndexFull(kept.listed)

    kept.care._gib_max = 1e-9
    monkeypatch.setattr(kept.store.database, "compact", no_room)
    for _ in range(3):
        with pytest.raises(IndexFull):
            kept.care.take(NOW_MS, NOW_MS)
    assert "no space is left" in kept.care.trouble
    assert not kept.care.is_due(), "not again at once: it may have written gigabytes"
    assert [kept.has(f"msg_{n}") for n in (0, 1, 2, 3, 4, 9)] == [True, True, True, True, False, False]
    monkeypatch.setattr(kept.store.database, "compact", compact)
    kept.care.take(NOW_MS, NOW_MS)
    assert (kept.care.trouble, kept.has("msg_3")) == ("", True)
    kept.care.take(NOW_MS, NOW_MS)
    assert [kept.has(f"msg_{n}") for n in (0, 1, 2, 3)] == [True, True, True, False]


def test_rocksdb_that_rests(kept: Cared, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it failed to write files anew by itself it would take no more rows one day: they are opened again."""
    monkeypatch.setattr(database, "ERRORS", "rocksdb.estimate-num-keys")  # of which there are some
    with pytest.raises(IndexFull, match="could not be written anew"):
        kept.care.take(NOW_MS, NOW_MS)


def test_a_list_that_cannot_be_read_is_not_forgotten_about(kept: Cared) -> None:
    """While nobody knows who is on it the index does not go on, however often it tries."""
    kept.care.take(NOW_MS, NOW_MS)
    kept.listed.write_text("half a li")
    assert not kept.care.erase_now(0.0)
    for _ in range(2):
        assert kept.care.is_due()
        with pytest.raises(Misconfigured, match="line 1 of"):
            kept.care.take(NOW_MS, NOW_MS)
    assert kept.care.is_due()


def test_days_of_rows_make_room_before_the_few_letters_do(kept: Cared) -> None:
    """Dead letters are kept for longer and take little: theirs go only when no other day has rows, and today's stay."""
    kept.writer.add([row(delivery_id="msg_1", processed_ms=NOW_MS - DAY_MS)])
    for day in (DAY - 40, DAY):
        kept.writer.add_letter(letter(day))
    kept.writer.commit()
    kept.store.database.flush()
    kept.care._gib_max = 1e-9
    index = DiskIndex(kept.store, lambda: Reach(first_ms=0, as_of_ms=0, behind_s=0))
    kept.care.take(NOW_MS, NOW_MS)
    assert not kept.has("msg_1")
    assert [one.offset for one in index.letters(USERS[0])] == [DAY - 40, DAY]
    for _ in range(2):
        kept.care.take(NOW_MS, NOW_MS)
        assert [one.offset for one in index.letters(USERS[0])] == [DAY], "today stays"


def test_a_clock_that_was_ahead_is_noticed_by_the_next_care(kept: Cared, tmp_path: Path) -> None:
    """Its days went too early, also after a restart: the index has to be made again."""
    kept.care.take(NOW_MS, NOW_MS)
    kept.care.take(NOW_MS, NOW_MS + 9 * DAY_MS)
    with pytest.raises(IndexAhead, match="a clock that was ahead"):
        kept.care.take(NOW_MS, NOW_MS)
    kept.store.remake()
    kept.care.take(NOW_MS, NOW_MS)
    kept.care.take(NOW_MS, 0)  # a clock that is not set yet: rows are of a later day than it has
    kept.care.take(NOW_MS, NOW_MS + DAY_MS)


def test_not_more_often_than_it_has_to_be(kept: Cared, monkeypatch: pytest.MonkeyPatch) -> None:
    """At once, then after a while, and whenever somebody waits for it."""
    assert kept.care.is_due()
    kept.care.take(NOW_MS, NOW_MS)
    assert not kept.care.is_due()
    assert not kept.care.erase_now(0.0)
    assert kept.care.is_due()
    monkeypatch.setattr(care, "CARE_EVERY_S", 0.0)
    kept.care.take(NOW_MS, NOW_MS)
    assert kept.care.is_due()
