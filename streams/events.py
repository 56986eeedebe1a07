"""The nouns: what an event is called, whose it is, and what a stored record looks like.

`identify` is all that a door needs: event type and user id, read without decoding the payload ("store first, parse
later"). Event types are parsed by structure, never matched against a closed list (domain file, 2.2).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple, Protocol

import msgspec

from streams import mend, resources
from streams.body_bounds import ID_CHARS_MAX
from streams.errors import Reason, Rejected

TEXT_CHARS_MAX = ID_CHARS_MAX


class Family(StrEnum):
    """What the rest of the path does with an event."""

    CONNECTION = "connection"
    DEVICE = "device"
    BACKFILL = "backfill"
    SUMMARY = "summary"
    TIMESERIES = "timeseries"
    LAB = "lab"
    QUERY = "query"
    CHECKOUT = "checkout"
    UNKNOWN = "unknown"


class Record(Protocol):
    """One stored record, as the consumer hands it over (aiokafka's names)."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Sequence[tuple[str, bytes]]: ...


@dataclass(frozen=True, slots=True)
class EventType:
    """`daily.data.sleep.created` parsed. `resource` is normalised and empty for families that have none."""

    text: str
    family: Family
    resource: str
    action: str


_BY_PREFIX: dict[tuple[str, ...], Family] = {
    ("provider", "connection"): Family.CONNECTION,
    ("provider", "device"): Family.DEVICE,
    ("continuous_query",): Family.QUERY,
    ("labtest",): Family.LAB,
    ("lab_report",): Family.LAB,
    ("testkit",): Family.LAB,  # testkit.order.updated: labtest's first name (2.2)
    ("checkout",): Family.CHECKOUT,
}
# The deprecation page of the hypnogram spells its events with "timeseries"; the catalogue never did (2.2).
_DATA_WORDS = ("data", "timeseries")
_DEVICE = "device"  # daily.data.device.*: what is provider.device.* today (2.2)
_BY_KIND = {resources.Kind.SUMMARY: Family.SUMMARY, resources.Kind.TIMESERIES: Family.TIMESERIES}


@lru_cache(maxsize=4096)  # a few hundred types repeat for ever; bounded, because a stranger's words are not
def parse_type(text: str) -> EventType:
    """Event type by its parts. Anything that does not fit is UNKNOWN, never an error."""
    parts = text.split(".")
    if parts[0] in ("daily", "historical"):
        if len(parts) == 4 and parts[1] in _DATA_WORDS:
            return _data_type(text, parts[0], parts[2], parts[3])
        if len(parts) == 3 and resources.get(parts[1]):  # daily.workout_stream.created: a very old spelling (2.2)
            return _data_type(text, *parts)
    family = _BY_PREFIX.get(tuple(parts[:2])) or _BY_PREFIX.get((parts[0],)) or Family.UNKNOWN
    resource = parts[1] if family in (Family.LAB, Family.CHECKOUT, Family.QUERY) and len(parts) > 2 else ""
    return EventType(text, family, resource or _control_resource(family), parts[-1])


def _data_type(text: str, prefix: str, name: str, action: str) -> EventType:
    resource = resources.normalise(name)
    if prefix == "historical":
        return EventType(text, Family.BACKFILL, resource, action)
    if resource == _DEVICE:
        return EventType(text, Family.DEVICE, _DEVICE, action)
    row = resources.get(resource)
    return EventType(text, _BY_KIND[row.kind] if row else Family.UNKNOWN, resource, action)


def _control_resource(family: Family) -> str:
    return {Family.CONNECTION: "connection", Family.DEVICE: "device"}.get(family, "other")


class _Head(msgspec.Struct, gc=False):
    """The envelope with the payload left as bytes. Ids may have any type: what is no text counts as absent."""

    event_type: msgspec.Raw = msgspec.Raw(b"")
    user_id: msgspec.Raw = msgspec.Raw(b"")
    team_id: msgspec.Raw = msgspec.Raw(b"")
    data: msgspec.Raw = msgspec.Raw(b"")


class _DataHead(msgspec.Struct, gc=False):
    user_id: msgspec.Raw = msgspec.Raw(b"")


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose event this is. `owner_id` decides the partition: the user, else the team (domain file, 1.1)."""

    type: EventType
    user_id: str
    team_id: str

    @property
    def owner_id(self) -> str:
        return self.user_id or self.team_id


_head = msgspec.json.Decoder(_Head).decode
_data_head = msgspec.json.Decoder(_DataHead).decode
_USERLESS = frozenset({Family.LAB, Family.CHECKOUT, Family.UNKNOWN})


def identify(body: bytes) -> Identity:
    """Event type, user and team of a webhook body. Raises Rejected, and nothing else, for any other bytes."""
    try:
        return _identity(_read_head(body))
    except Rejected as refused:
        if refused.reason is not Reason.NOT_JSON or (better := mend.mended(body)) is None:
            raise
    return _identity(_read_head(better.body))


def identify_strictly(body: bytes) -> Identity:
    """The same, of a body that was mended, or need not be."""
    return _identity(_read_head(body))


def _identity(head: _Head) -> Identity:
    event_type = _text(head.event_type)
    if not event_type:
        raise Rejected(Reason.NO_EVENT_TYPE, "$.event_type")
    parsed = parse_type(event_type)
    user_id = _text(head.user_id) or _user_in_data(head.data)
    team_id = _text(head.team_id)
    if not user_id and not (team_id and parsed.family in _USERLESS):
        raise Rejected(Reason.NO_USER, "$.user_id, $.data.user_id")
    return Identity(parsed, user_id, team_id)


class Hint(NamedTuple):
    """What a body that has no identity says of it all the same; "" for what it does not."""

    event_type: str
    user_id: str


def hint(body: bytes) -> Hint:
    """Of a body that `identify` refuses: enough to find it again, not to process it."""
    try:
        head = _read_head(body)
    except Rejected:
        said = mend.scalars(body)
        return Hint(_fitting(said.get("event_type")), _fitting(said.get("user_id")))
    return Hint(_text(head.event_type), _text(head.user_id) or _user_in_data(head.data))


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


def _text(raw: msgspec.Raw) -> str:
    """A JSON string as text; anything else, or a text too long to be an id, counts as absent."""
    try:
        value = msgspec.json.decode(raw, type=str)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    return _fitting(value)


def _fitting(text: str | None) -> str:
    return text if text and len(text) <= TEXT_CHARS_MAX else ""
