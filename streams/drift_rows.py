"""How often something drifts, counted in steps, so that a drift in every event writes little.

Up to EXACT a row counts each event; beyond, it takes 1 of 2, of 4, of 8 records and counts it as so many. Which ones is
decided by the record's offset, so that a replay counts the same; the estimate is good to about a tenth. A row is also
written when a new period begins, so that `last seen` stays true.
"""

from typing import NamedTuple
from zlib import crc32

import msgspec

from streams import rows


class Row(NamedTuple):
    """What is known of an item in one partition. Times: delivery times, Unix milliseconds."""

    first_ms: int
    last_ms: int
    events: int


EXACT = 64
PERIOD_MS = 600_000


def seen(row: Row | None, at_ms: int, offset: int) -> Row | None:
    """The row after one more event with its finding; None where it stays as it is."""
    if row is None:
        return Row(at_ms, at_ms, 1)
    step = step_of(row.events)
    counted = step if crc32(offset.to_bytes(8, "big")) % step == 0 else 0
    if not counted and at_ms // PERIOD_MS <= row.last_ms // PERIOD_MS:
        return None
    return Row(min(row.first_ms, at_ms), max(row.last_ms, at_ms), row.events + counted)


def step_of(events: int) -> int:
    """How many events one record counts for: 1 up to EXACT, then doubling with the count."""
    return max(1, 1 << events.bit_length() >> EXACT.bit_length() - 1)


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Row).decode


def encode(row: Row) -> bytes:
    return rows.pack(rows.DRIFT, _encode(row))


def decode(stored: bytes | None) -> Row | None:
    return None if stored is None else _decode(rows.unpack(rows.DRIFT, stored))
