"""The newest points of one series of a user, in the order of their times. The order of arrival leaves no trace.

Bounded by what depends on the points and not on their order: of samples within one minute the lowest and the highest
stay, and of all the newest MARKS_MAX that rules can still need. What is older than one that went comes too late.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

import msgspec

from streams.alerting.observe import Evidence
from streams.alerting.rules import MINUTE_US, SECOND_US

MARKS_MAX = 96  # about 2.5 kB; eight hours at one sample in five minutes, an hour and a half at two in each minute
SOURCES_MAX = 32
FUTURE_S = 900  # a clock may be wrong by so much
NEVER_US = -(2**63)
_FORMAT = b"\x01"


class Mark(NamedTuple):
    """A point. `source`: place in the window's sources. `age_s`: how old it was when it came."""

    time_us: int
    value: float
    source: int = 0
    offset: int = 0
    age_s: int = 0
    entity: str = ""


Source = tuple[str, str, str, int]  # provider, source type, raw topic, raw partition


class _Stored(NamedTuple):
    sources: list[Source]
    marks: list[Mark]
    past_us: int


@dataclass
class Window:
    """`past_us`: time of the newest mark that had to go. `too_old`: points that the last record brought too late."""

    sources: list[Source] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    past_us: int = NEVER_US
    too_old: int = 0

    def add(
        self, points: Sequence[tuple[int, float]], evidence: Evidence, received_ms: int, max_age_us: int, keep_us: int
    ) -> list[Mark] | None:
        """Take in what a record says. Answers the marks that went, oldest first; None if nothing changed.

        `keep_us`: how long marks are needed; older ones go even where there is room.
        """
        source, at_us = self._source(evidence), received_ms * 1000
        oldest_us, newest_us = max(at_us - max_age_us, self.past_us + 1), at_us + FUTURE_S * SECOND_US
        offset, entity = evidence.raw_offset, evidence.entity
        new = [
            Mark(time_us, value, source, offset, (at_us - time_us) // SECOND_US, entity)
            for time_us, value in points
            if oldest_us <= time_us <= newest_us
        ]
        self.too_old = len(points) - len(new)
        merged = _of_entities(self.marks, new, entity) if entity else _of_samples(self.marks, new)
        if _said(merged) == _said(self.marks):
            return None
        n = max(len(merged) - MARKS_MAX, bisect_left(merged, at_us - keep_us, key=_time))
        gone, self.marks = merged[:n], merged[n:]
        if gone:
            self.past_us = gone[-1].time_us
        return gone

    def _source(self, evidence: Evidence) -> int:
        source = (evidence.provider, evidence.source_type, evidence.raw_topic, evidence.raw_partition)
        if source in self.sources:
            return self.sources.index(source)
        if len(self.sources) >= SOURCES_MAX:
            self._tidy()
        self.sources.append(source)
        return len(self.sources) - 1

    def _tidy(self) -> None:
        """Forget sources that no mark names; of too many the oldest are not told apart any more."""
        used = sorted({mark.source for mark in self.marks})[-SOURCES_MAX + 1 :]
        places = {source: place for place, source in enumerate(used)}
        self.marks = [mark._replace(source=places.get(mark.source, 0)) for mark in self.marks]
        self.sources = [self.sources[source] for source in used]

    def evidence(self, mark: Mark) -> Evidence:
        provider, kind, topic, partition = self.sources[mark.source]
        return Evidence(provider, kind, mark.entity, topic, partition, mark.offset)

    def encode(self) -> bytes:
        return _FORMAT + _encode(_Stored(self.sources, self.marks, self.past_us))

    @classmethod
    def decode(cls, stored: bytes | None) -> "Window":
        return cls() if stored is None else cls(*_decode(memoryview(stored)[1:]))


def _said(marks: list[Mark]) -> list[tuple[int, float, str]]:
    return [(mark.time_us, mark.value, mark.entity) for mark in marks]


def _of_entities(marks: list[Mark], new: list[Mark], entity: str) -> list[Mark]:
    """A new version of a summary takes the place of the one before, wherever its time is now."""
    return sorted([mark for mark in marks if mark.entity != entity] + new)


def _of_samples(marks: list[Mark], new: list[Mark]) -> list[Mark]:
    """A sample of the same time and source is a new version of it."""
    if new and (not marks or new[0].time_us > marks[-1].time_us):
        return [*marks[:-2], *_thinned([*marks[-2:], *new])]
    by_key = {(mark.time_us, mark.source): mark for mark in marks}
    by_key |= {(mark.time_us, mark.source): mark for mark in new}
    return _thinned(sorted(by_key.values()))


def _thinned(merged: list[Mark]) -> list[Mark]:
    """Of each minute the lowest and the highest."""
    if len({mark.time_us // MINUTE_US for mark in merged}) == len(merged):
        return merged
    thinned: list[Mark] = []
    for _, group in groupby(merged, key=_minute):
        inside = list(group)
        thinned += inside if len(inside) < 3 else sorted({min(inside, key=_by_value), max(inside, key=_by_value)})
    return thinned


def _minute(mark: Mark) -> int:
    return mark.time_us // MINUTE_US


_by_value = attrgetter("value", "time_us")
_time = attrgetter("time_us")
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Stored).decode
