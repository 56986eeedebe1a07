"""A summary event: one entity with an id and a version, typed by its schema. Devices are read the same way.

Content is what a body says, in one form for both generations: without the version itself and without deprecated twins
of other fields. Of its source, provider and source type count, which decide what is preferred; the rest is attribution,
which changes when a second device appears.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from streams.events import DAY_US, EPOCH, MICRO, EventType, Family, ids, key_parts, parse_type, topics
from streams.events.schemas import Field, schema_files
from streams.events.text import REPLACEMENT
from streams.ops.errors import Reason, Rejected
from streams.payloads import summary_quick, tolerant, values
from streams.payloads.envelope import Event, envelope
from streams.payloads.source import UNKNOWN, Source, read_source, unknown_source
from streams.payloads.values import Unfit, canonical, short_text

# Identity and attribution: they have their own places in a clean record (domain file, 1.2, 2.6).
_DECORATIONS = frozenset(
    {"user_id", "user_key", "source", "source_id", "priority_id", "provider"}
    | {f"source_{part}" for part in ("provider", "type", "app_id", "device_id", "name", "slug", "logo")}
)
# Versions, and deprecated twins: `date` of calendar_date, `sleep_stream` of sleep_cycle and the series (2.6).
_NOT_CONTENT = frozenset({"created_at", "updated_at", "date", "date_at", "sleep_stream"})
_MEANINGLESS = {"Meal": _DECORATIONS | {"provider_id"}}  # required, deprecated, a copy of the id (2.6)
# What a body has besides what it says. Of a device, provider and source type are the thing itself (4.6).
_BARE_DEVICE = frozenset({"id", "user_id", "created_at", "updated_at"})
_BARE = _DECORATIONS | _BARE_DEVICE
_IDS = ("id", "sleep_id")
ATTRIBUTION = "source"  # its name in the content
# What tells one of a source's from another where there is no id (2.6): a session its start, for a day has many.
_STARTS = {
    "sleep": "bedtime_start",
    "sleep_cycle": "session_start",
    "workouts": "time_start",
    "meal": "timestamp",
    "electrocardiogram": "session_start",
}
_BY_ID_ALONE = ("device", "workout_stream")
_DAYS = ("calendar_date", "date")  # the second is the deprecated twin of the first: its midnight is the day


@dataclass(slots=True)
class Entity:
    """One thing with a key and a version. `fields`: typed Avro values by name. `unknown`: what has no place in them.

    `content`: names and values that decide whether two versions say the same. Times are µs since 1970, UTC.
    """

    event: Event
    id: str
    fields: dict[str, Any]
    unknown: dict[str, Any]
    content: dict[str, Any]
    updated_at_us: int | None


@dataclass(slots=True)
class Summary(Entity):
    """An entity that somebody measured."""

    source: Source


def read_quickly(body: bytes) -> Summary | None:
    """The summary of a body of today's shape; None sends it to the tolerant reader. Raises Rejected for identity."""
    head = envelope(body)
    kind = None if head is None else parse_type(head.event_type)
    if head is None or kind is None or kind.family is not Family.SUMMARY:
        return None
    found = summary_quick.read(head.data, schema_of(kind), _DECORATIONS)
    if found is None or not short_text(found.fields["id"]):
        return None
    event = head.event({"user_id": found.user_id})
    made = _made(event, found.fields["id"], found.fields, {}, found.source)
    return made if made.content.keys() - {"id", ATTRIBUTION} else None


def schema_of(kind: EventType) -> str:
    """Name of the Avro schema of a summary or a device."""
    return "Device" if kind.family is Family.DEVICE else topics.schema_of(kind.resource)


def read(event: Event, data: Any) -> Summary:
    """A summary or a device, field by field.

    Raises Rejected(BAD_SHAPE) if `$.data` is no object, or names nothing but the entity: to take that for its newest
    version would empty it. Raises Rejected(NO_KEY) if nothing tells which entity it is.
    """
    if type(data) is not dict:
        raise Rejected(Reason.BAD_SHAPE, "$.data: not an object")
    made_by = read_source(data, event.problems)
    id = _id(event, data, made_by)
    if data.keys() <= (_BARE_DEVICE if event.type.family is Family.DEVICE else _BARE):
        raise Rejected(Reason.BAD_SHAPE, "$.data: nothing but an id")
    schema = schema_of(event.type)
    fields, unknown = tolerant.read(data, schema, event.problems, _MEANINGLESS.get(schema, _DECORATIONS))
    if schema == "WorkoutStream":
        fields["is_available"] = event.type.action != "unavailable"  # its own event, until 2024 (2.2)
    made = _made(event, id, fields, unknown, made_by)
    made.unknown |= unknown_source(data)
    return made


def _made(event: Event, id: str, fields: dict[str, Any], unknown: dict[str, Any], made_by: Source) -> Summary:
    if lists := schema_files.parallel_fields(schema_of(event.type)):
        _level(event, lists, fields, unknown)
    fields |= {name: ids.canonical(found) for name in _IDS if (found := fields.get(name))}
    content = {name: value for name, value in fields.items() if value is not None and name not in _NOT_CONTENT}
    if unknown:
        content |= {f"$.data.{name}": value for name, value in unknown.items() if name not in _NOT_CONTENT}
    if event.type.family is Family.SUMMARY:
        content[ATTRIBUTION] = key_parts.join("/", (made_by.provider, made_by.type))
    fields["id"] = id = ids.canonical(id)
    return Summary(event, id, fields, unknown, content, fields["updated_at"], made_by)


def _level(event: Event, lists: tuple[Field, ...], fields: dict[str, Any], unknown: dict[str, Any]) -> None:
    """A column that is not as long as that of the times says nothing of any time: it goes among the unknown ones."""
    n = len(fields[lists[0].name])
    for row in lists[1:]:
        column = fields[row.name]
        if column and len(column) != n:
            event.problems.append(f"$.data.{'.'.join(row.path)}: not as long as the times ({len(column)} of {n})")
            fields[row.name] = row.default
            _put(unknown, row.path, canonical(column))


def _put(unknown: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for name in path[:-1]:
        unknown = unknown.setdefault(name, {})
    unknown[path[-1]] = value


def is_notice(summary: Summary) -> bool:
    """Whether it only announces that a workout's stream can be fetched (2.4)."""
    return summary.event.type.resource == "workout_stream" and not summary.fields["times"]


def state_parts(summary: Summary) -> list[str]:
    """Parts of its key in the table. A stream is no newer version of the notice that announces it."""
    parts = [summary.event.user_id, summary.event.type.resource, summary.id]
    return [*parts, "stream"] if "times" in summary.fields and not is_notice(summary) else parts


def _id(event: Event, data: Mapping[str, Any], made_by: Source) -> str:
    """The documented key (3.1), else a natural one marked with `~`: old bodies have no id (1.2)."""
    if event.type.resource == "workout_stream" and (workout_id := short_text(data.get("workout_id"))):
        return workout_id
    given = data.get("id")
    if id := short_text(str(given) if type(given) is int else given):
        return id
    natural = _natural(event.type.resource, data)
    if natural is None or made_by.provider == UNKNOWN:
        raise Rejected(Reason.NO_KEY, "$.data.id")
    event.problems.append("no_id")
    return "~" + key_parts.join("/", filter(None, (made_by.provider, made_by.type, natural)))


def _natural(resource: str, data: Mapping[str, Any]) -> str | None:
    """ "" for what a user has one of at a source; None where the body says neither start nor day."""
    if resource == "profile":
        return ""
    if resource in _BY_ID_ALONE:
        return None
    if start := _unbroken(data.get(_STARTS.get(resource, ""))):
        return _start(start)
    names = ("period_start",) if resource == "menstrual_cycle" else _DAYS
    return next((_day(found) for name in names if (found := _unbroken(data.get(name)))), None)


def _unbroken(value: Any) -> str | None:
    """A text that tells things apart: not one in which something was broken (`mend`)."""
    found = short_text(value)
    return None if found and REPLACEMENT in found else found


def _start(text: str) -> str:
    """µs since 1970, however it is written; what is no time stands for itself."""
    try:
        return str(values.time_us(text))
    except Unfit:
        return text


def _day(text: str) -> str:
    """The day, also where it is written as its midnight; another time of a day stays one."""
    try:
        time_us = values.time_us(text)
    except Unfit:
        return text
    return str(time_us) if time_us % DAY_US else str((EPOCH + time_us * MICRO).date())
