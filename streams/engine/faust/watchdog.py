"""Notices where progress stopped: records wait in a partition and its cursor does not move. Pure but for `under_way`.

Two kinds. A fold that does not return holds back everything, the event loop included; its record is found in the stack
of the loop's thread. Otherwise something below the folds stands still, partition by partition.
"""

import sys
from collections.abc import Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from streams.engine.positions.slices import Source
from streams.tables import Draft

STALLED_S = 30.0


@dataclass(frozen=True)
class UnderWay:
    """The record that a fold has now, and where in the code it is."""

    topic: str
    partition: int
    offset: int
    place: str


@dataclass
class _Seen:
    what: object
    since_s: float
    is_reported: bool = False
    tried_s: float = 0.0  # when it was told last by `again`


class Watchdog:
    """Reports each stall once: as soon as it has lasted for `stalled_s`, and again after progress in between."""

    def __init__(self, stalled_s: float = STALLED_S) -> None:
        self._stalled_s = stalled_s
        self._fold: _Seen | None = None
        self._sources: dict[Source, _Seen] = {}

    def fold(self, now_s: float, record: UnderWay | None) -> UnderWay | None:
        """The record of a fold that has not returned for so long. `record`: what it has now."""
        what = record and (record.topic, record.partition, record.offset)
        if what is None or self._fold is None or self._fold.what != what:
            self._fold = _Seen(what, now_s) if what else None
            return None
        return record if self._is_due(self._fold, now_s) else None

    def sources(self, now_s: float, positions: Mapping[Source, int], waiting: Set[Source]) -> list[Source]:
        """Partitions that have stood still for so long. `waiting`: those with records behind their positions."""
        self._sources = {source: seen for source, seen in self._sources.items() if source in waiting}
        for source in waiting:
            seen = self._sources.get(source)
            if seen is None or seen.what != positions.get(source):
                self._sources[source] = _Seen(positions.get(source), now_s)
        return sorted(source for source, seen in self._sources.items() if self._is_due(seen, now_s))

    def again(self, now_s: float) -> list[Source]:
        """Partitions that have stood still for so long, each once in that time: what was read of them may be lost."""
        due = [
            source
            for source, seen in self._sources.items()
            if now_s - max(seen.since_s, seen.tried_s) >= self._stalled_s
        ]
        for source in due:
            self._sources[source].tried_s = now_s
        return sorted(due)

    @property
    def stalled(self) -> int:
        """How many partitions stand still, reported before or now."""
        return sum(seen.is_reported for seen in self._sources.values())

    def _is_due(self, seen: _Seen, now_s: float) -> bool:
        if seen.is_reported or now_s - seen.since_s < self._stalled_s:
            return False
        seen.is_reported = True
        return True


def under_way(thread_id: int) -> UnderWay | None:
    """The record that a fold in that thread works on now; None when there is no fold."""
    innermost = sys._current_frames().get(thread_id)
    frame: FrameType | None = innermost
    while frame is not None and innermost is not None:
        if frame.f_code is Draft.run_all.__code__:
            record = frame.f_locals.get("record")
            if record is None:
                return None
            place = f"{Path(innermost.f_code.co_filename).name}:{innermost.f_lineno}"
            return UnderWay(record.topic, record.partition, record.offset, place)
        frame = frame.f_back
    return None
