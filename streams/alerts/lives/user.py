"""The row of a user: own bounds, time zone, and the state of each rule that has one. Read once a record."""

from typing import NamedTuple

import msgspec

from streams.alerts.episodes.marks import NEVER_US
from streams.alerts.episodes.occurrences import Occurrence
from streams.alerts.episodes.state_machine import IDLE, EpisodeState
from streams.alerts.lives.alert import Alert
from streams.tables import rows


class RuleState(NamedTuple):
    """Of one rule. `fingerprint`: of the rule then. Marks up to `since_us` are in `episode_state`, or too old."""

    fingerprint: int
    since_us: int = NEVER_US
    episode_state: EpisodeState = IDLE
    alerts: tuple[Alert, ...] = ()
    occurrences: tuple[Occurrence, ...] = ()
    timer_ms: int = 0


class PersonalBounds(NamedTuple):
    """A user's own bounds for a rule, in its unit. `is_off`: the rule is not for this user."""

    bound: float | None = None
    clear: float | None = None
    is_off: bool = False


class ClockVersion(NamedTuple):
    """Orders records that report an offset or a zone: the greatest one counts, whatever the order of arrival.

    `time_us`: of the data. `who`: their source, so that two of one time differ. `version`: updated and delivered.
    """

    time_us: int = NEVER_US
    who: tuple[str, str, str] = ("", "", "")
    version: tuple[int, int] = (NEVER_US, NEVER_US)


class User(NamedTuple):
    """`zone`: IANA name; `is_zone_given`: by a person, not by data. `offset_s` of local time as last seen in data.

    `offset_place`, `zone_place`: of the records that reported them. `offset_at_us`: what older rows have instead.
    """

    zone: str = ""
    is_zone_given: bool = False
    offset_s: int | None = None
    offset_at_us: int = NEVER_US
    client_user_id: str = ""
    team_id: str = ""
    personal: dict[str, PersonalBounds] = {}  # noqa: RUF012  # because nobody changes a default
    rules: dict[str, RuleState] = {}  # noqa: RUF012  # because nobody changes a default
    offset_place: ClockVersion = ClockVersion()
    zone_place: ClockVersion = ClockVersion()


NEW_USER = User()


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(User).decode


def encode(user: User) -> bytes:
    return rows.pack(rows.USER, _encode(user))


def decode(stored: bytes | None) -> User:
    return NEW_USER if stored is None else _decode(rows.unpack(rows.USER, stored))
