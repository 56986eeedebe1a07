"""`explain`: what would happen to this body. The functions of the real path, without Kafka and without state."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.table import Table

from streams.events import ids, topics
from streams.events.types import Family, identify, parse_type
from streams.ops.errors import Reason, Rejected
from streams.ops.terminal import lines, pairs
from streams.payloads import drift, labs, queries, summary
from streams.payloads.alignment import align
from streams.payloads.decode import Control, decode
from streams.payloads.drift import Findings
from streams.payloads.series import Series
from streams.payloads.summary import Entity, Summary
from streams.payloads.values import canonical
from streams.tables import connections, samples
from streams.tables.history import backfills

KEYS_SHOWN = 5
_DELIVERY_ID = "the delivery id (svix-id)"
_BY_DELIVERY = "delivery time, then content"
_ONCE = "none: each delivery id leaves once"


@dataclass(slots=True)
class Explanation:
    """Everything that is known of a body before its state is looked at. Ids and places, no values.

    `keys`: the first few of `entities` keys in the worker's tables. `drift`: what is not as Junction documents it.
    `reason` and `detail`: why it would be a dead letter; then what comes before the refusal is filled in all the same.
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
        _tell(out, decode(body, Family(out.family)), prefix)  # by the way that the worker takes for its topic
        if rows is not None and out.version == _ONCE and not _delivery_id(rows):
            raise Rejected(Reason.NO_DELIVERY_ID, topics.H_ID)
    except Rejected as rejection:
        out.reason, out.detail = str(rejection.reason), rejection.detail
        if rejection.reason is Reason.USER_CONFLICT:
            _tell_as_if_one_user(out, body, prefix)
    return out


def _tell_as_if_one_user(out: Explanation, body: bytes, prefix: str) -> None:
    """What else there is to know: the vendor's own examples are refused for this reason alone."""
    try:
        _tell(out, decode(align(body)), prefix)
    except Rejected:
        return


def _delivery_id(rows: list[tuple[str, bytes]]) -> str:
    return topics.header(rows, topics.H_ID) or topics.header(rows, topics.H_SVIX_ID)


def _name_by_headers(out: Explanation, rows: list[tuple[str, bytes]]) -> None:
    out.event_type = topics.header(rows, topics.H_TYPE)
    out.user_id = ids.canonical(topics.header(rows, topics.H_SUBJECT))
    if out.event_type:
        parsed = parse_type(out.event_type)
        out.family, out.resource = parsed.family, parsed.resource


def _name(out: Explanation, body: bytes, prefix: str, partitions: int) -> None:
    """What a door finds out: type, user, topic, key, partition."""
    identity = identify(body)
    out.event_type, out.family, out.resource = identity.type.text, identity.type.family, identity.type.resource
    out.user_id, out.team_id = identity.user_id, identity.team_id
    out.raw_topic = f"{prefix}.{topics.raw_topic(identity.type)}"
    out.key = topics.raw_key(identity).decode()
    out.partition = topics.partition_for(identity.owner_id, partitions)


def _tell(out: Explanation, decoded: Summary | Series | Control, prefix: str) -> None:
    """What the worker finds out: entities, their keys, the version, the clean topic."""
    if isinstance(decoded, Summary):
        found = _tell_summary(out, decoded)
    elif isinstance(decoded, Series):
        found = _tell_series(out, decoded)
    else:
        found = _tell_control(out, decoded)
    # Of a word that is not documented the place alone: it may be what the person has.
    out.drift = [f"{one.kind}: {(one._replace(found='') if one.kind == drift.ENUM else one).where}" for one in found]
    out.problems = decoded.event.problems
    out.unknown_fields += [f"$.{name}" for name in decoded.event.unknown]
    out.schema = topics.clean_topics()[out.clean_topic]
    out.clean_topic = f"{prefix}.{out.clean_topic}"


def _tell_summary(out: Explanation, entity: Summary) -> Findings:
    out.version = _version(entity)
    out.entities, out.keys = 1, [_shown(out.user_id, out.resource, entity.id)]
    out.clean_topic = out.resource
    out.unknown_fields = [f"$.data.{name}" for name in entity.unknown]
    return drift.of_summary(entity)


def _version(entity: Entity) -> str:
    return ("$.data.updated_at, then " if entity.updated_at_us is not None else "") + _BY_DELIVERY


def _tell_series(out: Explanation, series: Series) -> Findings:
    out.version = _BY_DELIVERY
    out.entities, out.dropped, out.clean_topic = len(series.columns), series.dropped, out.resource
    made_by = series.source
    out.keys = [
        _shown(out.user_id, out.resource, made_by.provider, made_by.type, *series.key_extra(place), time)
        for place, time in enumerate(samples.times_shown(series.columns.times_us[:KEYS_SHOWN]))
    ]
    out.unknown_fields = [f"$.data.{name}" for name in series.unknown]
    out.unknown_fields += [f"$.data.data[].{name}" for name in sorted(set().union(*series.columns.unknowns))]
    return drift.of_series(series)


def _tell_control(out: Explanation, control: Control) -> Findings:
    event, data = control.event, control.data
    out.entities, out.version = 1, _BY_DELIVERY
    family = event.type.family
    if family is Family.DEVICE:
        device = summary.read(event, data)
        out.clean_topic, out.keys, out.version = topics.DEVICES, [_shown(event.user_id, device.id)], _version(device)
        out.unknown_fields = [f"$.data.{name}" for name in device.unknown]
        return drift.of_summary(device)
    if family is Family.CONNECTION:
        provider, _ = connections.read_event(event.type.action, data, 0)
        out.clean_topic, out.keys = topics.CONNECTIONS, [_shown(event.user_id, provider)]
        return drift.of_connection(event, data, provider)
    if family is Family.BACKFILL:
        provider, _ = backfills.read_event(data, 0, "", event.problems)
        out.clean_topic, out.keys = topics.BACKFILLS, [_shown(event.user_id, provider, out.resource)]
        return drift.of_backfill(event, data, provider)
    if family is Family.LAB:
        return _tell_lab(out, labs.read(event, data), data)
    if family is Family.QUERY:
        return _tell_rows(out, queries.read(event, data), control)
    out.clean_topic = topics.OTHER
    _tell_delivery(out, data)
    return drift.of_other(event)


def _tell_lab(out: Explanation, entity: Entity, data: Any) -> Findings:
    out.clean_topic, out.version = topics.LABS, _version(entity)
    out.keys = [_shown(entity.event.owner_id, out.resource, entity.id)]
    if not entity.id:
        _tell_delivery(out, data)
    return drift.of_lab(entity)


def _tell_rows(out: Explanation, rows: list[Entity] | None, control: Control) -> Findings:
    out.clean_topic = topics.QUERY_RESULTS
    if rows is None:
        _tell_delivery(out, control.data)
    else:
        out.entities, out.keys = len(rows), [_shown(out.user_id, row.id) for row in rows[:KEYS_SHOWN]]
    return drift.of_rows(control.event, rows)


def _tell_delivery(out: Explanation, data: Any) -> None:
    canonical(data)  # its content is the payload, which may be too deep to have one
    out.version, out.keys = _ONCE, [_shown(out.user_id or out.team_id, _DELIVERY_ID)]


def _shown(*parts: str) -> str:
    return " · ".join(parts)


def render(explained: Explanation) -> Table:
    """For people."""
    red = {"dead letter": "red"}
    return pairs((name, lines(rows, red.get(name, ""))) for name, rows in _rows(explained) if any(rows))


def _rows(explained: Explanation) -> Sequence[tuple[str, Sequence[str]]]:
    more = explained.entities - len(explained.keys)
    keys = [*explained.keys, f"and {more} more"] if more > 0 and explained.keys else explained.keys
    where = "" if explained.partition is None else f"partition {explained.partition}, key {explained.key}"
    refused = f"{explained.reason}: {explained.detail}" if explained.reason else ""
    unless = ", were it not refused" if refused else ""
    return (
        ("event type", [explained.event_type]),
        ("family", [f"{explained.family} {explained.resource}".strip()]),
        ("user", [explained.user_id or (explained.team_id and f"none; team {explained.team_id}")]),
        ("raw topic", [f"{explained.raw_topic} {where}".strip()]),
        ("clean topic", [explained.clean_topic and f"{explained.clean_topic}, schema {explained.schema}{unless}"]),
        ("entities", [f"{explained.entities or ''}"]),
        ("unusable", [f"{explained.dropped or ''}"]),
        ("keys", keys),
        ("version by", [explained.version]),
        ("problems", explained.problems),
        ("unknown fields", explained.unknown_fields),
        ("not documented", explained.drift),
        ("dead letter", [refused]),
    )
