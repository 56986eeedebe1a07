"""Whose event it is: type, user and team of a body, read without decoding the payload.

A source needs no more: events are stored first and decoded later.
"""

from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from streams.events import ids
from streams.events.text import ID_CHARS_MAX, mend
from streams.events.types import EventType, Family, parse_type
from streams.ops.errors import Reason, Rejected

APP = "appId"  # of an operational webhook's `data`: Svix's application, which is a team of Junction's


class _Head(msgspec.Struct, gc=False):
    """The envelope, with the payload left as bytes. An id that is no text counts as absent."""

    event_type: msgspec.Raw = msgspec.Raw(b"")
    type: msgspec.Raw = msgspec.Raw(b"")
    user_id: msgspec.Raw = msgspec.Raw(b"")
    team_id: msgspec.Raw = msgspec.Raw(b"")
    data: msgspec.Raw = msgspec.Raw(b"")


class _DataHead(msgspec.Struct, gc=False):
    user_id: msgspec.Raw = msgspec.Raw(b"")


class _OperationalHead(msgspec.Struct, gc=False):
    app_id: msgspec.Raw = msgspec.field(name=APP, default=msgspec.Raw(b""))


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose event this is; ids are canonical (`ids`).

    `owner_id` decides the partition: the user, else the team (domain file, 1.1), else Svix's application, which an
    operational webhook names (1.3), else the event type.
    """

    type: EventType
    user_id: str
    team_id: str
    app_id: str = ""

    @property
    def owner_id(self) -> str:
        return self.user_id or self.team_id or self.app_id or self.type.text


_head = msgspec.json.Decoder(_Head).decode
_data_head = msgspec.json.Decoder(_DataHead).decode
_operational_head = msgspec.json.Decoder(_OperationalHead).decode
_USERLESS = frozenset({Family.LAB, Family.CHECKOUT, Family.UNKNOWN})


def has_owner(family: Family, user_id: str, team_id: str) -> bool:
    """Whether these ids are enough for an event of this family."""
    return bool(user_id or family is Family.OPERATIONAL or (team_id and family in _USERLESS))


def identify(body: bytes) -> Identity:
    """Event type, user and team of a body, which may need mending. Raises Rejected, and nothing else, for any bytes."""
    try:
        return _identity(_read_head(body))
    except Rejected as refused:
        if refused.reason is not Reason.NOT_JSON or (better := mend.mended(body)) is None:
            raise
    return _identity(_read_head(better.body))


def identify_strictly(body: bytes) -> Identity:
    """The same for a body that needs no mending, or is mended. Raises Rejected."""
    return _identity(_read_head(body))


def _identity(head: _Head) -> Identity:
    event_type = _text(head.event_type) or _operational(_text(head.type))
    user_id = _text(head.user_id) or _user_in_data(head.data)
    user_id, team_id = ids.canonical(user_id), ids.canonical(_text(head.team_id))
    kind = type_of(event_type, user_id, team_id)
    app_id = ids.canonical(_app_in_data(head.data)) if kind.family is Family.OPERATIONAL else ""
    return Identity(kind, user_id, team_id, app_id)


def type_of(event_type: str, user_id: str, team_id: str) -> EventType:
    """The type of an event with these ids, which are canonical. Raises Rejected(NO_EVENT_TYPE) or (NO_USER)."""
    if not event_type or len(event_type) > ID_CHARS_MAX:
        raise Rejected(Reason.NO_EVENT_TYPE, "$.event_type")
    parsed = parse_type(event_type)
    if not has_owner(parsed.family, user_id, team_id):
        raise Rejected(Reason.NO_USER, "$.user_id, $.data.user_id")
    return parsed


def _operational(text: str) -> str:
    """The text if it is the type of an operational webhook, else ""."""
    return text if parse_type(text).family is Family.OPERATIONAL else ""


class Hint(NamedTuple):
    """Event type and user of a body without identity, as far as they can be read; "" for what cannot."""

    event_type: str
    user_id: str


def hint(body: bytes) -> Hint:
    """Type and user of a body that `identify` rejects: enough to find it, not to process it. Never raises."""
    try:
        head = _read_head(body)
    except Rejected:
        texts = mend.scalars(body)
        return Hint(_fitting(texts.get("event_type")), ids.canonical(_fitting(texts.get("user_id"))))
    return Hint(_text(head.event_type), ids.canonical(_text(head.user_id) or _user_in_data(head.data)))


def _read_head(body: bytes) -> _Head:
    try:
        return _head(body)
    except RecursionError:
        raise Rejected(Reason.TOO_DEEP, "$") from None
    except msgspec.ValidationError:
        raise Rejected(Reason.NOT_AN_OBJECT, "$") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Rejected(Reason.NOT_JSON, "$") from None


def _user_in_data(data: msgspec.Raw) -> str:
    try:
        return _text(_data_head(data).user_id)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""


def _app_in_data(data: msgspec.Raw) -> str:
    try:
        return _text(_operational_head(data).app_id)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""


def _text(raw: msgspec.Raw) -> str:
    """A JSON string as text; anything else, or a text too long to be an id, counts as absent."""
    try:
        value = msgspec.json.decode(raw, type=str)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    return _fitting(value)


def _fitting(text: str | None) -> str:
    return text if text and len(text) <= ID_CHARS_MAX else ""
