"""Lag, age, size and stalls of the engine, sampled about once a second in a thread of its own.

A thread, because a fold that does not return holds the event loop, and that must be reported. It changes nothing, and
everything that it reads is copied in one step.
"""

import shutil
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from streams.engine.faust.watchdog import Watchdog, under_way
from streams.engine.positions.slices import Slice, Source
from streams.ops import log, metrics

EVERY_S = 1.0
SIZES_EVERY_S = 30.0
NAMED_MAX = 10  # partitions that one line of the log names

logger = log.get("watchdog")


class UnitView(Protocol):
    """The unit of work, as it is seen from here."""

    newest_ms: dict[Source, int]

    @property
    def positions(self) -> dict[Source, int]: ...
    @property
    def oldest_s(self) -> float | None: ...


class ConsumerView(Protocol):
    """The consumer, as it is seen from here."""

    def queued(self) -> Iterable[Slice]: ...
    def high_watermarks(self, sources: Iterable[Source]) -> dict[Source, int]: ...


class TableView(Protocol):
    """A table, as it is seen from here."""

    name: str

    def folder(self, partition: int) -> Path: ...


class Observer:
    """Made in the thread whose folds are watched. `stop` before the event loop ends.

    `read_again`: called, in the observer's thread, with a partition that stands still though nothing of it waits here,
    and the offset at which it stands.
    """

    def __init__(
        self,
        unit: UnitView,
        consumer: ConsumerView,
        tables: Iterable[TableView],
        read_again: Callable[[Source, int], object],
    ) -> None:
        self._unit, self._consumer, self._tables = unit, consumer, tuple(tables)
        self._read_again, self._watchdog = read_again, Watchdog()
        self._folds_in = threading.get_ident()
        self._labelled: set[Source] = set()
        self._sizes_at_s = 0.0
        self._sized: set[int] = set()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="observer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(EVERY_S)

    def _run(self) -> None:
        while not self._stopped.wait(EVERY_S):
            try:
                self.look(time.monotonic(), time.time())
            except Exception as error:  # a rebalance is under way: objects are half gone; the next look follows soon
                logger.debug("look_failed", error=type(error).__name__)

    def look(self, now_s: float, clock_s: float) -> None:
        """One sample. `now_s`: monotonic; `clock_s`: wall clock, to which the records' timestamps belong."""
        self._watch_fold(now_s)
        positions = self._unit.positions
        lags = {
            source: max(0, end - positions[source])
            for source, end in self._consumer.high_watermarks(positions).items()
            if source in positions
        }
        self._set_lag(lags, self._oldest_ms(positions), clock_s)
        oldest_s = self._unit.oldest_s
        metrics.UNCOMMITTED_SECONDS.set(now_s - oldest_s if oldest_s is not None else 0.0)
        self._watch_sources(now_s, positions, lags)
        partitions = {partition for _, partition in positions}
        if now_s >= self._sizes_at_s or partitions != self._sized:
            self._sizes_at_s, self._sized = now_s + SIZES_EVERY_S, partitions
            self._set_sizes(partitions)

    def _oldest_ms(self, positions: Mapping[Source, int]) -> dict[Source, int]:
        """Timestamp of the next record, where it has been read; else of the last one processed, which is older."""
        oldest = self._unit.newest_ms.copy()
        heads: dict[Source, int] = {}
        for piece in self._consumer.queued():
            if piece.records and piece.end > positions.get(piece.source, piece.end):
                heads.setdefault(piece.source, piece.records[0].timestamp)
        return oldest | heads

    def _set_lag(self, lags: Mapping[Source, int], oldest_ms: Mapping[Source, int], clock_s: float) -> None:
        for topic, partition in self._labelled - lags.keys():
            metrics.LAG_RECORDS.remove(topic, str(partition))
            metrics.LAG_SECONDS.remove(topic, str(partition))
        self._labelled = set(lags)
        for source, lag in lags.items():
            labels = (source[0], str(source[1]))
            since_ms = oldest_ms.get(source, clock_s * 1000) if lag else clock_s * 1000
            metrics.LAG_RECORDS.labels(*labels).set(lag)
            metrics.LAG_SECONDS.labels(*labels).set(max(0.0, clock_s - since_ms / 1000))

    def _watch_fold(self, now_s: float) -> None:
        if record := self._watchdog.fold(now_s, under_way(self._folds_in)):
            logger.error(
                "fold_stalled", topic=record.topic, partition=record.partition, offset=record.offset, at=record.place
            )

    def _watch_sources(self, now_s: float, positions: Mapping[Source, int], lags: Mapping[Source, int]) -> None:
        waiting = {source for source, lag in lags.items() if lag}
        news = self._watchdog.sources(now_s, positions, waiting)
        for source in news[:NAMED_MAX]:
            place = {"topic": source[0], "partition": source[1], "offset": positions[source]}
            logger.error("stalled", **place, records=lags[source], partitions=len(news))
        metrics.STALLED.set(self._watchdog.stalled)
        here = {piece.source for piece in self._consumer.queued()}
        for source in self._watchdog.again(now_s):
            if source not in here:
                self._read_again(source, positions[source])

    def _set_sizes(self, partitions: Iterable[int]) -> None:
        for table in self._tables:
            metrics.STATE_BYTES.labels(table.name).set(sum(size_of(table.folder(number)) for number in partitions))
        if self._tables:  # also of a worker that owns nothing yet: its tables will lie there
            metrics.DISK_FREE_BYTES.set(free_bytes(self._tables[0].folder(0)))


def free_bytes(folder: Path) -> int:
    """Free space where a folder lies, or would lie."""
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    return shutil.disk_usage(there).free


def size_of(folder: Path) -> int:
    """Bytes of the files in a folder; a file that vanishes meanwhile counts 0."""
    total = 0
    with suppress(FileNotFoundError):
        for path in folder.iterdir():
            with suppress(FileNotFoundError):
                total += path.stat().st_size
    return total
