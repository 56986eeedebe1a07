"""Samples around a moment: the deliveries of its hour folded again in memory, which said what, and what counts. Pure.

Folded is what lies in the hour (UTC, as the worker's blocks do), and intervals that began before it and last beyond the
moment. The hour is whole if the index knows all deliveries since it began, and the originals of all that touch it were
read. Then this build's verdicts can be compared with the rows': a delivery that lies within the hour must have the same
counts, of another the hour's cannot be more than the row's.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from streams.events import HOUR_US, MINUTE_US
from streams.lineage.data.originals import NOT_READ, OriginalRead, Reads, otherwise
from streams.lineage.data.touching import is_of_moment, key_of, verdicts_of
from streams.lineage.row import LineageRow
from streams.payloads import Series
from streams.tables import EMITTED, Verdict, samples
from streams.tables.readings import SeriesReading


class SampleSaid(NamedTuple):
    """What a delivery said of the moment. `value`: a number, or the values of a sample by name; `counts`: whether it is
    what is known now. Times: Unix µs; `end_us` is `time_us` for a point."""

    time_us: int
    end_us: int
    provider: str
    source_type: str
    unit: str
    value: Any
    verdict: Verdict
    counts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MomentTold:
    """A delivery that touches the hour. `said`: of the moment, by time. `judged`: verdicts of its samples in the hour.

    `is_otherwise`: whether this build judges otherwise than the row says; None where that cannot be told.
    `why`: why it was not folded, "" where it was.
    """

    row: LineageRow
    said: tuple[SampleSaid, ...] = ()
    judged: tuple[tuple[str, int], ...] = ()
    is_otherwise: bool | None = None
    why: str = ""


class Hour(NamedTuple):
    """The hour of a moment. Unix µs."""

    moment_us: int

    @property
    def from_us(self) -> int:
        return self.moment_us - self.moment_us % HOUR_US

    @property
    def until_us(self) -> int:
        return self.from_us + HOUR_US

    def touched_by(self, row: LineageRow) -> bool:
        return is_of_moment(row, self.from_us, self.until_us)

    def holds(self, row: LineageRow) -> bool:
        """Whether all samples of a delivery lie within it."""
        return self.from_us <= row.first_us and row.last_us < self.until_us

    def is_said(self, time_us: int, end_us: int) -> bool:
        """Whether a sample is of the moment: it lasts over it, or lies in its minute."""
        minute_us = self.moment_us - self.moment_us % MINUTE_US
        return time_us <= self.moment_us < end_us or minute_us <= time_us < minute_us + MINUTE_US

    def places(self, series: Series) -> list[int]:
        """Places of the samples that are folded."""
        columns = zip(series.columns.times_us, series.columns.ends_us, strict=True)
        return [place for place, times in enumerate(columns) if self._takes(*times)]

    def _takes(self, time_us: int, end_us: int) -> bool:
        return self.from_us <= time_us < self.until_us or time_us <= self.moment_us < end_us


Key = tuple[bytes, int]  # block, µs of the sample


class _Fold:
    """The worker's blocks in memory. `newest`: of each sample the delivery (its place among all) that won.

    A pipeline's event that came again under its name counts once: its row has no times, so it is not among these.
    """

    def __init__(self, hour: Hour) -> None:
        self._hour, self._blocks = hour, dict[bytes, bytes]()
        self.newest: dict[Key, int] = {}

    def one(self, number: int, found: OriginalRead) -> tuple[MomentTold, list[Key]]:
        """A delivery, and the keys of what it said of the moment."""
        row, reading = found.row, found.reading
        if not isinstance(reading, SeriesReading):
            return MomentTold(row=row, why=otherwise(found) or "it has no samples"), []
        places = self._hour.places(reading.series)
        if not places:
            return MomentTold(row=row, why="it has no samples in this hour"), []
        series = _taken(reading.series, places)
        judged = samples.judge(series, found.delivery.at_ms, self._blocks.get, self._blocks.__setitem__)
        return self._told(number, row, series, judged.verdicts)

    def _told(
        self, number: int, row: LineageRow, series: Series, verdicts: Sequence[Verdict]
    ) -> tuple[MomentTold, list[Key]]:
        said: list[SampleSaid] = []
        keys: list[Key] = []
        for place, verdict in enumerate(verdicts):
            time_us, end_us = series.columns.times_us[place], series.columns.ends_us[place]
            key = (samples.block_key(series, series.key_extra(place), time_us // HOUR_US), time_us)
            if verdict in EMITTED:
                self.newest[key] = number
            if self._hour.is_said(time_us, end_us):
                said.append(_said(series, place, verdict))
                keys.append(key)
        times_us = zip(series.columns.times_us, verdicts, strict=True)
        counts = Counter(str(verdict) for time_us, verdict in times_us if time_us >= self._hour.from_us)
        return MomentTold(row=row, said=tuple(said), judged=tuple(sorted(counts.items()))), keys


def _taken(series: Series, places: Sequence[int]) -> Series:
    if len(places) == len(series.columns):
        return series
    return Series(series.event, series.source, series.row, series.columns.take(places))


def _said(series: Series, place: int, verdict: Verdict) -> SampleSaid:
    columns, source = series.columns, series.source
    value = columns.contents[place] if series.is_numeric else dict(columns.samples[place])
    return SampleSaid(
        columns.times_us[place], columns.ends_us[place], source.provider, source.type, columns.attributes[place].unit,
        value, verdict, counts=False,
    )  # fmt: skip


def fold_hour(hour: Hour, rows: Iterable[LineageRow], reads: Reads, *, knows_all: bool) -> tuple[MomentTold, ...]:
    """What each delivery that touches the hour said. `rows`: in the order of processing; `knows_all`: whether there are
    no others of this hour."""
    fold, told, keys_of = _Fold(hour), list[MomentTold](), list[list[Key]]()
    is_whole = knows_all
    for row in filter(hour.touched_by, rows):
        found = reads.get(key_of(row), NOT_READ)
        if isinstance(found, OriginalRead):
            one, keys = fold.one(len(told), found)
        else:
            one, keys, is_whole = MomentTold(row=row, why=found.why), [], False
        told.append(_compared(hour, one) if is_whole else one)
        keys_of.append(keys)
    return tuple(_with_counts(fold, told, keys_of))


def _compared(hour: Hour, told: MomentTold) -> MomentTold:
    if told.why:
        return told
    here, row = Counter(dict(told.judged)), verdicts_of(told.row)
    return replace(told, is_otherwise=here != row if hour.holds(told.row) else bool(here - row))


def _with_counts(fold: _Fold, told: Sequence[MomentTold], keys_of: Sequence[Sequence[Key]]) -> Iterator[MomentTold]:
    for number, (one, keys) in enumerate(zip(told, keys_of, strict=True)):
        counts = (
            fold.newest.get(key) == number and sample.verdict in EMITTED
            for sample, key in zip(one.said, keys, strict=True)
        )
        said = tuple(sample._replace(counts=is_known) for sample, is_known in zip(one.said, counts, strict=True))
        yield replace(one, said=said)
