"""The rules that prevent holes: which slices of the log are processed, and where a partition is read next. Pure.

A slice covers offsets `[begin, end)` of one partition, gaps of compaction, aborted records and commit markers included.
Begin is the end of the slice before it, or the offset of the seek that it descends from. Every seek has its own epoch:
slices that descend from an older seek are stale, whatever offsets they have.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from operator import attrgetter
from typing import NamedTuple

from streams.events import Record

Source = tuple[str, int]  # (topic, partition); Faust's and aiokafka's named tuples compare equal to it


class Position(NamedTuple):
    """Where a partition is read next, and the seek that this descends from."""

    epoch: int
    offset: int


@dataclass(slots=True)
class Slice:
    """All that one poll found between two positions of one partition. `size_bytes`: keys and values, for bounds."""

    source: Source
    epoch: int
    begin: int
    end: int
    records: Sequence[Record]
    size_bytes: int = 0


class SliceVerdict(Enum):
    """A slice compared with the cursor of its partition."""

    NEXT = "next"  # it begins at or before the cursor and ends after it
    STALE = "stale"  # of another epoch, of a partition that is not ours, or wholly before the cursor
    HOLE = "hole"  # it begins after the cursor: a slice before it vanished on the way


class Cursors:
    """Per partition: the end of what the engine has processed, committed or not, in one generation of the group."""

    def __init__(self) -> None:
        self._at: dict[Source, Position] = {}
        self._epoch = 0
        self.generation = -1

    def assign(self, generation: int, committed: Mapping[Source, int]) -> dict[Source, Position]:
        """Take over partitions at their stable committed offsets; returns where to seek."""
        # Within one generation a cursor never moves back: an open transaction has processed up to it. Where that
        # transaction was aborted, `clear` is called first.
        known = self._at if generation == self.generation else {}
        self._epoch += 1
        self.generation = generation
        self._at = {
            source: Position(self._epoch, max(offset, known[source].offset if source in known else offset))
            for source, offset in committed.items()
        }
        return dict(self._at)

    def clear(self) -> None:
        """Own nothing: every slice is stale until the next `assign`."""
        self._at.clear()
        self.generation = -1

    def judge(self, piece: Slice) -> SliceVerdict:
        """Compare a slice with its cursor; changes nothing."""
        at = self._at.get(piece.source)
        if at is None or at.epoch != piece.epoch or piece.end <= at.offset:
            return SliceVerdict.STALE
        return SliceVerdict.HOLE if piece.begin > at.offset else SliceVerdict.NEXT

    def advance(self, piece: Slice) -> Sequence[Record]:
        """Move the cursor behind a slice that is NEXT; its records, without those that were processed before."""
        at = self._at[piece.source]
        self._at[piece.source] = Position(at.epoch, piece.end)
        if piece.begin >= at.offset:
            return piece.records
        return piece.records[bisect_left(piece.records, at.offset, key=attrgetter("offset")) :]

    def partitions(self) -> list[int]:
        """Numbers of the partitions that are ours now."""
        return sorted({partition for _, partition in self._at})

    def offsets(self) -> dict[Source, int]:
        """The end of what is processed, of each partition that is ours now. The copy is made in one step."""
        return {source: at.offset for source, at in self._at.copy().items()}

    def of(self, partition: int) -> tuple[Source, int] | None:
        """One source of a partition with the offset behind what is processed of it; None when it is not ours.

        Its offset, committed again with the generation, fences a transaction that no record asked for.
        """
        return next(((source, at.offset) for source, at in self._at.items() if source[1] == partition), None)

    def all_of(self, partition: int) -> list[tuple[Source, int]]:
        """Every source of a partition with the offset behind what is processed of it."""
        return [(source, at.offset) for source, at in self._at.items() if source[1] == partition]

    def heal(self, source: Source) -> Position:
        """Where to seek after a hole. The new epoch makes everything stale that was read beyond it."""
        self._epoch += 1
        position = Position(self._epoch, self._at[source].offset)
        self._at[source] = position
        return position

    def __len__(self) -> int:
        return len(self._at)
