"""Where progress stopped, and what the engine looks like from outside."""

import threading
from collections.abc import Iterable
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from streams.engine.faust.observer import Observer, size_of
from streams.engine.faust.records import SourceRecord
from streams.engine.faust.watchdog import UnderWay, Watchdog, under_way
from streams.engine.positions.slices import Slice, Source
from streams.events.types import Record
from streams.ops import metrics
from streams.tables.draft import Draft

A, B = ("junction.raw.a", 0), ("junction.raw.a", 1)


def record(offset: int, timestamp: int = 0) -> SourceRecord:
    return SourceRecord(*A, offset, timestamp, b"k", b"a secret", ())


def test_a_partition_that_stands_still_is_told_once() -> None:
    """Records wait and the position does not move: told when the time is over, not again, and again after progress."""
    dog = Watchdog(stalled_s=30)
    assert dog.sources(0, {A: 5, B: 7}, {A, B}) == []
    assert dog.sources(29, {A: 5, B: 8}, {A, B}) == []
    assert dog.sources(30, {A: 5, B: 9}, {A, B}) == [A]
    assert dog.stalled == 1
    assert dog.sources(60, {A: 5, B: 10}, {A, B}) == []
    assert dog.sources(61, {A: 6, B: 11}, {A, B}) == []
    assert dog.stalled == 0
    assert dog.sources(95, {A: 6, B: 12}, {A, B}) == [A]


def test_a_partition_without_records_is_at_rest() -> None:
    """Nothing waits, so nothing stands still; the time begins when something does."""
    dog = Watchdog(stalled_s=30)
    dog.sources(0, {A: 5}, set())
    assert dog.sources(100, {A: 5}, {A}) == []
    assert dog.sources(110, {A: 5}, set()) == []
    assert dog.sources(129, {A: 5}, {A}) == []
    assert dog.sources(159, {A: 5}, {A}) == [A]


def test_a_fold_that_does_not_return() -> None:
    """The same record for so long is told once; another record begins anew."""
    dog = Watchdog(stalled_s=30)
    one, two = UnderWay(*A, 5, "a.py:1"), UnderWay(*A, 6, "a.py:1")
    assert [dog.fold(now, one) for now in (0, 29, 30, 31)] == [None, None, one, None]
    assert [dog.fold(now, two) for now in (32, 61, 62)] == [None, None, two]
    assert [dog.fold(now, None) for now in (63, 200)] == [None, None]


def test_the_record_in_the_hands_of_a_fold() -> None:
    """It is found in the stack of the thread: topic, partition, offset and the line, and nothing of what it holds."""
    entered, leave = threading.Event(), threading.Event()

    def fold(record: Record, draft: Draft) -> None:
        if record.offset == 8:
            entered.set()
            leave.wait(20)

    draft = Draft(lambda table, key: None)
    thread = threading.Thread(target=draft.run_all, args=(fold, [record(7), record(8)], None))
    thread.start()
    assert entered.wait(20)
    found = under_way(thread.ident or 0)
    leave.set()
    thread.join()
    assert found is not None
    assert (found.topic, found.partition, found.offset) == (*A, 8)
    assert found.place.startswith("threading.py:")
    assert "secret" not in repr(found)
    assert under_way(thread.ident or 0) is None


class FakeUnit:
    """A unit of work at a standstill."""

    oldest_s = 97.0

    def __init__(self) -> None:
        self.positions = {A: 5, B: 9}
        self.newest_ms = {A: 1_000, B: 2_000}


class FakeConsumer:
    """Five records wait in A, of which two are here, and none in B."""

    def queued(self) -> Iterable[Slice]:
        return [Slice(A, 1, 5, 7, [record(5, 4_000), record(6, 5_000)])]

    def high_watermarks(self, sources: Iterable[Source]) -> dict[Source, int]:
        return {A: 10, B: 9}


class FakeTable:
    """A table whose partitions are folders."""

    name = "made_up"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def folder(self, partition: int) -> Path:
        return self._folder / str(partition)


def value(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


def test_lag_age_and_size(tmp_path: Path) -> None:
    """Lag is in offsets and in seconds since the next record was written; partitions that are gone leave no figure."""
    (tmp_path / "0").mkdir()
    (tmp_path / "0" / "000001.sst").write_bytes(b"x" * 1000)
    unit = FakeUnit()
    observer = Observer(unit, FakeConsumer(), [FakeTable(tmp_path)], print)
    observer.look(100.0, 10.0)
    assert value("junction_engine_lag_records", topic=A[0], partition="0") == 5
    assert value("junction_engine_lag_seconds", topic=A[0], partition="0") == pytest.approx(6.0)
    assert value("junction_engine_lag_seconds", topic=B[0], partition="1") == 0
    assert value("junction_engine_uncommitted_seconds") == pytest.approx(3.0)
    assert value("junction_engine_state_bytes", table="made_up") == 1000
    unit.positions = {}
    observer.look(101.0, 11.0)
    assert value("junction_engine_lag_records", topic=A[0], partition="0") is None
    assert value("junction_engine_state_bytes", table="made_up") == 0


def test_a_worker_that_owns_nothing_knows_its_disk(tmp_path: Path) -> None:
    """A spare worker tells the free space where its tables would lie, not 0, which is a full disk."""
    metrics.DISK_FREE_BYTES.set(0)  # what another test has seen does not count
    unit = FakeUnit()
    unit.positions = {}
    Observer(unit, FakeConsumer(), [FakeTable(tmp_path / "state" / "tables")], print).look(100.0, 10.0)
    assert (value("junction_engine_disk_free_bytes") or 0) > 0


def test_what_vanished_as_the_last_is_asked_for_again() -> None:
    """A partition that stands still is read again, once in each half minute, unless records of it wait here."""
    unit, asked = FakeUnit(), list[tuple[Source, int]]()
    consumer = FakeConsumer()
    consumer.queued = list  # type: ignore[method-assign]  # because this stage has none
    observer = Observer(unit, consumer, [], lambda source, at: asked.append((source, at)))
    for now_s in (100.0, 129.0):
        observer.look(now_s, 10.0)
    assert asked == []
    for now_s in (130.0, 131.0, 160.0):
        observer.look(now_s, 10.0)
    assert asked == [(A, 5), (A, 5)]
    unit.positions = {A: 10, B: 9}
    observer.look(191.0, 10.0)
    assert asked == [(A, 5), (A, 5)]

    patient = Observer(FakeUnit(), FakeConsumer(), [], lambda source, at: asked.append((source, at)))
    for now_s in (100.0, 130.0):
        patient.look(now_s, 10.0)
    assert len(asked) == 2


def test_a_folder_that_is_not_there_has_no_size(tmp_path: Path) -> None:
    """Databases come and go while they are measured."""
    assert size_of(tmp_path / "gone") == 0
