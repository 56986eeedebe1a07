"""The envelope of a body, and whose event it is. Both payload generations (domain file, 0.2 and 1.2).

Identity: `$.user_id`, else `$.data.user_id`, else the team. Where both are there and differ the event is refused:
health data of the wrong person is the worst error that we could make (1.1).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from streams.events import EventType, Family, identify_strictly, type_of
from streams.events.identity import APP
from streams.events.text import body_bounds, mended
from streams.ops.errors import Reason, Rejected
from streams.payloads.values import short_id, short_text, to_json


@dataclass(slots=True)
class Event:
    """What every event has. `problems`: places that could not be read as expected, never values.

    `unknown`: names of the envelope that have no place in ours. They belong to the delivery, not to the content.
    """

    type: EventType
    user_id: str
    team_id: str
    client_user_id: str
    problems: list[str] = field(default_factory=list)
    unknown: dict[str, Any] = field(default_factory=dict)
    app_id: str = ""  # Svix's application, of an operational webhook

    @property
    def owner_id(self) -> str:
        return self.user_id or self.team_id or self.app_id or self.type.text


class Envelope(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """The shape of nearly every body. Whatever does not fit is read again, slowly."""

    event_type: str
    data: msgspec.Raw
    user_id: str | None = None
    client_user_id: str | None = None
    team_id: str | None = None

    def event(self, data: Any) -> Event:
        """The event, if it is clear whose it is. Raises Rejected. `data`: anything that has the user id of `$.data`."""
        return event_of(self.event_type, self.user_id, self.team_id, self.client_user_id, data)


_envelope = msgspec.json.Decoder(Envelope).decode
_anything = msgspec.json.Decoder().decode
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_ours = frozenset(Envelope.__struct_fields__)


_MENDABLE = frozenset({Reason.NOT_JSON, Reason.BAD_SHAPE})  # the latter: a number that nothing holds


def read(body: bytes) -> tuple[Event, Any]:
    """(event, `$.data` as plain values). Raises Rejected, and nothing else, whatever the bytes are.

    What is broken in a body (`mend`) is replaced or left out, which is a problem of the event.
    """
    body_bounds.check(body)
    try:
        return _read(body)
    except Rejected as refused:
        if refused.reason not in _MENDABLE or (better := mended(body)) is None:
            raise
    event, data = _read(better.body)
    event.problems += better.problems
    return event, data


def _read(body: bytes) -> tuple[Event, Any]:
    head = envelope(body)
    if head is None:
        return _read_slowly(body)
    data = read_json(head.data, "$.data")
    body_bounds.check_names(body, data)
    return head.event(data), data


def envelope(body: bytes) -> Envelope | None:
    """The envelope, if it has the shape of nearly every body."""
    try:
        return _envelope(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _read_slowly(body: bytes) -> tuple[Event, Any]:
    """An envelope with other names, or with ids that are no text."""
    identity = identify_strictly(body)
    members = read_json(body, "$", _members)
    data = read_json(members["data"], "$.data") if "data" in members else None
    body_bounds.check_names(body, [members, data])
    names = sorted((_ours - {"data"}) & members.keys())  # one order in every process
    texts = {name: short_text(read_json(members[name], f"$.{name}")) for name in names}
    event = event_of(identity.type.text, texts.get("user_id"), identity.team_id, texts.get("client_user_id"), data)
    ours = _ours | {"type"} if event.type.family is Family.OPERATIONAL else _ours
    event.unknown = {name: read_json(raw, "$") for name, raw in members.items() if name not in ours}
    event.problems += [f"$.{name}: not an id" for name in texts if texts[name] is None and members[name] != b"null"]
    return event, data


def read_json(raw: msgspec.Raw | bytes, place: str, decoder: Callable[[Any], Any] = _anything) -> Any:
    """Plain values. Raises Rejected naming the place."""
    try:
        return decoder(raw)
    except RecursionError:
        raise Rejected(Reason.TOO_DEEP, place) from None
    except msgspec.ValidationError:  # a number that no float and no integer can hold
        raise Rejected(Reason.BAD_SHAPE, place) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Rejected(Reason.NOT_JSON, place) from None


def event_of(event_type: str, user_id: str | None, team_id: str | None, client_user_id: str | None, data: Any) -> Event:
    """The event, if it is clear whose it is. Raises Rejected(USER_CONFLICT), (NO_USER) or (NO_EVENT_TYPE)."""
    user_id, team_id = short_id(user_id) or "", short_id(team_id) or ""
    data_user_id = short_id(data.get("user_id")) if type(data) is dict else None
    if user_id and data_user_id and user_id != data_user_id:
        raise Rejected(Reason.USER_CONFLICT, "$.user_id and $.data.user_id differ")
    user_id = user_id or data_user_id or ""
    kind = type_of(event_type, user_id, team_id)
    is_named = kind.family is Family.OPERATIONAL and type(data) is dict
    app_id = (short_id(data.get(APP)) or "") if is_named else ""
    return Event(kind, user_id, team_id, short_text(client_user_id) or "", app_id=app_id)


def unknown_text(event: Event, unknown: Mapping[str, Any] | None) -> str | None:
    """JSON of the names that have no place in a record, those of the envelope under `$`; None without any."""
    if not unknown and not event.unknown:
        return None
    return to_json({**(unknown or {}), **({"$": event.unknown} if event.unknown else {})}).decode()
