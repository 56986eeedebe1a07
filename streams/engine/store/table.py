"""A table of the worker: one RocksDB per partition, written only behind the log.

Values are bytes. Nothing is written when a fold calls `put`: the unit of work writes state and changelog offset in one
batch, after the transaction that holds the same changelog records has committed. So the directory can lag behind the
changelog, never lead it, and what it lags is read back at the next assignment (`restore.py`).
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import faust
import rocksdict
from faust.stores import rocksdb
from faust.types import TP

from streams.engine.positions import ledger
from streams.engine.store.database import DatabaseOptions, Unusable, discard, trouble

ORIGIN_KEY = b"__streams\0origin__"  # the changelog's topic id: says which Kafka this state belongs to
CURRENT_KEY = b"__streams\0current__"  # Unix ms at which the database last held all that its changelog had


class Overtaken(Unusable):
    """Two writers use one database."""

    def __init__(self, table: str, partition: int, known: int, given: int) -> None:
        super().__init__(
            f"table {table}[{partition}] holds offset {known} of its changelog and was given {given}: two writers at "
            "once. Nothing of the older one was written; restarting is safe."
        )


class StateStore(rocksdb.Store):  # type: ignore[misc]  # because Faust ships without types that strict mypy accepts
    """Faust's, with databases of ours. Registered as the scheme `bounded://` of a store's URL."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rocksdb_options = DatabaseOptions()

    def revoke_partitions(self, table: Any, tps: Iterable[TP]) -> None:
        """Close their databases."""
        # Faust leaves that to the garbage collector. Any reference (the last draft of a quiet topic has one) keeps the
        # database locked when the partition is assigned again: the worker then waits for half a minute and crashes.
        for tp in tps:
            if tp.topic == table.changelog_topic_name and (database := self._dbs.pop(tp.partition, None)) is not None:
                database.close()


class StateTable(faust.Table):  # type: ignore[misc]  # because Faust ships without types that strict mypy accepts
    """A Faust table that agents never write to: Faust assigns its partitions, the engine reads and writes them."""

    def database(self, partition: int) -> rocksdict.Rdict:
        """The open database of a partition that is assigned to this worker."""
        return self.data._db_for_partition(partition)

    def folder(self, partition: int) -> Path:
        """Where a partition's database lies, open or not."""
        return Path(self.data.partition_path(partition))

    def persisted(self, partition: int) -> int | None:
        """Offset of the last changelog record that the database holds; None when it is empty."""
        raw = self._own(partition, self.data.offset_key)
        return None if raw is None else int(raw)

    def rows(self, partition: int, start: bytes, stop: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Rows with keys in [start, stop), sorted by key, as they are on disk now; without the engine's own rows."""
        options = rocksdict.ReadOptions()
        options.set_iterate_upper_bound(stop)
        own, last = (self.data.offset_key, ORIGIN_KEY, CURRENT_KEY, ledger.KEY), start
        for key, value in self.database(partition).items(from_key=start, read_opt=options):
            last = key
            if key not in own:
                yield key, value
        with self._troubled(partition):
            _check_end(self.database(partition), last, options)

    def has_rows(self, partition: int) -> bool:
        """Whether anything is known; an aborted transaction alone leaves an offset and no row."""
        return next(self.rows(partition, b"", b"\xff" * 8), None) is not None

    def write(
        self, partition: int, changed: Mapping[bytes, bytes | None], offset: int, *, is_current: bool = True
    ) -> None:
        """State and changelog offset, atomically. None deletes. `is_current`: the changelog has no more than this.

        Raises Overtaken for an offset below the one that the database holds.
        """
        self._refuse_older(partition, offset)
        batch = rocksdict.WriteBatch(raw_mode=True)
        put, delete = batch.put, batch.delete
        for key, value in changed.items():
            if value is None:
                delete(key)
            else:
                put(key, value)
        put(self.data.offset_key, b"%d" % offset)
        if is_current:
            put(CURRENT_KEY, _now())
        with self._troubled(partition):
            self.database(partition).write(batch)

    def _refuse_older(self, partition: int, offset: int) -> None:
        known = self.persisted(partition)
        if known is not None and offset < known:
            raise Overtaken(self.name, partition, known, offset)

    def current_ms(self, partition: int) -> int | None:
        """Unix ms at which the database last held all that its changelog had; None where that is not known."""
        raw = self._own(partition, CURRENT_KEY)
        return None if raw is None else int(raw)

    def mark_current(self, partition: int) -> None:
        """The database holds all that its changelog has."""
        self.database(partition).put(CURRENT_KEY, _now())

    def ledger_row(self, partition: int) -> ledger.LedgerRow:
        """The source offsets up to which the partition's tables are made; only the first table has them."""
        return ledger.decode(self._own(partition, ledger.KEY))

    def discard(self, partition: int) -> None:
        """Delete a partition's rows. Nothing else may use the database meanwhile; the next use opens an empty one."""
        self.database(partition).close()
        self.data._dbs.pop(partition)
        discard(self.folder(partition))

    def origin(self, partition: int) -> str:
        """Topic id of the changelog that the database was made from; empty when it is new."""
        return (self._own(partition, ORIGIN_KEY) or b"").decode()

    def claim(self, partition: int, topic_id: str) -> None:
        """Remember which changelog this database, which is empty, is made from: it is current, or will be."""
        self.database(partition).put(ORIGIN_KEY, topic_id.encode())
        self.mark_current(partition)

    def trouble(self, partition: int, error: Exception) -> Exception:
        """What to raise for an error of a partition's database."""
        return trouble(self.folder(partition), error)

    def _own(self, partition: int, key: bytes) -> bytes | None:
        with self._troubled(partition):
            value: bytes | None = self.database(partition).get(key)
            return value

    @contextmanager
    def _troubled(self, partition: int) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            raise self.trouble(partition, error) from None


def _now() -> bytes:
    return b"%d" % (time.time_ns() // 1_000_000)


def _check_end(database: rocksdict.Rdict, last: bytes, options: rocksdict.ReadOptions) -> None:
    """Raise what ended an iteration behind `last`. rocksdict's iterators end at damage as at the last row."""
    behind = database.iter(options)
    behind.seek(last)
    if behind.valid():
        behind.next()
    behind.status()
