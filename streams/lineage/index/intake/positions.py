"""How far each partition is read, and of which topic: what a start goes on from. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from streams.lineage.index.rows import keys

Source = tuple[str, int]  # topic (full name), partition


class Bounds(NamedTuple):
    """What Kafka has of a partition: its first offset, and the one behind its last."""

    first: int
    end: int


class Position(msgspec.Struct, frozen=True, array_like=True):
    """Of one partition. `next`: offset that is read next. `topic_id`: Kafka's, another one once a topic is made anew.

    `first_ms`, `last_ms`: when the first and the last rows that were read were processed, Unix ms; 0 for none. As
    clocks of workers differ, the first is the earliest of a whole partition, and else the one behind what is gone; the
    last is that of the last record, and neither that nor the one behind what is gone is beyond our own clock.
    `is_whole`: nothing of the partition was lost: it could all be read, or had gone by its age when reading began.
    `aged_ms`: what was processed before had gone by its age, Unix ms; 0 where nothing had.
    """

    topic_id: str
    next: int
    first_ms: int = 0
    last_ms: int = 0
    is_whole: bool = True
    aged_ms: int = 0

    def after(self, next: int, processed_ms: int, now_ms: int) -> "Position":
        """Further. `processed_ms`: of the rows that were read, 0 for none; a worker's clock may be ahead."""
        if not processed_ms:
            return replace(self, next=next)
        last = min(processed_ms, now_ms)
        first = min(self.first_ms or processed_ms, processed_ms) if self.is_whole else self.first_ms or last
        return replace(self, next=next, first_ms=first, last_ms=last)

    def at_end(self, next: int, now_ms: int) -> "Position":
        """Where Kafka has no more now: of a partition of which all rows were lost, later ones are known to be whole."""
        return replace(self, next=next, first_ms=self.first_ms if self.is_whole else self.first_ms or now_ms)

    def without(self, offset: int, at_ms: int) -> "Position":
        """Behind a record that cannot be read, of a time (Unix ms): only what came later is known to be whole."""
        first = max(self.first_ms, self.last_ms, at_ms + 1)
        return replace(self, next=offset + 1, first_ms=first, is_whole=False)


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Position).decode


def key_of(source: Source) -> bytes:
    """Under which a position stands."""
    return keys.POSITION + source[1].to_bytes(2, "big") + source[0].encode()


def rows_of(positions: Mapping[Source, Position]) -> dict[bytes, bytes]:
    """As the index keeps them."""
    return {key_of(source): _encode(position) for source, position in positions.items()}


def position_in(key: bytes, value: bytes) -> tuple[Source, Position]:
    """One of `rows_of`."""
    return (key[3:].decode(), int.from_bytes(key[1:3], "big")), _decode(value)


def is_of_another_topic(
    known: Mapping[Source, Position], ids: Mapping[str, str], bounds: Mapping[Source, Bounds]
) -> bool:
    """Whether a topic was made anew since it was read: it has another id, or ends before our place in it."""
    return any(
        position.topic_id != ids.get(source[0]) or (source in bounds and position.next > bounds[source].end)
        for source, position in known.items()
    )


def to_read(
    known: Mapping[Source, Position], ids: Mapping[str, str], bounds: Mapping[Source, Bounds], aged_ms: int
) -> dict[Source, Position]:
    """Where to go on in each partition: where it was left, or with the first record that is still there.

    `aged_ms`: what was processed before goes by its age, Unix ms.
    """
    return {source: _next(known.get(source), ids[source[0]], found, aged_ms) for source, found in bounds.items()}


def _next(known: Position | None, topic_id: str, bounds: Bounds, aged_ms: int) -> Position:
    if known is None:  # a partition may be idle: that its rows have gone says nothing of later ones
        return Position(topic_id, bounds.first, aged_ms=aged_ms if bounds.first else 0)
    if known.next >= bounds.first:
        return known
    return Position(topic_id, bounds.first, last_ms=known.last_ms, is_whole=False)  # Kafka was quicker to forget
