"""Times of bodies and headers as integers since 1970, UTC. Exact for years 1 to 9999; no clock is read here."""

from datetime import UTC, date, datetime, timedelta

import msgspec

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICRO = timedelta(microseconds=1)
HOUR_US = 3_600_000_000
# What a datetime can hold, so that every reader of the Avro can show it (an offset may push year 1 or 9999 over).
_MIN_US = (datetime(1, 1, 1, tzinfo=UTC) - EPOCH) // MICRO
_MAX_US = (datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC) - EPOCH) // MICRO
_EPOCH_DAYS = date(1970, 1, 1).toordinal()


def micros(text: str) -> tuple[int, bool]:
    """(µs since 1970 UTC, had an offset). RFC 3339 and what ISO 8601 allows beside it; without offset read as UTC.

    Fractions finer than a microsecond are rounded. Raises ValueError.
    """
    try:
        moment = msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        moment = datetime.fromisoformat(text)
    has_offset = moment.tzinfo is not None
    value = ((moment if has_offset else moment.replace(tzinfo=UTC)) - EPOCH) // MICRO
    if not in_range(value):
        raise ValueError("outside the years 1 to 9999")
    return value, has_offset


def in_range(micros: float) -> bool:
    """Whether a datetime can hold it."""
    return _MIN_US <= micros <= _MAX_US


def millis(text: str) -> int | None:
    """Milliseconds of one of our own headers; None when it is no time."""
    try:
        return micros(text)[0] // 1000
    except ValueError:
        return None


def days(text: str) -> int:
    """Days since 1970-01-01 of `2026-06-03` (a time behind it is ignored). Raises ValueError."""
    if len(text) > 10 and text[10] not in "T ":
        raise ValueError("not a date")
    return date.fromisoformat(text[:10]).toordinal() - _EPOCH_DAYS
