"""A summary event: one entity with an id and a version. Typed by its schema, or kept as JSON where it has none.

Content is what was said, in one form for both generations: without the version itself, without who said it (the
source is attribution and changes when a second device appears), and without deprecated twins of other fields.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from streams import schemas, topics, values
from streams.body import UNKNOWN, Event, Source, short_text, source, unknown_source
from streams.errors import Reason, Rejected
from streams.schemas import Field
from streams.values import Unfit, canonical

# Identity and attribution: they have their own places in a clean record (domain file, 1.2, 2.6).
_DECORATIONS = frozenset(
    {"user_id", "user_key", "source", "source_id", "priority_id", "provider"}
    | {f"source_{part}" for part in ("provider", "type", "app_id", "device_id", "name", "slug", "logo")}
)
# Versions, and deprecated twins: `date` of calendar_date, `sleep_stream` of sleep_cycle and the series (2.6).
_NOT_CONTENT = frozenset({"created_at", "updated_at", "date", "date_at", "sleep_stream"})
_MEANINGLESS = {"meal": frozenset({"provider_id"})}  # required, deprecated, a copy of the id (2.6)
# What tells one session of a source from another where there is no id (2.6).
_NATURAL = ("calendar_date", "session_start", "bedtime_start", "time_start", "period_start", "timestamp", "date")


@dataclass(slots=True)
class Summary:
    """One entity. `fields`: typed Avro values by name (empty for Generic). `unknown`: what has no place in them.

    `content`: names and values that decide whether two versions say the same. Times are µs since 1970, UTC.
    """

    event: Event
    source: Source
    id: str
    fields: dict[str, Any]
    unknown: dict[str, Any]
    content: dict[str, Any]
    payload: dict[str, Any]
    created_at_us: int | None
    updated_at_us: int | None


def read(event: Event, data: Any) -> Summary:
    """Raises Rejected(BAD_SHAPE) if `$.data` is no object, Rejected(NO_KEY) if nothing tells which entity it is."""
    schema = topics.schema_of(event.type.resource)
    if schema == "Generic":
        return read_generic(event, data)
    made_by = source(_checked(data), event.problems)
    id = _id(event, data, made_by)
    fields, unknown = _typed(data, schema, event.problems)
    content = {name: value for name, value in fields.items() if value is not None and name not in _NOT_CONTENT}
    content |= {f"$.data.{name}": value for name, value in unknown.items() if name not in _NOT_CONTENT}
    fields["id"] = id
    unknown |= unknown_source(data)
    return Summary(event, made_by, id, fields, unknown, content, {}, fields["created_at"], fields["updated_at"])


def read_generic(event: Event, data: Any) -> Summary:
    """An entity that stays JSON. Raises as `read`."""
    made_by = source(_checked(data), event.problems)
    id = _id(event, data, made_by)
    dropped = _DECORATIONS | _NOT_CONTENT | _MEANINGLESS.get(event.type.resource, frozenset())
    content = {name: value for name, value in canonical(data).items() if name not in dropped}
    created, updated = (_time(data, name, event.problems) for name in ("created_at", "updated_at"))
    return Summary(event, made_by, id, {}, {}, content, data, created, updated)


def _checked(data: Any) -> dict[str, Any]:
    if type(data) is not dict:
        raise Rejected(Reason.BAD_SHAPE, "$.data: not an object")
    return data


def _time(data: Mapping[str, Any], name: str, problems: list[str]) -> int | None:
    found: dict[str, Any] = {name: None}
    _convert(Field(name, (name,), "timestamp-micros"), data.get(name), found, problems)
    value: int | None = found[name]
    return value


@cache
def _layout(schema: str) -> tuple[dict[str, Any], dict[str, Field | dict[str, Field]]]:
    """(every field as null, the fields by their place in `$.data`; a nested object has a table of its own)."""
    places: dict[str, Any] = {}
    for row in schemas.typed_fields(schema):
        if len(row.path) == 1:
            places[row.path[0]] = row
        else:
            places.setdefault(row.path[0], {})[row.path[1]] = row
    return {row.name: None for row in schemas.typed_fields(schema)}, places


def _typed(data: dict[str, Any], schema: str, problems: list[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """(values by field name, what found no place). A value that does not fit is a problem and stays unknown."""
    nulls, places = _layout(schema)
    fields, unknown = nulls.copy(), {}
    for name, value in data.items():
        if value is None or value == "":
            continue
        place = places.get(name)
        if type(place) is Field:
            if not _convert(place, value, fields, problems):
                unknown[name] = canonical(value)
        elif place is not None and type(value) is dict:
            rest = _nested(place, value, fields, problems)  # type: ignore[arg-type]  # because Field is excluded above
            if rest:
                unknown[name] = rest
        elif name not in _DECORATIONS:
            unknown[name] = canonical(value)
    return fields, unknown


def _nested(
    places: dict[str, Field], value: dict[str, Any], fields: dict[str, Any], problems: list[str]
) -> dict[str, Any]:
    rest = {}
    for name, item in value.items():
        if item is None or item == "":
            continue
        place = places.get(name)
        if place is None or not _convert(place, item, fields, problems):
            rest[name] = canonical(item)
    return rest


def _convert(row: Field, value: Any, fields: dict[str, Any], problems: list[str]) -> bool:
    """Put a value into its field; False, and a problem, where it does not fit."""
    if value is None:
        return True
    convert: Callable[[Any], Any] = values.CONVERT[row.type]
    try:
        fields[row.name] = convert(value)
    except Unfit as unfit:
        problems.append(f"$.data.{'.'.join(row.path)}: {unfit}")
        return False
    if row.type == "timestamp-micros" and not values.has_offset(value):
        problems.append(f"$.data.{'.'.join(row.path)}: no offset, read as UTC")
    return True


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
    return "~" + "/".join(part.replace("/", "%2F") for part in (made_by.provider, made_by.type, natural) if part)


def _natural(resource: str, data: Mapping[str, Any]) -> str | None:
    if resource == "profile":  # one per user and source
        return ""
    found = next((found for name in _NATURAL if (found := short_text(data.get(name)))), None)
    try:
        return found if found is None else str(values.time_us(found)) if len(found) > 10 else found
    except Unfit:
        return found
