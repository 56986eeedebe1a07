"""Local time: offsets, zones and days (domain file, 3.6). Pure, but for the zone files of the system.

Two providers send the user's wall clock as if it were UTC. Their times stay as they are, because keys are made of them;
a field beside them has the distance of that clock from UTC, once the user's zone is known.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from streams.events import DAY_US, EPOCH, MICRO, SECOND_US

FLOATING_PROVIDERS = frozenset({"abbott_libreview", "freestyle_libre"})
OFFSET_S_MAX = 14 * 3600  # the easternmost zone (IANA: Pacific/Kiritimati); nothing is further west than 12 h
_NAME_CHARS_MAX = 64
_NOON_US = DAY_US // 2
_WEEK_US, _WEEKS_MAX = 7 * DAY_US, 1000


class LocalTime(NamedTuple):
    """Where a thing lies in local time: its day (days since 1970) and its clock's distance from UTC."""

    day: int | None = None
    offset_s: int | None = None


def offset_of(offset_s: int | None) -> int | None:
    """An offset as sent, if a clock can have it."""
    return offset_s if offset_s is not None and -OFFSET_S_MAX <= offset_s <= OFFSET_S_MAX else None


@lru_cache(maxsize=1024)  # a few hundred zones exist; bounded, because a stranger's words are not
def zone(name: str) -> tzinfo | None:
    """An IANA zone by its name; None for anything else."""
    if not 0 < len(name) <= _NAME_CHARS_MAX or not name.isascii():
        return None
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):  # not there, not inside the folder of zones, or a folder
        return None


def offset_at(where: tzinfo | None, utc_us: int) -> int | None:
    """Local minus UTC, seconds, at a moment; None where the zone, or the calendar, does not reach."""
    try:
        return None if where is None else _seconds((EPOCH + utc_us * MICRO).astimezone(where))
    except OverflowError:
        return None


def offset_on_clock(where: tzinfo | None, wall_us: int) -> int | None:
    """The same when the local clock shows `wall_us` (µs since 1970 on that clock).

    An hour that comes twice counts as its first time; one that does not come, as if the clock had not been moved yet.
    """
    try:
        return None if where is None else _seconds((EPOCH + wall_us * MICRO).replace(tzinfo=where))
    except OverflowError:
        return None


def offset_over(where: tzinfo | None, first_us: int, last_us: int) -> int | None:
    """The one offset of a span of the local clock; None where the clock is moved in between."""
    days = range(first_us, last_us, _WEEK_US)  # no zone has moved its clock and back within a week
    offsets = {offset_on_clock(where, wall_us) for wall_us in (*days, last_us)} if len(days) < _WEEKS_MAX else {None}
    return offsets.pop() if len(offsets) == 1 else None


def _seconds(moment: datetime) -> int:
    return (moment.utcoffset() or timedelta()) // timedelta(seconds=1)


def day_of(time_us: int, offset_s: int) -> int:
    """Local day (days since 1970) of a moment in UTC."""
    return (time_us + offset_s * SECOND_US) // DAY_US


# Beginning and end by the names of the typed fields, and whether the day is that of the end.
_SPANS = (
    ("bedtime_start_at", "bedtime_stop_at", True),
    ("session_start_at", "session_end_at", True),
    ("start_at", "end_at", False),
    ("eaten_at", "eaten_at", False),
)


def span_of(fields: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """When a summary begins and ends, µs since 1970, UTC; None for what it does not say."""
    for begin, end, _ in _SPANS:
        if (begin_us := fields.get(begin)) is not None:
            return begin_us, fields.get(end)
    return None, None


def of_summary(fields: Mapping[str, Any], floating_in: tzinfo | None, *, is_floating: bool) -> LocalTime:
    """Where a summary lies. `floating_in`: the user's zone, for times that only look like UTC."""
    begin_us, end_us = span_of(fields)
    day = fields.get("calendar_date")
    offset_s = offset_of(fields.get("timezone_offset_s"))
    if offset_s is None:
        offset_s = _from_zone(fields.get("time_zone"), begin_us, day, floating_in, is_floating=is_floating)
    if day is None:
        day = fields.get("period_start")
    if day is None and begin_us is not None and (is_floating or offset_s is not None):
        of_end = any(is_end for name, _, is_end in _SPANS if name in fields) and end_us is not None
        day = day_of(end_us if of_end and end_us is not None else begin_us, 0 if is_floating else offset_s or 0)
    return LocalTime(day, offset_s)


def _from_zone(
    name: str | None, begin_us: int | None, day: int | None, floating_in: tzinfo | None, *, is_floating: bool
) -> int | None:
    where = floating_in if is_floating else zone(name) if name else None
    if where is None:
        return None
    if begin_us is not None:
        return offset_on_clock(where, begin_us) if is_floating else offset_at(where, begin_us)
    return None if day is None else offset_on_clock(where, day * DAY_US + _NOON_US)
