"""A table of the worker: one RocksDB per partition, written only behind the log.

Values are bytes. Nothing is written when a fold calls `put`: the unit of work writes state and changelog offset in one
batch, after the transaction that holds the same changelog records has committed. So the directory can lag behind the
changelog, never lead it, and what it lags is read back at the next assignment (`restore.py`).
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import faust
import rocksdict

MIB = 1024 * 1024
CACHE_BYTES = 96 * MIB  # one for all databases of the process; Faust's default allows 2 GiB for each
WRITE_BUFFERS_BYTES = 64 * MIB  # likewise
WRITE_BUFFER_BYTES = 16 * MIB
BLOOM_BITS = 10
# Of a write buffer: asking for a key that is not there took 3.1 µs without it, 0.7 with it. It is memory from the
# start, for each table and partition: 0.1 took 1.6 MiB each, 140 MiB of twelve partitions, and was no quicker.
MEMTABLE_BLOOM_RATIO = 0.02
INFO_LOGS_MAX = 1  # RocksDB's default keeps a thousand: one for each start
OPEN_FILES_MAX = 256
ORIGIN_KEY = b"__streams\0origin__"  # the changelog's topic id: says which Kafka this state belongs to


@lru_cache(maxsize=1)
def _shared() -> tuple[rocksdict.Cache, rocksdict.WriteBufferManager]:
    return rocksdict.Cache(CACHE_BYTES), rocksdict.WriteBufferManager(WRITE_BUFFERS_BYTES, False)


class Options:
    """Stands in for `faust.stores.rocksdb.RocksDBOptions`: memory is bounded for the process, not per partition."""

    def open(self, path: Path, *, read_only: bool = False) -> rocksdict.Rdict:
        """Open or create one partition's database, in raw mode (bytes in, bytes out)."""
        cache, write_buffers = _shared()
        blocks = rocksdict.BlockBasedOptions()
        blocks.set_block_cache(cache)
        blocks.set_bloom_filter(BLOOM_BITS, False)
        options = rocksdict.Options(raw_mode=True)
        options.create_if_missing(True)
        options.set_max_open_files(OPEN_FILES_MAX)
        options.set_write_buffer_size(WRITE_BUFFER_BYTES)
        options.set_write_buffer_manager(write_buffers)
        options.set_memtable_prefix_bloom_ratio(MEMTABLE_BLOOM_RATIO)
        options.set_memtable_whole_key_filtering(True)
        options.set_keep_log_file_num(INFO_LOGS_MAX)
        options.set_compression_type(rocksdict.DBCompressionType.lz4())
        options.set_block_based_table_factory(blocks)
        return rocksdict.Rdict(str(path), options=options)


class Table(faust.Table):  # type: ignore[misc]  # because Faust ships without types that strict mypy accepts
    """A Faust table that agents never write to: Faust assigns its partitions, the engine reads and writes them."""

    def _new_store(self) -> Any:
        store = super()._new_store()
        store.rocksdb_options = Options()
        return store

    def database(self, partition: int) -> rocksdict.Rdict:
        """The open database of a partition that is assigned to this worker."""
        return self.data._db_for_partition(partition)

    def folder(self, partition: int) -> Path:
        """Where a partition's database lies, open or not."""
        return Path(self.data.partition_path(partition))

    def persisted(self, partition: int) -> int | None:
        """Offset of the last changelog record that the database holds; None when it is empty."""
        raw = self.database(partition).get(self.data.offset_key)
        return None if raw is None else int(raw)

    def rows(self, partition: int, start: bytes, stop: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Rows with keys in [start, stop), sorted by key, as they are on disk now; without the engine's own rows."""
        options = rocksdict.ReadOptions()
        options.set_iterate_upper_bound(stop)
        own = (self.data.offset_key, ORIGIN_KEY)
        for key, value in self.database(partition).items(from_key=start, read_opt=options):
            if key not in own:
                yield key, value

    def write(self, partition: int, changed: Mapping[bytes, bytes | None], offset: int) -> None:
        """State and changelog offset, atomically. None deletes."""
        batch = rocksdict.WriteBatch(raw_mode=True)
        put, delete = batch.put, batch.delete
        for key, value in changed.items():
            if value is None:
                delete(key)
            else:
                put(key, value)
        put(self.data.offset_key, b"%d" % offset)
        self.database(partition).write(batch)

    def origin(self, partition: int) -> str:
        """Topic id of the changelog that the database was made from; empty when it is new."""
        raw = self.database(partition).get(ORIGIN_KEY)
        return "" if raw is None else raw.decode()

    def claim(self, partition: int, topic_id: str) -> None:
        """Remember which changelog this database is made from."""
        self.database(partition).put(ORIGIN_KEY, topic_id.encode())
