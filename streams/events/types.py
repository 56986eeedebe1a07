"""The nouns: what an event is called, whose it is, and what a stored record looks like.

`identify` is all that a door needs: event type and user id, read without decoding the payload ("store first, parse
later"). Event types are parsed by structure (domain file, 2.2): things are an open set, what may happen to them is not
(`actions`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple, Protocol

import msgspec

from streams.events import actions, ids, resources
from streams.events.text import mend
from streams.events.text.body_bounds import ID_CHARS_MAX
from streams.ops.errors import Reason, Rejected

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
    OPERATIONAL = "operational"
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


# By the first word, or the first two: families of `{prefix}.{thing}.{action}`.
_BY_PREFIX: dict[str, Family] = {
    "provider.connection": Family.CONNECTION,
    "provider.device": Family.DEVICE,
    "continuous_query": Family.QUERY,
    "labtest": Family.LAB,
    "lab_report": Family.LAB,
    "testkit": Family.LAB,  # testkit.order.updated: labtest's first name (2.2)
}
_CHECKOUT = "checkout"
# Svix's operational webhooks: how its deliveries to us go. They have a `type`, and neither user nor team (1.3, 2.2).
_OPERATIONAL = frozenset({"message", "endpoint", "ingest", "background_task"})
# The deprecation page of the hypnogram spells its events with "timeseries"; the catalogue never did (2.2).
_DATA_WORDS = ("data", "timeseries")
_DEVICE = "device"  # daily.data.device.*: what is provider.device.* today (2.2)
_NONE = "other"  # the resource of what has none
_BY_KIND = {resources.Kind.SUMMARY: Family.SUMMARY, resources.Kind.TIMESERIES: Family.TIMESERIES}


@lru_cache(maxsize=4096)  # a few hundred types repeat for ever; bounded, because a stranger's words are not
def parse_type(text: str) -> EventType:
    """Event type by its parts. Anything that does not fit is UNKNOWN, never an error.

    So is an action that is not documented (`actions`): what it would do to the thing that it names, nobody knows.
    """
    parts = text.split(".")
    if parts[0] in _OPERATIONAL and len(parts) > 1:
        return EventType(text, Family.OPERATIONAL, _NONE, parts[-1])
    if parts[0] in ("daily", "historical"):
        if len(parts) == 4 and parts[1] in _DATA_WORDS:
            return _data_type(text, parts[0], parts[2], parts[3])
        if len(parts) == 3 and resources.get(parts[1]):  # daily.workout_stream.created: a very old spelling (2.2)
            return _data_type(text, *parts)
    if len(parts) == 3:
        return _control_type(text, *parts)
    return EventType(text, Family.CHECKOUT if parts[0] == _CHECKOUT else Family.UNKNOWN, _NONE, parts[-1])


def _data_type(text: str, prefix: str, name: str, action: str) -> EventType:
    resource = resources.normalise(name)
    row = resources.get(resource)
    if prefix == "historical":
        known, family = actions.OF_HISTORY, Family.BACKFILL
    elif resource == _DEVICE:
        known, family = actions.UPSERTS, Family.DEVICE
    else:
        known, family = actions.of_data(resource), _BY_KIND[row.kind] if row else Family.UNKNOWN
    return EventType(text, family if action in known else Family.UNKNOWN, resource or _NONE, action)


def _control_type(text: str, prefix: str, thing: str, action: str) -> EventType:
    """`checkout` has no state that an action could change: what nobody knows of it is passed on like the rest."""
    family = _BY_PREFIX.get(f"{prefix}.{thing}") or _BY_PREFIX.get(prefix)
    if prefix == _CHECKOUT:
        return EventType(text, Family.CHECKOUT, thing or _NONE, action)
    if family is None:
        return EventType(text, Family.UNKNOWN, _NONE, action)
    is_known = action in actions.of_control(prefix, thing)
    return EventType(text, family if is_known else Family.UNKNOWN, thing or _NONE, action)


class _Head(msgspec.Struct, gc=False):
    """The envelope with the payload left as bytes. Ids may have any type: what is no text counts as absent."""

    event_type: msgspec.Raw = msgspec.Raw(b"")
    type: msgspec.Raw = msgspec.Raw(b"")
    user_id: msgspec.Raw = msgspec.Raw(b"")
    team_id: msgspec.Raw = msgspec.Raw(b"")
    data: msgspec.Raw = msgspec.Raw(b"")


class _DataHead(msgspec.Struct, gc=False):
    user_id: msgspec.Raw = msgspec.Raw(b"")


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose event this is, in the one spelling of ids (`ids`).

    `owner_id` decides the partition: the user, else the team (domain file, 1.1), else, for what is about nobody, its
    type: it is always there, and there are a handful of them.
    """

    type: EventType
    user_id: str
    team_id: str

    @property
    def owner_id(self) -> str:
        return self.user_id or self.team_id or self.type.text


_head = msgspec.json.Decoder(_Head).decode
_data_head = msgspec.json.Decoder(_DataHead).decode
_USERLESS = frozenset({Family.LAB, Family.CHECKOUT, Family.UNKNOWN})


def has_owner(family: Family, user_id: str, team_id: str) -> bool:
    """Whether an event of this family may come with these ids."""
    return bool(user_id or family is Family.OPERATIONAL or (team_id and family in _USERLESS))


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
    event_type = _text(head.event_type) or _operational(_text(head.type))
    if not event_type:
        raise Rejected(Reason.NO_EVENT_TYPE, "$.event_type")
    parsed = parse_type(event_type)
    user_id = ids.canonical(_text(head.user_id) or _user_in_data(head.data))
    team_id = ids.canonical(_text(head.team_id))
    if not has_owner(parsed.family, user_id, team_id):
        raise Rejected(Reason.NO_USER, "$.user_id, $.data.user_id")
    return Identity(parsed, user_id, team_id)


def _operational(text: str) -> str:
    """The type of an operational webhook; "" for anything else that has a `type`."""
    return text if parse_type(text).family is Family.OPERATIONAL else ""


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
        return Hint(_fitting(said.get("event_type")), ids.canonical(_fitting(said.get("user_id"))))
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


def _text(raw: msgspec.Raw) -> str:
    """A JSON string as text; anything else, or a text too long to be an id, counts as absent."""
    try:
        value = msgspec.json.decode(raw, type=str)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    return _fitting(value)


def _fitting(text: str | None) -> str:
    return text if text and len(text) <= TEXT_CHARS_MAX else ""
