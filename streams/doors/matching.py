"""Which rows are one event, and whose rows have to be looked at again. Pure.

The first look compares bytes as they are. Where something is missing by that, all rows of the same owner are compared
in one form: bytes may differ that say the same, and a repetition may be written otherwise than what it repeats. What
both doors brought in the same two spellings counts as two events that came by both.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from streams.doors.sightings import Sighting, Sightings


class DoorEvent(NamedTuple):
    """One event: its first row at the door to be kept, and its first one at the others; None where it never came."""

    kept: Sighting | None
    other: Sighting | None

    @property
    def only(self) -> Sighting | None:
        """Its row, if it came by one way alone."""
        return self.other if self.kept is None else self.kept if self.other is None else None


def seen(rows: Iterable[Sighting], kept: int) -> Iterator[DoorEvent]:
    """The events of a heap. `kept`: number of the door. Order and repetition of rows do not matter."""
    found: dict[bytes, list[Sighting | None]] = {}
    for row in rows:
        pair = found.setdefault(row.digest, [None, None])
        side = row.door != kept
        before = pair[side]
        pair[side] = row if before is None else _first(before, row)
    for first, second in found.values():
        yield DoorEvent(first, second)


def _first(one: Sighting, other: Sighting) -> Sighting:
    """The earlier row, with the marks of both."""
    first = min(one, other, key=_order)
    marks = one.marks | other.marks
    return first if first.marks == marks else first._replace(marks=marks)


def _order(row: Sighting) -> tuple[int, int, int]:
    return row.order


def doubted(rows: Sightings, kept: int) -> set[bytes]:
    """Owners of whom some event came by one way alone, as far as bytes tell."""
    return {row.owner for heap in rows.heaps() for row in _of_one_side(list(heap), kept)}


def _of_one_side(rows: list[Sighting], kept: int) -> Iterator[Sighting]:
    """The rows of a heap whose event came by one way alone."""
    sides = {True: set[bytes](), False: set[bytes]()}
    for row in rows:
        sides[row.door == kept].add(row.digest)
    alone = sides[True] ^ sides[False]
    return (row for row in rows if row.digest in alone)


def settled(
    rows: Sightings, kept: int, owners: AbstractSet[bytes], again: Mapping[int, "array[int]"]
) -> Iterator[DoorEvent]:
    """The events of all others; where the rows of these owners lie is added to `again`."""
    for heap in rows.heaps():
        calm = list[Sighting]()
        for row in heap:
            if row.owner in owners:
                again[row.place].append(row.offset)
            else:
                calm.append(row)
        yield from seen(calm, kept)
