"""The newest marks of one series of a user, sorted by their own times. The order of arrival leaves no trace.

Bounded by what depends on the points and not on their order: of samples within one minute the lowest and the highest
count (`crowded_minutes` has the others), and of all the newest MARKS_MAX that rules can still need. Samples leave by
whole minutes; one of a minute that has left, or of an older one, is too late.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from operator import attrgetter
from typing import NamedTuple

import msgspec

from streams.alerts.episodes.crowded_minutes import CrowdedMinutes, Sample, Source, height
from streams.alerts.episodes.marks import FUTURE_S, NEVER_US, Mark
from streams.alerts.episodes.provenance import Provenance
from streams.events import MINUTE_US, SECOND_US
from streams.tables import rows

MARKS_MAX = 96  # about 2.5 kB; eight hours at one sample in five minutes, an hour and a half at two in each minute
SOURCES_MAX = 32


class _Stored(NamedTuple):
    sources: list[Source]
    marks: list[Mark]
    past_us: int


@dataclass
class Window:
    """`past_us`: time of the newest mark that has left. `too_old`: points of the last record that were too late."""

    sources: list[Source] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    past_us: int = NEVER_US
    too_old: int = 0

    def add(
        self,
        points: Sequence[tuple[int, float]],
        provenance: Provenance,
        received_ms: int,
        max_age_us: int,
        keep_us: int,
        crowded: CrowdedMinutes,
    ) -> list[Mark] | None:
        """Take in the points of a record. Returns the marks that leave, oldest first; None if nothing changed.

        `keep_us`: how long marks are needed; older ones leave even where there is room.
        """
        entity, at_us = provenance.entity, received_ms * 1000
        past_us = self.past_us + 1 if entity else (_minute_of(self.past_us) + 1) * MINUTE_US
        oldest_us, newest_us = max(at_us - max_age_us, past_us), at_us + FUTURE_S * SECOND_US
        source, offset = self._place(_source(provenance)), provenance.raw_offset
        new = [
            Mark(time_us, value, source, offset, (at_us - time_us) // SECOND_US, entity)
            for time_us, value in points
            if oldest_us <= time_us <= newest_us
        ]
        self.too_old = len(points) - len(new)
        merged = _of_entities(self.marks, new, entity) if entity else self._of_samples(new, crowded)
        if _content(merged) == _content(self.marks):
            return None
        n = max(len(merged) - MARKS_MAX, bisect_left(merged, at_us - keep_us, key=_time))
        gone, self.marks = _cut(merged, n) if not entity else (merged[:n], merged[n:])
        if gone:
            self.past_us = gone[-1].time_us
        for minute in _crowded(gone):
            crowded.forget(minute)
        return gone

    def _of_samples(self, new: list[Mark], crowded: CrowdedMinutes) -> list[Mark]:
        """The marks with new samples. One of the same time and source replaces the one before."""
        if not new:
            return self.marks
        first, last = _minute(new[0]), _minute(new[-1])
        if (not self.marks or first > _minute(self.marks[-1])) and len(set(map(_minute, new))) == len(new):
            return [*self.marks, *new]
        begin = bisect_left(self.marks, first * MINUTE_US, key=_time)
        end = bisect_left(self.marks, (last + 1) * MINUTE_US, key=_time)
        inside = {minute: list(group) for minute, group in groupby(self.marks[begin:end], key=_minute)}
        for minute, group in groupby(new, key=_minute):
            inside[minute] = self._within(minute, inside.get(minute, []), group, crowded)
        return [*self.marks[:begin], *(mark for minute in sorted(inside) for mark in inside[minute]), *self.marks[end:]]

    def _within(self, minute: int, there: list[Mark], new: Iterable[Mark], crowded: CrowdedMinutes) -> list[Mark]:
        """The marks of one minute: its lowest and its highest sample."""
        known = crowded.of(minute) if len(there) > 1 else []
        known = known or list(map(self._sample, there))
        samples = sorted({(one.time_us, one.source): one for one in [*known, *map(self._sample, new)]}.values())
        if len(samples) > 2:
            crowded.keep(minute, samples)
            samples = sorted([min(samples, key=height), max(samples, key=height)])
        return [Mark(one.time_us, one.value, self._place(one.source), one.offset, one.age_s) for one in samples]

    def _sample(self, mark: Mark) -> Sample:
        return Sample(mark.time_us, mark.value, self.sources[mark.source], mark.offset, mark.age_s)

    def _place(self, source: Source) -> int:
        """Index of a source. It stays while a mark refers to it; of too many, the least recently used is replaced."""
        if source in self.sources:
            return self.sources.index(source)
        if len(self.sources) < SOURCES_MAX:
            self.sources.append(source)
            return len(self.sources) - 1
        used_us = {mark.source: mark.time_us for mark in self.marks}
        place = min(range(len(self.sources)), key=lambda one: used_us.get(one, NEVER_US))
        self.sources[place] = source
        return place

    def provenance(self, mark: Mark) -> Provenance:
        provider, kind, topic, partition = self.sources[mark.source]
        return Provenance(provider, kind, mark.entity, topic, partition, mark.offset)

    def encode(self) -> bytes:
        return rows.pack(rows.WINDOW, _encode(_Stored(self.sources, self.marks, self.past_us)))

    @classmethod
    def decode(cls, stored: bytes | None) -> "Window":
        return cls() if stored is None else cls(*_decode(rows.unpack(rows.WINDOW, stored)))


def _source(provenance: Provenance) -> Source:
    return provenance.provider, provenance.source_type, provenance.raw_topic, provenance.raw_partition


def _content(marks: list[Mark]) -> list[tuple[int, float, int, str]]:
    return [(mark.time_us, mark.value, mark.source, mark.entity) for mark in marks]


def _of_entities(marks: list[Mark], new: list[Mark], entity: str) -> list[Mark]:
    """A new version of a summary replaces the one before, whatever its time is now."""
    return sorted([mark for mark in marks if mark.entity != entity] + new, key=_by_entity)


def _cut(marks: list[Mark], n: int) -> tuple[list[Mark], list[Mark]]:
    """(at least the first n marks, the others); no minute is in both."""
    while 0 < n < len(marks) and _minute(marks[n]) == _minute(marks[n - 1]):
        n += 1
    return marks[:n], marks[n:]


def _crowded(marks: list[Mark]) -> list[int]:
    """Minutes with more than one mark."""
    minutes = list(map(_minute, marks))
    return [one for one, after in pairwise(minutes) if one == after]


def _minute(mark: Mark) -> int:
    return mark.time_us // MINUTE_US


def _minute_of(time_us: int) -> int:
    return time_us // MINUTE_US


_time = attrgetter("time_us")


_by_entity = attrgetter("time_us", "value", "entity")


_encode = msgspec.msgpack.Encoder().encode


_decode = msgspec.msgpack.Decoder(_Stored).decode
