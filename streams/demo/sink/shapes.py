"""Which rows and cells a clean record is in the tables: written apart from the sink's way of making them."""

import json
import math
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple

from connectors.postgres.tables import layout, readings
from connectors.postgres.tables.layout import PLANS, RECORD_KEY, Form
from streams.events import key_of, resources, topics
from streams.events.schemas import schema_text

Record = Mapping[str, Any]
Key = tuple[Any, ...]
Cells = tuple[Any, ...]
SERIES = ("user_id", "source_provider", "source_type", "type", "workout_id")
SHARED = ("unit", "type", "timezone_offset_s", "local_offset_s", "time_zone", "is_floating_time", "sensor_location")
SHARED += ("intensity",)  # type: ignore[assignment]  # because mypy counts the parts of a tuple
OF_SOURCE = ("app_id", "device_id", "workout_id", "sport")


class Shape(NamedTuple):
    """`columns`: of a topic's own table, but for the sink's own. `paths`: where each is in a record. `listed`: those
    that hold a value for each sample. `key`: the columns that name a row."""

    columns: tuple[str, ...]
    paths: tuple[tuple[str, ...], ...]
    listed: frozenset[str]
    key: tuple[str, ...]


@cache
def shape(topic: str) -> Shape:
    """Of a topic (short name) whose rows stand in a table of their own."""
    plan = PLANS[topic]
    schema = json.loads(schema_text(plan.schema))
    fields = layout.fields(plan, schema)
    per_sample = {row["name"] for row in schema["fields"] if readings.is_of_sample(row)}
    listed = {one.column.name for one in fields if plan.form is Form.READING and one.path[0] in per_sample}
    columns, paths = tuple(one.column.name for one in fields), tuple(tuple(one.path) for one in fields)
    return Shape(columns, paths, frozenset(listed), plan.key)


def rows(topic: str, key: bytes, record: Record) -> Iterator[tuple[Key, Cells]]:
    """The rows that a record is, each with its key."""
    form = PLANS[topic].form
    if form is Form.NUMBER:
        yield from _numbers(topic, record)
        return
    made = shape(topic)
    values = {name: _at(record, path) for name, path in zip(made.columns, made.paths, strict=True)}
    for number in range(len(record["times"]) if form is Form.READING else 1):
        row = {name: _one(value, number) if name in made.listed else value for name, value in values.items()}
        if RECORD_KEY.name in made.key:
            row[RECORD_KEY.name] = _record_key(topic, key, record)
        yield tuple(row[name] for name in made.key), tuple(plain(row[name]) for name in made.columns)


def _one(values: list[Any] | None, number: int) -> Any:
    return values[number] if values else None


def _at(record: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        record = None if record is None else record[name]
    return record


def _record_key(topic: str, key: bytes, record: Record) -> str:
    if topic == topics.DRIFT:
        return key.decode()
    id = record["id"] if topic != topics.OTHER and record["id"] else "~" + record["delivery"]["id"]
    return key_of(record["user_id"] or record["team_id"] or "", record["resource"], id).decode()


def _numbers(topic: str, record: Record) -> Iterator[tuple[Key, Cells]]:
    source, extra = record["source"], resources.RESOURCES[topic].key_extra
    kind = record["type"] if "type" in extra else None
    workout = source["workout_id"] if "workout_id" in extra else None
    series = (record["user_id"], source["provider"], source["type"], kind, workout)
    shared = (*(record[name] for name in SHARED), *(source[name] for name in OF_SOURCE))
    delivered = record["version"]["delivered_at"]
    ends = record["ends"] or [None] * len(record["times"])
    for at, end, value in zip(record["times"], ends, record["values"], strict=True):
        yield (*series, at), (end, plain(value), delivered, *shared)


def version(topic: str) -> Callable[[int, Record], tuple[Any, ...]]:
    """What makes of a record's offset and the record what is compared: of two rows of one key the greater holds, of
    equal ones the later."""
    plan = PLANS[topic]
    if topic == topics.ALERTS:
        return lambda offset, record: (record["revision"],)
    if topic == topics.ALERT_DELIVERIES:
        return lambda offset, record: ()
    if plan.newer == layout.VERSION:
        return lambda offset, record: _entity(record["version"])
    if plan.form is Form.RECORD:
        return lambda offset, record: (offset,)
    return lambda offset, record: (record["version"]["delivered_at"],)


def _entity(version: Record) -> tuple[Any, ...]:
    updated = version["updated_at"]
    return (updated is not None, updated or version["delivered_at"], version["delivered_at"], version["content_hash"])


def plain(value: Any) -> Any:
    """A value of Avro, of PostgreSQL or of JSON in the one form in which they are equal."""
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
