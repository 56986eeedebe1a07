"""`explain`: what would happen to this body, by the functions of the real path, without Kafka and state. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from streams.events import (
    H_ID,
    H_SUBJECT,
    H_SVIX_ID,
    H_TYPE,
    Family,
    header,
    identify,
    ids,
    parse_type,
    partition_for,
    raw_key,
    topics,
)
from streams.ops.errors import Reason, Rejected
from streams.payloads import Control, Finding, Series, Summary, align, canonical, drift
from streams.payloads.decode import decode
from streams.tables import readings

KEYS_SHOWN = 5
_DELIVERY_ID = "the delivery id (svix-id)"
_BY_DELIVERY = "delivery time, then content"
_ONCE = "none: each delivery id leaves once"


@dataclass(slots=True)
class Explanation:
    """Everything that is known of a body before its state is looked at. Ids and places, no values.

    `keys`: the first few of `entities` keys in the worker's tables. `drift`: what is not as Junction documents it.
    `reason` and `detail`: why it would be a dead letter; what is found before the refusal is filled in all the same.
    """

    event_type: str = ""
    family: str = ""
    resource: str = ""
    user_id: str = ""
    team_id: str = ""
    raw_topic: str = ""
    key: str = ""
    partition: int | None = None
    version: str = ""
    entities: int = 0
    keys: list[str] = field(default_factory=list)
    clean_topic: str = ""
    schema: str = ""
    dropped: int = 0
    problems: list[str] = field(default_factory=list)
    unknown_fields: list[str] = field(default_factory=list)
    drift: list[str] = field(default_factory=list)
    reason: str = ""
    detail: str = ""


def explain(
    body: bytes, *, prefix: str, partitions: int, headers: Iterable[tuple[str, bytes]] | None = None
) -> Explanation:
    """Never raises for a body, whatever its bytes. `headers`: of the stored record; they may name type and user too."""
    out, rows = Explanation(), None if headers is None else list(headers)
    _name_by_headers(out, rows or [])
    try:
        _name(out, body, prefix, partitions)
        _fill(out, decode(body, Family(out.family)), prefix)  # by the way that the worker takes for its topic
        if rows is not None and out.version == _ONCE and not _delivery_id(rows):
            raise Rejected(Reason.NO_DELIVERY_ID, H_ID)
    except Rejected as rejection:
        out.reason, out.detail = str(rejection.reason), rejection.detail
        if rejection.reason is Reason.USER_CONFLICT:
            _fill_as_if_one_user(out, body, prefix)
    return out


def _fill_as_if_one_user(out: Explanation, body: bytes, prefix: str) -> None:
    """The rest, as if `$.user_id` were the only one: the vendor's own examples are refused for this reason alone."""
    try:
        _fill(out, decode(align(body)), prefix)
    except Rejected:
        return


def _delivery_id(rows: list[tuple[str, bytes]]) -> str:
    return header(rows, H_ID) or header(rows, H_SVIX_ID)


def _name_by_headers(out: Explanation, rows: list[tuple[str, bytes]]) -> None:
    out.event_type = header(rows, H_TYPE)
    out.user_id = ids.canonical(header(rows, H_SUBJECT))
    if out.event_type:
        parsed = parse_type(out.event_type)
        out.family, out.resource = parsed.family, parsed.resource


def _name(out: Explanation, body: bytes, prefix: str, partitions: int) -> None:
    """What a door finds out: type, user, topic, key, partition."""
    identity = identify(body)
    out.event_type, out.family, out.resource = identity.type.text, identity.type.family, identity.type.resource
    out.user_id, out.team_id = identity.user_id, identity.team_id
    out.raw_topic = f"{prefix}.{topics.raw_topic(identity.type)}"
    out.key = raw_key(identity).decode()
    out.partition = partition_for(identity.owner_id, partitions)


def _fill(out: Explanation, decoded: Summary | Series | Control, prefix: str) -> None:
    """What the worker finds out: entities, their keys, the version, the clean topic."""
    if isinstance(decoded, Control):
        out.entities, out.version = 1, _BY_DELIVERY
    reading = readings.read(decoded)
    out.entities, out.dropped, out.clean_topic = reading.size, reading.dropped, reading.topic
    out.version = f"$.data.updated_at, then {_BY_DELIVERY}" if reading.is_dated else _BY_DELIVERY
    out.keys = [_shown(*key) for key in reading.keys(KEYS_SHOWN)]
    if not reading.is_keyed:
        _by_delivery_id(out, decoded)
    out.drift = [_place(finding) for finding in reading.findings()]
    out.problems = decoded.event.problems
    out.unknown_fields = [*reading.unknown_paths(), *(f"$.{name}" for name in decoded.event.unknown)]
    out.schema = topics.clean_topics()[out.clean_topic]
    out.clean_topic = f"{prefix}.{out.clean_topic}"


def _by_delivery_id(out: Explanation, decoded: Summary | Series | Control) -> None:
    if isinstance(decoded, Control):
        canonical(decoded.data)  # its content is the payload; Rejected where that is too deep
    out.version, out.keys = _ONCE, [_shown(out.user_id or out.team_id, _DELIVERY_ID)]


def _place(finding: Finding) -> str:
    """Of a word that is not documented the place alone: it may be what the person has."""
    return f"{finding.kind}: {(finding._replace(found='') if finding.kind == drift.ENUM else finding).where}"


def _shown(*parts: str) -> str:
    return " · ".join(parts)
