"""Keys of the index: a letter for the family, then the day for all that goes by its age. Pure.

The day is that of `processed_at`, in UTC, so that an index that is made again has the same keys. Owners and delivery
ids stand in keys by a few bytes of their digest; who finds a row compares the id in its value.
"""

import struct
from typing import NamedTuple

from streams.events.times import DAY_MS
from streams.lineage.index.rows.varints import number, number_at

ROW, ID, HOUR = b"r", b"i", b"h"  # of lineage
LETTER, LETTER_OWNER, LETTER_PLACE, LETTER_ID, MARK = b"l", b"o", b"p", b"d", b"m"
ALERT, EVIDENCE, EVIDENCE_PLACE, ATTEMPT = b"a", b"e", b"f", b"t"
OF_LINEAGE = (ROW, ID, HOUR)
BESIDE = (LETTER, LETTER_OWNER, LETTER_PLACE, LETTER_ID, MARK, ALERT, EVIDENCE, EVIDENCE_PLACE, ATTEMPT)
LINK, HISTORY, CLIENT = b"c", b"b", b"u"  # the newest state, without a day
WORD, POSITION, NOTE = b"w", b"n", b"z"  # of the index itself
_FAMILIES = (*OF_LINEAGE, *BESIDE, LINK, HISTORY, CLIENT, WORD, POSITION, NOTE)

DAYS_MAX = 0xFFFF
OWNER_BYTES, ID_BYTES = 6, 6
_DAY = struct.Struct(">H")
_PLACE = struct.Struct(">HIH")  # lane, ms of the day, partition; the offset follows as a varint
_MOMENT = struct.Struct(">IH")
_OFFSET = struct.Struct(">HIH")
_LOW = 16
_SPOT_AT = 3 + OWNER_BYTES  # in a key with a value


class Spot(NamedTuple):
    """Where a row lies within its day and owner."""

    lane: int
    ms: int
    partition: int
    offset: int


def day_of(ms: int) -> int:
    """The day of a time (Unix ms), UTC, since 1970; what no key can hold is moved to the first or last one."""
    return min(max(ms // DAY_MS, 0), DAYS_MAX)


def of_day(family: bytes, day: int) -> bytes:
    """What all keys of a family and day begin with."""
    return family + _DAY.pack(day)


def is_beside(first: bytes, last: bytes) -> bool:
    """Whether keys from the first to the last can be of nothing but dead letters and alerts."""
    return all(family in BESIDE for family in _FAMILIES if first[:1] <= family <= last[:1])


def day_in(key: bytes) -> int:
    """The day of a key."""
    return int(_DAY.unpack_from(key, 1)[0])


def spot(lane: int, ms: int, partition: int, offset: int) -> bytes:
    """The end of a row's keys."""
    return _PLACE.pack(lane, ms, partition) + number(offset)


def spot_in(row_key: bytes) -> Spot:
    """What `spot` was given, of a key by owner."""
    lane, ms, partition = _PLACE.unpack_from(row_key, _SPOT_AT)
    return Spot(lane, ms, partition, number_at(row_key, _SPOT_AT + _PLACE.size)[0])


def moment(ms: int, partition: int) -> bytes:
    """The middle of a `spot`: behind its lane, before its offset."""
    return _MOMENT.pack(ms, partition)


def offset(partition: int, offset: int) -> bytes:
    """A place in a topic: 8 bytes, sorted."""
    return _OFFSET.pack(partition, offset >> _LOW, offset & 0xFFFF)


def offset_in(key: bytes) -> tuple[int, int]:
    """Partition and offset at the end of a key."""
    partition, high, low = _OFFSET.unpack_from(key, len(key) - _OFFSET.size)
    return partition, high << _LOW | low


def end_of(prefix: bytes) -> bytes:
    """The first key behind all that begin with a prefix, which does not end in 0xff alone."""
    cut = prefix.rstrip(b"\xff")
    return cut[:-1] + bytes((cut[-1] + 1,))
