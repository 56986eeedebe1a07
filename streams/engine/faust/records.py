"""The record that folds get, and how aiokafka is made to build it.

aiokafka's own ConsumerRecord is a dataclass of eleven fields, and three Python calls stand between a fetched batch and
the list that `getmany` answers: together 2.5 µs a record, a third of the engine's CPU time. SourceRecord has the
names of `streams.events.types.Record`, is not tracked by the garbage collector (it holds text, numbers and bytes
only), and is made for a whole batch in one go: 0.3 µs.

Names of headers are bytes to Kafka, and text to aiokafka: one that is no UTF-8 ended the consumer, at each attempt.
"""

import sys
from collections.abc import Iterator
from itertools import chain, islice
from struct import Struct
from typing import Any

import msgspec
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record import default_records
from aiokafka.record.memory_records import MemoryRecords


class SourceRecord(msgspec.Struct, gc=False):
    """One record as read. Headers may repeat a name; their order is kept."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


class _Lenient(bytearray):
    """Text of it that is no UTF-8 has replacement characters instead."""

    def __getitem__(self, at: Any) -> Any:
        found = super().__getitem__(at)
        return _Lenient(found) if isinstance(at, slice) else found

    def decode(self, encoding: str = "utf-8", errors: str = "replace") -> str:
        return super().decode(encoding, errors)


class _LenientBatch(default_records._DefaultRecordBatchPy):  # type: ignore[misc]  # because aiokafka is untyped to strict mypy
    """A batch of which every record can be read, in Python: ten times slower."""

    _buffer: Any

    def _maybe_uncompress(self) -> None:
        super()._maybe_uncompress()
        self._buffer = _Lenient(self._buffer)


class Fetched:
    """The batches of an answer, as aiokafka reads them, and its bytes, to read one of them once more."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        records = MemoryRecords(data)
        self.has_next, self.next_batch, self.size_in_bytes = records.has_next, records.next_batch, records.size_in_bytes

    def anew(self, base_offset: int) -> Iterator[Any]:
        """Every record of the batch that begins there."""
        at, data = 0, self._data
        while True:
            base, length = _BATCH_HEAD.unpack_from(data, at)
            end = at + _BATCH_HEAD.size + length
            if base == base_offset:
                return iter(_LenientBatch(data[at:end]))
            at = end


_BATCH_HEAD = Struct(">qi")  # base offset, and the length of what follows


class PartitionRecords(fetcher.PartitionRecords):  # type: ignore[misc]  # because aiokafka is untyped to strict mypy
    """What was fetched of one partition, read in pieces. `next_fetch_offset`: behind what was read."""

    next_fetch_offset: int
    _batch: Any = None
    _unread: Iterator[Any] = iter(())  # of that batch

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        # aiokafka's own iterator, which is not run to its end here, refers to us: with it, what was fetched would stay
        # until the garbage collector runs, which is seldom (`collector.spare_the_collector`).
        self._records_iterator = None

    def take(self, most: int) -> list[SourceRecord]:
        """The next records; fewer than `most` mean that there are no more. Raises CorruptRecordException."""
        found: list[SourceRecord] = []
        while len(found) < most and (self._batch is not None or self._next_batch()):
            wanted = most - len(found)
            part = self._build(wanted)
            found += self._from_position(part)
            if len(part) == wanted:
                self._move(part[-1].offset + 1)
            else:  # a batch may end behind its last record: what followed was compacted
                self._move(self._batch.next_offset)
                self._batch = None
        return found

    def _move(self, offset: int) -> None:
        self.next_fetch_offset = max(self.next_fetch_offset, offset)

    def _next_batch(self) -> bool:
        while self._records.has_next():
            batch = self._records.next_batch()
            if self._check_crcs and not batch.validate_crc():
                raise CorruptRecordException(f"Invalid CRC - {self._tp}")
            if not self._to_skip(batch):
                self._batch, self._unread = batch, chain(batch)  # aiokafka's iterator may be asked for only once
                return True
            self._move(batch.next_offset)
        return False

    def _to_skip(self, batch: Any) -> bool:
        """Markers, and batches of aborted transactions: the rules of aiokafka's `_unpack_records`, in its order."""
        if self._isolation_level == fetcher.READ_COMMITTED and batch.producer_id is not None:
            self._consume_aborted_up_to(batch.base_offset)
            if batch.is_control_batch and self._contains_abort_marker(batch):
                self._aborted_producers.discard(batch.producer_id)
            if batch.is_transactional and batch.producer_id in self._aborted_producers:
                return True
        return bool(batch.is_control_batch)

    def _build(self, most: int) -> list[SourceRecord]:
        try:
            return self._made(most)
        except UnicodeDecodeError:  # the name of a header: every attempt would fail, also after a restart
            anew = self._records.anew(self._batch.base_offset)
            self._unread = (record for record in anew if record.offset >= self.next_fetch_offset)
            return self._made(most)

    def _made(self, most: int) -> list[SourceRecord]:
        topic, partition = self._tp
        return [
            SourceRecord(topic, partition, r.offset, r.timestamp, r.key, r.value, tuple(r.headers))
            for r in islice(self._unread, most)
        ]

    def _from_position(self, part: list[SourceRecord]) -> list[SourceRecord]:
        """Kafka answers with whole batches: the first may begin before the offset that was asked for."""
        if part and part[0].offset < self.next_fetch_offset:
            return [record for record in part if record.offset >= self.next_fetch_offset]
        return part


class FetchResult(fetcher.FetchResult):  # type: ignore[misc]  # because aiokafka is untyped to strict mypy
    """aiokafka's, answering a list that was built as one."""

    _partition_records: Any

    def getall(self, max_records: int | None = None) -> list[SourceRecord]:
        """Up to so many records; what is left stays for the next call."""
        if not self.check_assignment(self._topic_partition) or not self.has_more():
            return []
        most = sys.maxsize if max_records is None else max_records
        found: list[SourceRecord] = self._partition_records.take(most)
        self._update_position()
        if len(found) < most:
            self._partition_records = None
        return found


def install() -> None:
    """From now on every aiokafka consumer of this process yields SourceRecord."""
    fetcher.MemoryRecords = Fetched
    fetcher.PartitionRecords = PartitionRecords
    fetcher.FetchResult = FetchResult
