"""How far the index reaches, by how far each partition of the lineage topic is read. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from streams.events.times import DAY_MS
from streams.lineage.index.intake.positions import Bounds, Position, Source
from streams.lineage.known import Reach

FRESH_MS = 5_000  # so old may the last look at the ends be of which all is read
WAITING_MAX = 8  # ends that are not reached yet, of a partition: one of each second in which a transaction is open


class EndsSeen(NamedTuple):
    """Of one partition. `read_ms`: of the newest look up to whose end it is read, 0 for none; `waiting`: times of
    later looks with their ends, the oldest first. Unix ms."""

    read_ms: int = 0
    waiting: tuple[tuple[int, int], ...] = ()

    def after(self, at_ms: int, end: int, next: int) -> "EndsSeen":
        """With another look. `next`: offset that is read next. Looks of a clock that was ahead are forgotten."""
        before = [(ms, one) for ms, one in self.waiting if ms <= at_ms and one != end]
        looks = [*before[: WAITING_MAX - 1], (at_ms, end)]
        was_ms = self.read_ms if self.read_ms <= at_ms else 0
        read_ms = max([was_ms, *(ms for ms, one in looks if one <= next)])
        return EndsSeen(read_ms, tuple((ms, one) for ms, one in looks if one > next))


@dataclass(frozen=True, slots=True)
class Look:
    """What the last look at the ends said, Unix ms. `as_of_ms`: all that was processed before is read. `read_ms`: up
    to the ends that were there then, all is read; 0 for none."""

    as_of_ms: int = 0
    read_ms: int = 0
    ends: Mapping[Source, EndsSeen] = field(default_factory=dict)


def look(
    positions: Mapping[Source, Position], bounds: Mapping[Source, Bounds], at_ms: int, margin_ms: int, before: Look
) -> Look:
    """Of a look at the ends at a time. `margin_ms`: for so long rows may be on their way to the topic.

    Of many partitions there is always one that is being written to: it is behind its own end of an earlier look only
    where rows are missing.
    """
    ends = {
        source: before.ends.get(source, EndsSeen()).after(at_ms, bounds[source].end, one.next)
        for source, one in positions.items()
    }
    latest_ms = at_ms - margin_ms
    as_of = min([latest_ms, *(max(ends[source].read_ms - margin_ms, one.last_ms) for source, one in positions.items())])
    was_ms = before.as_of_ms if before.as_of_ms <= latest_ms else 0  # else our clock was ahead then
    return Look(max(as_of, was_ms), min([at_ms, *(one.read_ms for one in ends.values())]), ends)


def first_ms(positions: Collection[Position], cut_ms: int, now_ms: int) -> int:
    """Since when rows are here, 0 where there are none. `cut_ms`: the beginning of the oldest day that is kept.

    Of what was lost of a partition, only what came later than its first row is known to be whole; without one, nothing
    before now. Of what had gone by its age when reading began, what is younger is.
    """
    firsts = [one.first_ms for one in positions if one.first_ms]
    if not firsts:
        return 0
    lost = [one.first_ms or now_ms for one in positions if not one.is_whole]
    return max([cut_ms, min(firsts), *(one.aged_ms for one in positions), *lost])


def is_read(positions: Mapping[Source, Position], bounds: Mapping[Source, Bounds], topic: str) -> bool:
    """Whether a topic (full name) is read up to its ends in `bounds`; not where those are not known yet."""
    ends = {source: one.end for source, one in bounds.items() if source[0] == topic}
    return bool(ends) and all(source in positions and positions[source].next >= end for source, end in ends.items())


def reach(seen: Look, first_ms: int, now_ms: int, days: int, *, has_connections: bool = True) -> Reach:
    """As it is answered now. `days`: for how long the topic keeps rows, so that it is no further behind."""
    is_current = abs(now_ms - seen.read_ms) < FRESH_MS
    as_of_ms = seen.as_of_ms if seen.as_of_ms <= now_ms else 0  # else our clock was ahead at that look
    behind_ms = min(now_ms - as_of_ms, days * DAY_MS)
    behind_s = 0.0 if is_current else behind_ms / 1000
    return Reach(first_ms=first_ms, as_of_ms=as_of_ms, behind_s=behind_s, has_connections=has_connections)


def share(positions: Mapping[Source, Position], bounds: Mapping[Source, Bounds]) -> float:
    """How much of what Kafka has is read, 0 to 1."""
    there = sum(one.end - one.first for one in bounds.values())
    left = sum(max(bounds[source].end - one.next, 0) for source, one in positions.items() if source in bounds)
    return 1 - left / there if there else 1.0
