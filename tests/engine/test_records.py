"""Our unpacking of fetched batches against aiokafka's own, over made-up batches."""

import gc
import weakref
from dataclasses import dataclass

import pytest
from aiokafka.consumer import fetcher
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.structs import TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from streams.engine.faust import records

TP = TopicPartition("junction.raw.a", 3)
AIOKAFKA = fetcher.PartitionRecords  # bound before anything of this process installs ours
ATTRIBUTES_AT, CONTROL = 22, 0x20  # the low byte of a batch's attributes, and its flag for markers
ABORT = b"\x00\x00\x00\x00"  # key of a marker: version 0, type 0


@dataclass(frozen=True)
class Batch:
    """`missing`: offsets at its end without a record, as compaction leaves them. `marker`: an abort marker."""

    count: int
    producer: int
    transactional: bool
    marker: bool
    missing: int


batches = st.lists(
    st.builds(Batch, st.integers(1, 5), st.integers(0, 2), st.booleans(), st.booleans(), st.integers(0, 2)),
    min_size=1,
    max_size=8,
)


def encoded(made: list[Batch]) -> tuple[bytes, int]:
    """The batches as Kafka sends them, and the offset behind the last."""
    out, offset = b"", 0
    for batch in made:
        count = 1 if batch.marker else batch.count
        builder = DefaultRecordBatchBuilder(
            magic=2,
            compression_type=0,
            is_transactional=batch.transactional or batch.marker,
            producer_id=batch.producer,
            producer_epoch=0,
            base_sequence=0,
            batch_size=1 << 20,
        )
        for i in range(count):
            key = ABORT if batch.marker else b"k%d" % (offset + i)
            builder.append(i, 1_700_000_000_000 + i, key, b"v" * i, [("h", b"1"), ("h", b"2")][: i % 3])
        data = bytearray(builder.build())
        data[0:8] = offset.to_bytes(8, "big")
        data[23:27] = (count - 1 + batch.missing).to_bytes(4, "big")
        if batch.marker:
            data[ATTRIBUTES_AT] |= CONTROL
        out += bytes(data)
        offset += count + batch.missing
    return out, offset


def parts(kind: type, data: bytes, aborted: list[tuple[int, int]], begin: int):
    fetched = MemoryRecords(data) if kind is AIOKAFKA else records.Fetched(data)
    return kind(TP, fetched, aborted, begin, None, None, False, fetcher.READ_COMMITTED)


@given(batches, st.lists(st.tuples(st.integers(0, 2), st.integers(0, 30)), max_size=4), st.integers(0, 9), st.data())
def test_the_same_records_as_aiokafka(
    made: list[Batch], aborted: list[tuple[int, int]], begin: int, data: st.DataObject
) -> None:
    """Aborted batches, markers and records before the position are left out as aiokafka does; the end is the same."""
    fetched, _ = encoded(made)
    begin = min(begin, encoded(made[:1])[1] - 1)  # Kafka's answer begins with the batch that holds the offset
    theirs = parts(AIOKAFKA, fetched, aborted, begin)
    wanted = [(r.offset, r.timestamp, r.key, r.value, r.headers) for r in theirs]
    ours = parts(records.PartitionRecords, fetched, aborted, begin)
    found: list[records.SourceRecord] = []
    while True:
        most = data.draw(st.integers(1, 6))
        taken = ours.take(most)
        found += taken
        if len(taken) < most:
            break
        assert ours.next_fetch_offset == taken[-1].offset + 1
    assert [(r.offset, r.timestamp, r.key, r.value, r.headers) for r in found] == wanted
    assert ours.next_fetch_offset == theirs.next_fetch_offset
    assert {(r.topic, r.partition) for r in found} <= {tuple(TP)}


def test_what_was_fetched_goes_with_its_records() -> None:
    """Bytes of a fetch are let go when nobody asks for more, without the collector: it comes hardly ever."""
    fetched, _ = encoded([Batch(5, 1, False, False, 0)])
    ours = parts(records.PartitionRecords, fetched, [], 0)
    ours.take(3)
    alive = weakref.ref(ours)
    gc.disable()
    try:
        del ours
        assert alive() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("most", [1, 2, 3, 9])
@pytest.mark.parametrize("odd", [0, 1, 3])
def test_a_header_whose_name_is_no_text(most: int, odd: int) -> None:
    """Its record is read like any other, and so are those around it: only the name has replacement characters."""
    fetched, end = b"", 0
    for first in (0, 3):
        builder = DefaultRecordBatchBuilder(
            magic=2, compression_type=0, is_transactional=False, producer_id=1, producer_epoch=0, base_sequence=0,
            batch_size=1 << 20,
        )  # fmt: skip
        for i in range(3):
            name = "ODD." if first + i == odd else "fine"
            builder.append(i, 1_700_000_000_000, b"k", b"%d" % (first + i), [(name, b"x"), ("ce_id", b"y")])
        data = builder.build()
        data[0:8] = first.to_bytes(8, "big")
        fetched, end = fetched + bytes(data), first + 3
    ours = parts(records.PartitionRecords, fetched.replace(b"ODD.", b"\xff\xfea\xff"), [], 0)
    found: list[records.SourceRecord] = []
    while taken := ours.take(most):
        found += taken
    assert [(r.offset, r.value) for r in found] == [(n, b"%d" % n) for n in range(6)]
    assert found[odd].headers == (("\ufffd\ufffda\ufffd", b"x"), ("ce_id", b"y"))
    assert ours.next_fetch_offset == end
