"""Where consumer groups were seen, and when: so that of an offset it can be said by when a group had passed it. Pure.

Kafka says where a group is and not since when. Whoever looks now and then knows it to the time between two looks.
"""

from collections.abc import Mapping
from threading import Lock
from typing import NamedTuple

SERIES_MAX = 5_000  # groups and places that are remembered: with SIGHTS_MAX 60 MB at most, where all move all the time
SIGHTS_MAX = 128

Where = tuple[str, str, int]  # group, topic (full name), partition


class Sight(NamedTuple):
    """A group's committed offset as it was seen first. Unix ms."""

    offset: int
    at_ms: int


class GroupHistory:
    """Offsets that moved, the old ones ever further apart. Safe to be used by several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._seen: dict[Where, list[Sight]] = {}

    def note(self, group: str, committed: Mapping[tuple[str, int], int], at_ms: int) -> None:
        """Where a group is at a time, which is not before that of the last note."""
        with self._lock:
            for (topic, partition), offset in committed.items():
                self._add((group, topic, partition), Sight(offset, at_ms))

    def passed_ms(self, group: str, topic: str, partition: int, offset: int) -> int:
        """When it was first seen behind an offset; 0 where it was never seen before it, or not behind it."""
        with self._lock:
            sights = self._seen.get((group, topic, partition), [])
            if not sights or sights[0].offset > offset:
                return 0
            return next((one.at_ms for one in sights if one.offset > offset), 0)

    def _add(self, where: Where, sight: Sight) -> None:
        sights = self._seen.get(where)
        if sights is None:
            if len(self._seen) < SERIES_MAX:
                self._seen[where] = [sight]
        elif sight.offset < sights[-1].offset:  # somebody set it back: what was seen says nothing any more
            self._seen[where] = [sight]
        elif sight.offset > sights[-1].offset:
            sights.append(sight)
            if len(sights) > SIGHTS_MAX:
                del sights[1 : SIGHTS_MAX // 2 : 2]
