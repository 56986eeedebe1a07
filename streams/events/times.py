"""Times as integers since 1970 UTC, from text and to text; units of time. Exact for years 1 to 9999; reads no clock."""

import re
import struct
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import msgspec

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = datetime(1970, 1, 1)  # UTC: its text has no offset, so "Z" can follow
MICRO = timedelta(microseconds=1)
SECOND_US, MINUTE_US, HOUR_US, DAY_US = 1_000_000, 60_000_000, 3_600_000_000, 86_400_000_000
MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
MINUTE_S, HOUR_S, DAY_S = 60, 3_600, 86_400
# What a datetime can hold, so that every reader of the Avro can show it (an offset may push year 1 or 9999 over).
_MIN_US = (datetime(1, 1, 1, tzinfo=UTC) - EPOCH) // MICRO
_MAX_US = (datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC) - EPOCH) // MICRO
_EPOCH_DATE = date(1970, 1, 1)
_EPOCH_DAYS = _EPOCH_DATE.toordinal()


def micros(text: str) -> tuple[int, bool]:
    """(µs since 1970 UTC, whether the text has an offset). Without one it is read as UTC. Raises ValueError.

    Takes RFC 3339, and what ISO 8601 allows beside it. Fractions finer than a microsecond are rounded.
    """
    try:
        moment, later = msgspec.convert(text, datetime), 0
    except msgspec.ValidationError:
        usual, later = _usual(text)
        moment = datetime.fromisoformat(usual)
    has_offset = moment.tzinfo is not None
    value = since_epoch(moment if has_offset else moment.replace(tzinfo=UTC)) + later
    if not in_range(value):
        raise ValueError("outside the years 1 to 9999")
    return value, has_offset


_MIDNIGHT = re.compile(r"(\d{4}-\d\d-\d\d[Tt ])24(:00(?::00(?:[.,]0+)?)?(?:[^\d:.,].*)?)", re.ASCII)
_LEAP = re.compile(r"(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d):60(.*)", re.ASCII)


def _usual(text: str) -> tuple[str, int]:
    """(the text of a time that a datetime can hold, µs to add to it)."""
    # 24:00 is 00:00 of the next day (ISO 8601). A leap second (RFC 3339, 5.7) is the first second of the next minute,
    # as in Unix time.
    if found := _MIDNIGHT.fullmatch(text):
        return f"{found[1]}00{found[2]}", DAY_US
    if found := _LEAP.fullmatch(text):
        return f"{found[1]}:59{found[2]}", SECOND_US
    return text, 0


def since_epoch(moment: datetime) -> int:
    """µs since 1970 UTC of a datetime with an offset."""
    since = moment - EPOCH  # not divided by a microsecond, which takes as long as all of this
    return since.days * DAY_US + since.seconds * SECOND_US + since.microseconds


def all_since_epoch(moments: Sequence[datetime | None]) -> list[int]:
    """`since_epoch` of each. Raises TypeError where one is no datetime, or has no offset."""
    if len(moments) >= _FEW and (whole := _whole_seconds(moments)) is not None:
        return whole
    return [
        (since := moment - EPOCH).days * DAY_US + since.seconds * SECOND_US + since.microseconds  # type: ignore[operator]  # because None raises what is promised
        for moment in moments
    ]


_FEW = 8  # moments, below which one by one is quicker
_to_msgpack = msgspec.msgpack.Encoder().encode
_FIXEXT_4, _ENTRY_BYTES = b"\xd6", 6  # of MessagePack's "timestamp 32": 0xd6, type -1, seconds (big-endian)


def _whole_seconds(moments: Sequence[datetime | None]) -> list[int] | None:
    """µs since 1970, if all are whole seconds from 1970 to 2106; None for others.

    MessagePack has them as seconds, and msgspec makes it ten times as fast as Python subtracts the epoch. The seconds
    become lanes of 8 bytes of one big integer, which is multiplied once.
    """
    try:
        packed, n = _to_msgpack(moments), len(moments)
    except OverflowError:  # its offset pushes it out of the years 1 to 9999
        return None
    head = 1 if n < 2**4 else 3 if n < 2**16 else 5  # of an array, which has no bytes to spare for its length
    # Nothing else that it writes of a datetime begins like that, so where the first has 6 bytes, the next one follows.
    if len(packed) != head + _ENTRY_BYTES * n or packed[head::_ENTRY_BYTES] != _FIXEXT_4 * n:
        return None
    lanes = bytearray(8 * n)
    for place in range(4):
        lanes[place::8] = packed[head + 5 - place :: _ENTRY_BYTES]
    return list(struct.unpack(f"<{n}q", (int.from_bytes(lanes, "little") * SECOND_US).to_bytes(8 * n, "little")))


def in_range(micros: float) -> bool:
    """Whether a datetime can hold a time."""
    return _MIN_US <= micros <= _MAX_US


def text(micros: int) -> str:
    """µs since 1970 as `2026-06-03T10:00:00+00:00`, to the second; what no datetime can hold as `{micros} us`."""
    if not in_range(micros):
        return f"{micros} us"
    return (EPOCH + micros * MICRO).isoformat(timespec="seconds")


def text_of_seconds(seconds: float) -> str:
    """As `text`, of seconds since 1970."""
    return text(int(seconds) * SECOND_US)


def rfc3339(millis: int) -> str:
    """Milliseconds since 1970 as `2026-06-03T09:15:00.123Z`, as in the headers of records. Raises OverflowError."""
    return (_NAIVE_EPOCH + timedelta(milliseconds=millis)).isoformat(timespec="milliseconds") + "Z"


def rfc3339_seconds(micros: int) -> str:
    """µs since 1970 as `2026-06-03T09:15:00Z`, the second in which they lie. Raises OverflowError."""
    return (_NAIVE_EPOCH + timedelta(microseconds=micros)).isoformat(timespec="seconds") + "Z"


def day_text(day: int) -> str:
    """Days since 1970 as `2026-06-03`. Raises OverflowError."""
    return (_EPOCH_DATE + timedelta(days=day)).isoformat()


@lru_cache(maxsize=16)  # a fold and the worker around it ask for the same two times of a record
def millis(text: str) -> int | None:
    """Milliseconds since 1970 of a header; None for what is no time, or not of the years 1970 to 9999."""
    try:
        return clock_ms(micros(text)[0] // 1000)
    except ValueError:
        return None


def clock_ms(millis: int) -> int | None:
    """A time of a clock, 1970 to 9999; None for any other: that clock was never set, or no datetime can hold it."""
    return millis if 0 <= millis <= _MAX_US // 1000 else None


def days(text: str) -> int:
    """Days since 1970-01-01 of `2026-06-03`, or of a time, where 24:00 is of the next day. Raises ValueError."""
    if len(text) > 10 and text[10] not in "T ":
        raise ValueError("not a date")
    return day_number(date.fromisoformat(text[:10])) + (_MIDNIGHT.fullmatch(text) is not None)


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - _EPOCH_DAYS
