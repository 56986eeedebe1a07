"""One row of 48 bytes for each record: which event came through which door, and when. Pure.

Rows lie in 256 heaps by their digest, so that all rows of one event are in one heap, and one heap at a time is
compared: a dictionary of two million digests would be half a gigabyte.
"""

import struct
from collections.abc import Iterable, Iterator
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")

HEAPS = 256
_ROW = struct.Struct("=16s8sqqIHBB")


class Sighting(NamedTuple):
    """A record, as it came.

    `owner`: hash of its key. `received_ms`: since 1970. `place`, `kind`: numbers of its partition and its event type
    (`Numbered`). `door`: its place in DOORS. `marks`: EARLY, HISTORY.
    """

    digest: bytes
    owner: bytes
    received_ms: int
    offset: int
    place: int
    kind: int
    door: int
    marks: int = 0

    @property
    def order(self) -> tuple[int, int, int]:
        """What came first; the place tells apart what came in the same millisecond."""
        return self.received_ms, self.place, self.offset


EARLY = 1  # sent before the time from which doors are compared
HISTORY = 2  # as pushed history looks (`history`)


class Sightings:
    """Rows, in no order."""

    def __init__(self, rows: Iterable[Sighting] = ()) -> None:
        self._heaps = [bytearray() for _ in range(HEAPS)]
        for row in rows:
            self.add(row)

    def __len__(self) -> int:
        return sum(map(len, self._heaps)) // _ROW.size

    def add(self, row: tuple[bytes, bytes, int, int, int, int, int, int]) -> None:
        """Keep a row: the fields of a Sighting, in their order."""
        self._heaps[row[0][0]] += _ROW.pack(*row)

    def clear(self) -> None:
        """Forget every row."""
        for heap in self._heaps:
            heap.clear()

    def heaps(self) -> Iterator[Iterator[Sighting]]:
        """The rows of each heap: all of one event are in one of them."""
        for heap in self._heaps:
            yield map(Sighting._make, _ROW.iter_unpack(heap))

    def rows(self) -> Iterator[Sighting]:
        """Every row."""
        for heap in self.heaps():
            yield from heap


class Numbered(Generic[T]):
    """Few things as small numbers: partitions, event types. What comes beyond `most` shares the last number."""

    def __init__(self, most: int, rest: T) -> None:
        self._numbers: dict[T, int] = {}
        self._most, self._rest = most, rest

    def number(self, thing: T) -> int:
        """The number of a thing, the same each time."""
        found = self._numbers.get(thing)
        if found is None:
            if len(self._numbers) >= self._most:
                return self._most
            found = self._numbers[thing] = len(self._numbers)
        return found

    def things(self) -> list[T]:
        """By their numbers; the last one stands for those beyond."""
        return [*self._numbers, self._rest]
