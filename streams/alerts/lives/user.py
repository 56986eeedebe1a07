"""What is remembered of a user: own bounds, time zone, and where each rule stands. One row, read once a record.

Most rules stand nowhere for most users, and then they take no room.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from streams.alerts.episodes.marks import NEVER_US
from streams.alerts.episodes.occurrences import Happened
from streams.alerts.episodes.record_view import Observed
from streams.alerts.episodes.state_machine import IDLE, Machine
from streams.alerts.lives.alert import Told
from streams.alerts.rules.rule import DAY_US, MINUTE_US, Quiet
from streams.payloads import local_time
from streams.tables import rows


class Standing(NamedTuple):
    """Where a rule stands. `mark`: of the rule that judged. Marks up to `since_us` are in `machine`, or too old."""

    mark: int
    since_us: int = NEVER_US
    machine: Machine = IDLE
    told: tuple[Told, ...] = ()
    happened: tuple[Happened, ...] = ()
    timer_ms: int = 0


class Personal(NamedTuple):
    """A user's own bounds for a rule, in its unit. `is_off`: the rule is not for this user."""

    bound: float | None = None
    clear: float | None = None
    is_off: bool = False


class Place(NamedTuple):
    """Of a record in the order in which records say where the clock stands: by the time that it speaks of.

    Of one time there may be several sources, which only have to be told apart (`who`), and versions, of which the
    newest counts (`version`: its two times).
    """

    time_us: int = NEVER_US
    who: tuple[str, str, str] = ("", "", "")
    version: tuple[int, int] = (NEVER_US, NEVER_US)


class User(NamedTuple):
    """`zone`: IANA name; `is_zone_given`: by a person, not by data. `offset_s` of local time as last seen in data.

    `offset_place`, `zone_place`: of the records that said so. `offset_at_us`: what rows of before have instead.
    """

    zone: str = ""
    is_zone_given: bool = False
    offset_s: int | None = None
    offset_at_us: int = NEVER_US
    client_user_id: str = ""
    team_id: str = ""
    personal: dict[str, Personal] = {}  # noqa: RUF012  # because nobody changes a default
    rules: dict[str, Standing] = {}  # noqa: RUF012  # because nobody changes a default
    offset_place: Place = Place()
    zone_place: Place = Place()


NOBODY = User()


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError):  # no such zone, or no name of one
        return None


def is_zone(name: str) -> bool:
    """Whether the time zone database knows it."""
    return bool(name) and _zone(name) is not None


def offset_us(user: User, at_us: int) -> int | None:
    """Offset of the user's local time from UTC, east positive; None while nothing has said it.

    A zone that a person gave counts most, then what the newest data said, then a zone that data said.
    """
    if user.offset_s is not None and not user.is_zone_given:
        return user.offset_s * 1_000_000
    zone = _zone(user.zone) if user.zone else None
    if zone is None:
        return None
    offset = (datetime.fromtimestamp(0, UTC) + timedelta(microseconds=at_us)).astimezone(zone).utcoffset()
    return None if offset is None else offset // timedelta(microseconds=1)


def from_local_us(user: User, local_us: int) -> int | None:
    """The time of what was written as local time without saying so; None if the zone is not known."""
    offset = offset_us(user, local_us)
    return None if offset is None else local_us - offset


def place_of(seen: Observed) -> Place:
    """The place of a record about a resource."""
    said, updated_us = seen.evidence, seen.record["version"]["updated_at"]
    version = (NEVER_US if updated_us is None else updated_us, seen.delivered_ms)
    return Place(seen.time_us, (said.provider, said.source_type, said.entity), version)


def seen_zone(user: User, zone: str | None, offset_s: int | None, place: Place) -> User:
    """The user after data that say where the clock stands. Answers the same object when there is no news.

    What the record with the greatest place says, counts: the order of arrival decides nothing.
    """
    known = max(user.offset_place, Place(user.offset_at_us))
    offset_s = local_time.offset_of(offset_s)
    if offset_s is not None and (place, offset_s) > (known, user.offset_s or 0):
        user = user._replace(offset_s=offset_s, offset_place=place)
    if zone and not user.is_zone_given and (place, zone) > (user.zone_place, user.zone) and is_zone(zone):
        user = user._replace(zone=zone, zone_place=place)
    return user


def quiet_until_us(user: User, quiet: Quiet | None, at_us: int) -> int | None:
    """When the quiet hours end that a moment lies in; None outside of them. An unknown zone is taken as UTC."""
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


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(User).decode


def encode(user: User) -> bytes:
    return rows.pack(rows.USER, _encode(user))


def decode(stored: bytes | None) -> User:
    return NOBODY if stored is None else _decode(rows.unpack(rows.USER, stored))
