"""The index's files: one RocksDB of its own, for one process at a time, which may be lost at any moment.

Nothing is written to a log of its own (RocksDB's WAL): what a kill takes is read from Kafka again. So each write must
leave the index whole, whatever of the later ones is lost, and a position is written with or after what it stands for.
Whoever reads may do so while another thread writes; `remake` waits for them.
"""

import fcntl
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import rocksdict

from streams.lineage.index.rows import keys
from streams.ops import log, private
from streams.ops.errors import Misconfigured, Unavailable

MIB = 1024 * 1024
FORMAT = b"2"  # of keys and values; another one is made again from Kafka
CACHE_BYTES = 24 * MIB
WRITE_BUFFER_BYTES = 16 * MIB
BLOCK_BYTES = 16 * 1024
LEVEL_BYTES = 256 * MIB
MARK, LOCK, GONE = "damaged", "lock", ".gone"
FILES = "files"  # in the folder, beside the lock
ERRORS = "rocksdb.background-errors"  # `compact_range` says nothing of them
FORMAT_KEY = keys.NOTE + b"format"
NO_ROOM = ("No space left on device", "Disk quota exceeded")
READABLE = "other users of this host can read in it who sent what, when: chmod -R go= makes it yours alone"

logger = log.get("lineage")


class IndexDamaged(Unavailable):
    """What is read is not what was written."""

    def __init__(self, folder: Path, why: str = "its files are damaged") -> None:
        super().__init__(f"the lineage index in {folder} is made again from Kafka: {why}")


class IndexAhead(IndexDamaged):
    """Days were dropped too early, by a clock that was ahead."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "a clock that was ahead has dropped days from it")


class IndexFull(Unavailable):
    """The index has no room; what is in it can still be asked."""

    def __init__(self, folder: Path, why: str = "what came since is not in it") -> None:
        super().__init__(
            f"no space is left on the disk of the lineage index, {folder}: {why}. Make room, and let "
            "STREAMS_LINEAGE_GIB_MAX leave some; it goes on by itself. Data flow as before."
        )


class IndexShut(Unavailable):
    """Its files are not open now, because opening them again has failed so far."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"the files of the lineage index in {folder} are not open now: that is tried again by itself")


@contextmanager
def own(folder: Path) -> Iterator[None]:
    """Hold the folder for this process; the system releases it however the process ends.

    Raises Misconfigured where another process has it, or it cannot be used.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / LOCK).open("w")
        if private.is_open(folder):
            logger.warning("lineage_readable", folder=str(folder), why=READABLE)
    except OSError as error:
        raise Misconfigured(
            f"the folder of the lineage index, {folder}, cannot be used: {error.strerror}. Set STREAMS_LINEAGE_DIR to "
            "one that this user may write to, on a disk with room."
        ) from None
    with lock as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Misconfigured(
                f"another process keeps the lineage index in {folder}: ask that one, or set STREAMS_LINEAGE_DIR to "
                "another folder."
            ) from None
        yield


class IndexDatabase:
    """Bytes under bytes, sorted."""

    def __init__(self, folder: Path) -> None:
        """Open the files in a folder that is ours (`own`), or make them. Raises IndexFull, Misconfigured."""
        self.folder = folder
        self.is_damaged = False  # whoever has found it: who writes has to make it again
        self._files = folder / FILES
        self._readers = 0
        self._quiet = threading.Condition()
        self._db = self._opened()
        if self.get(FORMAT_KEY) not in (None, FORMAT):
            logger.warning("lineage_format", folder=str(folder))
            self.remake()
        self._db.put(FORMAT_KEY, FORMAT, _unlogged())

    def get(self, key: bytes) -> bytes | None:
        """The value of a key. Raises IndexDamaged."""
        with self._reading() as db:
            value: bytes | None = db.get(key)
            return value

    def scan(self, start: bytes, stop: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Rows with keys in [start, stop), sorted, as they are now. Raises IndexDamaged."""
        options = rocksdict.ReadOptions()
        options.set_iterate_upper_bound(stop)
        with self._reading() as db:
            last = start
            for last, value in db.items(from_key=start, read_opt=options):
                yield last, value
            end = db.iter(options)
            end.seek(last)
            if end.valid():
                end.next()
            end.status()  # `items` ends at damage as at the last row

    def in_days(self, family: bytes, prefix: bytes, first: int, last: int) -> Iterator[tuple[bytes, bytes]]:
        """Rows of a family whose keys begin so behind their day, in days from first to last. Raises IndexDamaged."""
        options = rocksdict.ReadOptions()
        options.set_iterate_upper_bound(keys.end_of(keys.of_day(family, last)))
        with self._reading() as db:
            rows, day = db.iter(options), first
            while day <= last:
                start = keys.of_day(family, day) + prefix
                rows.seek(start)
                while rows.valid() and (key := rows.key()).startswith(start):
                    yield key, rows.value()
                    rows.next()
                if not rows.valid():
                    break
                day = max(day + 1, keys.day_in(rows.key()))
            rows.status()

    def prefixed(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Rows whose keys begin so."""
        return self.scan(prefix, keys.end_of(prefix))

    def write(self, batch: rocksdict.WriteBatch) -> None:
        """All of it or nothing. Raises IndexFull, IndexDamaged."""
        self._do(lambda db: db.write(batch, _unlogged()))

    def flush(self) -> None:
        """What was written is on disk when this returns. Raises IndexFull, IndexDamaged."""
        self._do(lambda db: db.flush())

    def compact(self, start: bytes, stop: bytes) -> None:
        """Write these rows anew, so that nothing of deleted ones stays in files. Takes seconds a gigabyte.

        Raises IndexFull where that failed; then the files have to be opened again (`reopen`).
        """
        self._do(lambda db: (db.flush(), db.compact_range(start, stop)))
        self.check()

    def check(self) -> None:
        """Raises IndexFull where RocksDB failed to write files anew since they were opened: until they are opened again
        (`reopen`) it does not try, and later it would take no more rows."""
        with self._reading() as db:
            errors = db.property_int_value(ERRORS)
        if errors:
            raise IndexFull(self.folder, "files could not be written anew, and may have what was deleted from them")

    def bytes_on_disk(self) -> int:
        """Of files that are in use."""
        with self._reading() as db:
            return int(db.property_int_value("rocksdb.live-sst-files-size") or 0)

    def files(self) -> list[tuple[bytes, bytes, int]]:
        """First key, last key and size in bytes of each."""
        with self._reading() as db:
            return [(one["start_key"] or b"", one["end_key"] or b"", int(one["size"])) for one in db.live_files()]

    def remake(self) -> None:
        """Forget everything, and begin anew. Raises IndexFull, OSError; then nothing is open (IndexShut)."""
        with self._alone():
            with suppress(Exception):  # because it may be damaged, which is why
                self._db.close()
            _discard(self._files)
            self._db = self._opened()
            self.is_damaged = False

    def reopen(self) -> None:
        """Once more, where RocksDB does not go on by itself after its disk was full. Raises IndexFull."""
        with self._alone():
            with suppress(Exception):  # because its disk was full, and what it had not written is read again
                self._db.close()
            self._db = self._opened()

    def close(self) -> None:
        """Whatever the disk says: what is not written is read again."""
        with self._alone():
            try:
                self._db.flush()
            except Exception as error:
                logger.warning("lineage_not_flushed", why=type(self._trouble(error)).__name__)
            with suppress(Exception):  # because it tries to write once more, or has been closed before
                self._db.close()

    def _do(self, what: Callable[[Any], Any]) -> None:
        with self._reading() as db:
            what(db)

    @contextmanager
    def _reading(self) -> Iterator[Any]:
        with self._quiet:
            self._readers += 1
        try:
            yield self._db
        except GeneratorExit:
            raise
        except Exception as error:
            raise self._trouble(error) from None
        finally:
            with self._quiet:
                self._readers -= 1
                self._quiet.notify_all()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._quiet:
            self._quiet.wait_for(lambda: self._readers == 0)
            yield

    def _opened(self) -> Any:
        """Opened; a damaged one is made anew."""
        try:
            if not (self._files / MARK).exists():
                return self._open()
        except Exception as error:
            if not isinstance(self._trouble(error), IndexDamaged):
                raise self._trouble(error) from None
        logger.warning("lineage_damaged", folder=str(self.folder))
        _discard(self._files)
        return self._open()

    def _open(self) -> Any:
        return rocksdict.Rdict(str(self._files), options=_options())

    def _trouble(self, error: Exception) -> Exception:
        # Only the text says which error it is: rocksdict raises plain exceptions.
        if isinstance(error, rocksdict.DbClosedError):
            return IndexShut(self.folder)
        text = str(error)
        if text.startswith(("Corruption", "IO error: No such file or directory: While open")):
            self.is_damaged = True
            with suppress(OSError):  # without the mark the next start finds the damage as this one did
                (self._files / MARK).touch()
            return IndexDamaged(self.folder)
        return IndexFull(self.folder) if any(why in text for why in NO_ROOM) else error


def _discard(path: Path) -> None:
    """Delete a folder: a kill in the middle leaves no database with only some of its files."""
    gone = path.with_name(f"{path.name}{GONE}")
    if gone.exists():
        shutil.rmtree(gone)
    if path.exists():
        path.rename(gone)
        shutil.rmtree(gone)


def _unlogged() -> Any:
    options = rocksdict.WriteOptions()
    options.disable_wal = True
    return options


def _options() -> Any:
    blocks = rocksdict.BlockBasedOptions()
    blocks.set_block_cache(rocksdict.Cache(CACHE_BYTES))
    blocks.set_block_size(BLOCK_BYTES)
    options = rocksdict.Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_write_buffer_size(WRITE_BUFFER_BYTES)
    options.set_max_bytes_for_level_base(LEVEL_BYTES)
    options.set_keep_log_file_num(1)
    options.set_compression_type(rocksdict.DBCompressionType.lz4())
    options.set_bottommost_compression_type(rocksdict.DBCompressionType.zstd())
    options.set_block_based_table_factory(blocks)
    return options
