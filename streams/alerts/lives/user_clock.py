"""A user's local time: offsets, zones and quiet hours."""

from streams.alerts.episodes import RecordView
from streams.alerts.episodes.marks import NEVER_US
from streams.alerts.lives.user import ClockVersion, User
from streams.alerts.rules import QuietHours
from streams.events import DAY_US, MINUTE_US, SECOND_US
from streams.payloads import local_time


def is_zone(name: str) -> bool:
    """Whether the time zone database knows it."""
    return local_time.zone(name) is not None


def offset_us(user: User, at_us: int) -> int | None:
    """Offset of the user's local time from UTC, east positive; None while it is not known.

    A zone given by a person counts most, then the offset in the newest data, then a zone in data.
    """
    if user.offset_s is not None and not user.is_zone_given:
        return user.offset_s * SECOND_US
    offset_s = local_time.offset_at(local_time.zone(user.zone), at_us)
    return None if offset_s is None else offset_s * SECOND_US


def from_local_us(user: User, local_us: int) -> int | None:
    """UTC of a local time; None while the offset is not known."""
    offset = offset_us(user, local_us)
    return None if offset is None else local_us - offset


def clock_version(view: RecordView) -> ClockVersion:
    """Of a record about a resource."""
    source, updated_us = view.provenance, view.record["version"]["updated_at"]
    version = (NEVER_US if updated_us is None else updated_us, view.delivered_ms)
    return ClockVersion(view.time_us, (source.provider, source.source_type, source.entity), version)


def with_clock(user: User, zone: str | None, offset_s: int | None, place: ClockVersion) -> User:
    """The user with a reported zone or offset; the same object if nothing changes.

    The record with the greatest version counts, so the order of arrival decides nothing.
    """
    known = max(user.offset_place, ClockVersion(user.offset_at_us))
    offset_s = local_time.offset_of(offset_s)
    if offset_s is not None and (place, offset_s) > (known, user.offset_s or 0):
        user = user._replace(offset_s=offset_s, offset_place=place)
    if zone and not user.is_zone_given and (place, zone) > (user.zone_place, user.zone) and is_zone(zone):
        user = user._replace(zone=zone, zone_place=place)
    return user


def quiet_until_us(user: User, quiet: QuietHours | None, at_us: int) -> int | None:
    """When the quiet hours around a moment end; None outside of them. An unknown zone counts as UTC."""
    if quiet is None:
        return None
    offset = offset_us(user, at_us) or 0
    minute = (at_us + offset) % DAY_US // MINUTE_US
    is_over_midnight = quiet.from_min > quiet.to_min
    is_inside = (
        minute >= quiet.from_min or minute < quiet.to_min
        if is_over_midnight
        else quiet.from_min <= minute < quiet.to_min
    )
    if not is_inside:
        return None
    left = (quiet.to_min - minute) % (24 * 60)
    return (at_us // MINUTE_US + left) * MINUTE_US
