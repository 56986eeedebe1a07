"""Raw records of many rows of a user: those that are left, the newest first, within bounds."""

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from confluent_kafka import Message

from streams.lineage.asking.places import Bounds, Place, Places
from streams.lineage.data.originals import Original
from streams.lineage.delivery.facts import NotKnown, OriginalGone, RawPlace
from streams.lineage.row import LineageRow
from streams.ops.errors import StreamsError
from streams.ops.settings import MIB, Settings

BOUNDS = Bounds(bytes_max=64 * MIB, seconds=10.0)
GAP = 100  # records between two wanted ones that are read over: going to another place costs as much


class RawOriginal(NamedTuple):
    """A raw record, with the attributes that a worker's consumer gives it."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


class RowOriginals:
    """Reads over open consumers."""

    def __init__(self, settings: Settings, places: Places, bounds: Bounds = BOUNDS) -> None:
        self._prefix, self._places, self._bounds = f"{settings.topic_prefix}.", places, bounds

    def __call__(self, rows: Sequence[LineageRow]) -> dict[RawPlace, Original]:
        """By the place of each row. Never raises for Kafka: what it does not give is not known."""
        by_partition: dict[Place, list[int]] = defaultdict(list)
        for topic, partition, offset in {row.place for row in rows}:
            by_partition[(f"{self._prefix}{topic}", partition)].append(offset)
        found: dict[RawPlace, Original] = {}
        budget = _Budget(self._bounds)
        for place, offsets in sorted(by_partition.items()):
            found |= self._of_partition(place, sorted(offsets), budget)
        return found

    def _of_partition(self, place: Place, offsets: Sequence[int], budget: "_Budget") -> dict[RawPlace, Original]:
        topic = place[0].removeprefix(self._prefix)
        places = {offset: RawPlace(topic, place[1], offset) for offset in offsets}
        found: dict[RawPlace, Original] = {}
        try:
            low, high = self._places.watermarks(place)
            for stretch in reversed(list(stretches([one for one in offsets if low <= one < high]))):
                read, why = self._stretch(place, stretch, budget)
                found |= {places[one]: read.get(one, why) for one in stretch}
        except StreamsError as error:
            return dict.fromkeys(places.values(), NotKnown(f"Kafka does not give them: {error}")) | found
        gone = {
            one: OriginalGone("it has expired" if one.offset < low else "the topic was made anew")
            for one in places.values()
        }
        return {**gone, **found}

    def _stretch(
        self, place: Place, offsets: Sequence[int], budget: "_Budget"
    ) -> tuple[dict[int, Original], OriginalGone | NotKnown]:
        """(those that were read, what is said of the others)."""
        wanted, found = frozenset(offsets), dict[int, Original]()

        def is_enough(message: Message) -> bool:
            budget.bytes_left -= len(message)
            if message.offset() in wanted:
                found[message.offset()] = original(message)
            return bool(message.offset() >= offsets[-1])

        if budget.is_spent:
            return {}, NotKnown(budget.sentence)
        is_whole = self._places.scan({place: offsets[0]}, budget.left, is_enough).is_whole
        return found, OriginalGone("its place is empty") if is_whole else NotKnown(budget.sentence)


def stretches(offsets: Sequence[int]) -> Iterator[list[int]]:
    """Sorted offsets, cut where too many others lie between."""
    stretch: list[int] = []
    for offset in offsets:
        if stretch and offset - stretch[-1] > GAP:
            yield stretch
            stretch = []
        stretch.append(offset)
    if stretch:
        yield stretch


def original(message: Message) -> RawOriginal:
    """A message of a raw topic."""
    headers = [(name, value or b"") for name, value in message.headers() or ()]
    return RawOriginal(
        message.topic(), message.partition(), message.offset(), message.timestamp()[1], message.key(), message.value(),
        headers,
    )  # fmt: skip


class _Budget:
    """What is left of the bounds of one answer."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds, self._until_s = bounds, time.monotonic() + bounds.seconds
        self.bytes_left = bounds.bytes_max

    @property
    def left(self) -> Bounds:
        return Bounds(self.bytes_left, self._until_s - time.monotonic())

    @property
    def is_spent(self) -> bool:
        return self.bytes_left <= 0 or time.monotonic() >= self._until_s

    @property
    def sentence(self) -> str:
        return f"no more than {self._bounds.bytes_max // MIB} MiB or {self._bounds.seconds:g} s are read for one answer"
