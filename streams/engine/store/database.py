"""One partition of a table on disk: a RocksDB with bounded memory, opened, and made anew where its files are damaged.

A database is a copy of what its changelog says, so one whose files are damaged is forgotten, and the restore makes it
again; the restore refuses if the changelog has lost its beginning. Only that one: what cannot be opened because a disk
is full, or because another process holds it, is not damaged.
"""

import shutil
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import rocksdict

from streams.ops import log
from streams.ops.errors import StreamsError

MIB = 1024 * 1024
CACHE_BYTES = 96 * MIB  # one for all databases of the process; Faust's default allows 2 GiB for each
WRITE_BUFFERS_BYTES = 64 * MIB  # likewise
WRITE_BUFFER_BYTES = 16 * MIB
# What a write buffer takes at a time. RocksDB's default, 1 MiB, is taken by each of a hundred small databases from its
# first row on: together more than WRITE_BUFFERS_BYTES, so that every write emptied some buffer into a file.
ARENA_BYTES = 64 * 1024
BLOOM_BITS = 10
# Of a write buffer: asking for a key that is not there took 3.1 µs without it, 0.7 with it. It is memory from the
# start, for each table and partition: 0.1 took 1.6 MiB each, 140 MiB of twelve partitions, and was no quicker.
MEMTABLE_BLOOM_RATIO = 0.02
INFO_LOGS_MAX = 1  # RocksDB's default keeps a thousand: one for each start
OPEN_FILES_MAX = 256
MARK = "damaged"  # a file in the folder of a database in which something could not be read
GONE = ".gone"  # the end of the name of a folder that is being deleted

logger = log.get("state")


class Unusable(StreamsError):
    """The worker has to end: a database cannot be read or written."""


class Damaged(Unusable):
    """What was read is not what was written: a disk or file system lost or changed bytes."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"the files of the state in {folder} are damaged. Nothing uncommitted was kept. The next start makes this "
            "table again from its changelog; if this comes again, look at the disk."
        )


class DiskFull(Unusable):
    """The state has no room."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"no space is left on the disk of the state, {folder}. Nothing uncommitted was kept. Make room, or give "
            "STREAMS_STATE_DIR a larger disk (a new directory is filled from the changelogs), then start again."
        )


def trouble(folder: Path, error: Exception) -> Exception:
    """What to raise for an error of a database: itself, unless it is known. Damage is marked for the next start."""
    # Only the text says which error it is: rocksdict raises plain exceptions.
    if _is_damage(error):
        with suppress(OSError):  # without the mark the next start finds the damage as this one did
            (folder / MARK).touch()
        return Damaged(folder)
    return DiskFull(folder) if "No space left on device" in str(error) else error


def _is_damage(error: Exception) -> bool:
    return str(error).startswith(("Corruption", "IO error: No such file or directory: While open"))


def discard(path: Path) -> None:
    """Delete a folder atomically: a kill in the middle leaves no database with only some of its files."""
    gone = path.with_name(f"{path.name}{GONE}")
    if gone.exists():
        shutil.rmtree(gone)
    path.rename(gone)
    shutil.rmtree(gone)


@lru_cache(maxsize=1)
def _shared() -> tuple[rocksdict.Cache, rocksdict.WriteBufferManager]:
    return rocksdict.Cache(CACHE_BYTES), rocksdict.WriteBufferManager(WRITE_BUFFERS_BYTES, False)


class DatabaseOptions:
    """Stands in for `faust.stores.rocksdb.RocksDBOptions`: memory is bounded for the process, not per partition."""

    def open(self, path: Path, *, read_only: bool = False) -> rocksdict.Rdict:
        """Open or create one partition's database, in raw mode (bytes in, bytes out). A damaged one is made anew."""
        try:
            if not (path / MARK).exists():
                return self._open(path)
        except Exception as error:  # rocksdict has no narrower one
            if not _is_damage(error):
                raise trouble(path, error) from None
        logger.warning("state_damaged", folder=str(path))
        discard(path)
        return self._open(path)

    def _open(self, path: Path) -> rocksdict.Rdict:
        cache, write_buffers = _shared()
        blocks = rocksdict.BlockBasedOptions()
        blocks.set_block_cache(cache)
        blocks.set_bloom_filter(BLOOM_BITS, False)
        options = rocksdict.Options(raw_mode=True)
        options.create_if_missing(True)
        options.set_max_open_files(OPEN_FILES_MAX)
        options.set_write_buffer_size(WRITE_BUFFER_BYTES)
        options.set_arena_block_size(ARENA_BYTES)
        options.set_write_buffer_manager(write_buffers)
        options.set_memtable_prefix_bloom_ratio(MEMTABLE_BLOOM_RATIO)
        options.set_memtable_whole_key_filtering(True)
        options.set_keep_log_file_num(INFO_LOGS_MAX)
        options.set_compression_type(rocksdict.DBCompressionType.lz4())
        options.set_block_based_table_factory(blocks)
        return rocksdict.Rdict(str(path), options=options)
