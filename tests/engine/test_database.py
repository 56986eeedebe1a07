"""Databases whose files are damaged are made anew; what merely cannot be opened, or is told to wait, is left alone."""

import os
import re
from pathlib import Path

import pytest
import rocksdict

from streams.engine.store import database
from tests.engine.rig import RIGHT, Rig

ROWS = 20_000
BLOCK_BYTES = 4096  # RocksDB's default


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of a database with several files, closed."""
    folder = tmp_path / "seen-0.db"
    store = database.DatabaseOptions().open(folder)
    for generation in range(3):
        batch = rocksdict.WriteBatch(raw_mode=True)
        for i in range(ROWS):
            batch.put(b"%d/%d" % (generation, i), os.urandom(20))
        store.write(batch)
        store.flush()
    store.close()
    return folder


def files(folder: Path, pattern: str) -> list[Path]:
    found = sorted(path for path in folder.iterdir() if re.fullmatch(pattern, path.name))
    assert found
    return found


def is_empty(folder: Path) -> bool:
    store = database.DatabaseOptions().open(folder)
    try:
        return next(iter(store.items()), None) is None
    finally:
        store.close()


@pytest.mark.parametrize("pattern", [r"CURRENT", r"MANIFEST-.*", r".*\.sst"])
@pytest.mark.parametrize("share", [0.0, 0.5, None])
def test_a_file_that_is_cut_short_or_gone(folder: Path, pattern: str, share: float | None) -> None:
    """The database is made anew, or it opens: then RocksDB itself knows what it lost."""
    file = files(folder, pattern)[-1]
    if share is None:
        file.unlink()
    else:
        os.truncate(file, int(file.stat().st_size * share))
    if pattern.startswith("MANIFEST") and share:
        assert not is_empty(folder)  # an older view of whole files
    else:
        assert is_empty(folder)
    assert not folder.with_name(folder.name + database.GONE).exists()


def test_one_that_was_found_damaged_is_made_anew(folder: Path) -> None:
    """What a read found is remembered until the next start."""
    assert not is_empty(folder)
    assert isinstance(database.trouble(folder, Exception("Corruption: made up")), database.Damaged)
    assert is_empty(folder)
    assert not (folder / database.MARK).exists()


def test_one_that_somebody_else_holds_is_left_alone(folder: Path) -> None:
    """A lock is no damage."""
    store = database.DatabaseOptions().open(folder)
    with pytest.raises(Exception, match="lock"):
        database.DatabaseOptions().open(folder)
    store.close()
    assert not is_empty(folder)


# With Kafka


def keys(end: int) -> list[bytes]:
    return [b"key-%d" % i for i in range(end)]


def filled(rig: Rig) -> None:
    """A worker that has been killed and started, so that its databases have files, and stopped."""
    rig.feed(keys(ROWS))
    rig.start()
    rig.drain()
    rig.kill()
    rig.start()
    rig.feed([b"one more"])
    rig.drain()
    rig.stop()


def tables(rig: Rig) -> list[Path]:
    return sorted(rig.state("w0").rglob("*.db"))


def test_a_worker_with_a_file_cut_short(rig: Rig) -> None:
    """One table of four is made again from its changelog at the start; nothing is lost or repeated."""
    filled(rig)
    file = files(tables(rig)[0], r".*\.sst")[0]
    os.truncate(file, file.stat().st_size // 2)
    rig.feed(keys(ROWS + 100))
    rig.start()
    rig.drain()
    assert rig.log("w0").count('"state_damaged"') == 1
    assert rig.verdict([*keys(ROWS + 100), b"one more"]) == RIGHT


def test_a_worker_whose_disk_changes_bytes(rig: Rig) -> None:
    """The read that finds it ends the worker with a sentence, before anything is committed; the next start mends it."""
    filled(rig)
    for file in files(tables(rig)[0], r".*\.sst"):
        content = bytearray(file.read_bytes())
        for place in range(BLOCK_BYTES // 2, len(content) * 3 // 4, BLOCK_BYTES):
            content[place] ^= 0xFF
        file.write_bytes(content)
    rig.feed(keys(ROWS + 100))
    assert rig.start().wait(30) == 1
    assert "are damaged. Nothing uncommitted was kept." in rig.log("w0")
    assert "state_damaged" not in rig.log("w0")
    rig.start()
    rig.drain()
    assert "state_damaged" in rig.log("w0")
    assert rig.verdict([*keys(ROWS + 100), b"one more"]) == RIGHT


def test_a_hundred_small_databases_share_the_write_buffers(tmp_path: Path) -> None:
    """A few rows in each of them wait in memory: none is written to a file for want of room."""
    stores = [database.DatabaseOptions().open(tmp_path / str(number)) for number in range(100)]
    for n in range(20):
        for store in stores:
            store.put(b"key-%d" % n, b"v" * 100)
    assert not list(tmp_path.rglob("*.sst"))
    for store in stores:
        store.close()
