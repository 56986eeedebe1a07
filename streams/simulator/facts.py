"""What a body says, and what a clean record says, in one form, so that the two can be compared.

Written apart from the product's decoding and deduplication: of those it shares only the table of resources and the
schemas' own words about where a field comes from. A fact has a key, which begins with the short name of its clean
topic, and a content; equal meaning gives equal content.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

import msgspec

from streams import resources, schemas, signature, topics
from streams.events import Family, parse_type
from streams.resources import Kind, Value
from streams.simulator.world import Event

Json = Mapping[str, Any]
Key = tuple[Any, ...]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)
_FLOATING = frozenset({"freestyle_libre", "abbott_libreview"})  # domain file, 3.6
# Owner and source are part of the key; versions are not content; the rest are old names of the source (1.2).
_NOT_CONTENT = frozenset({"user_id", "source", "source_id", "provider", "created_at", "updated_at"})
_NOT_COMPARED = frozenset({"user_id", "created_at", "updated_at"})
_NOT_IN_SAMPLE = frozenset({"id", "timestamp", "start", "end"})
_DELIVERED = {
    Family.LAB: topics.LABS,
    Family.QUERY: topics.QUERY_RESULTS,
    Family.CHECKOUT: topics.OTHER,
    Family.UNKNOWN: topics.OTHER,
}
UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, msgspec.MsgspecError)
BY_DELIVERY = frozenset(_DELIVERED.values())


class Fact(NamedTuple):
    """`version`: what is newest, (`updated_at` or 0, creation time), both µs; a clean record's facts have none."""

    key: Key
    content: Any
    version: tuple[int, int] = (0, 0)


def of_event(event: Event) -> Iterator[Fact]:
    """Everything that the clean topics have to know about an event once it is the newest of its key."""
    body = msgspec.json.decode(event.body)
    kind, data = parse_type(event.event_type), body["data"]
    if kind.family is Family.TIMESERIES:
        yield from _samples(event, kind.resource, data)
    elif kind.family is Family.SUMMARY:
        yield _summary(event, kind.resource, data)
    elif kind.family is Family.CONNECTION:
        yield from _connection(event, data)
    elif kind.family is Family.BACKFILL:
        yield _backfill(event, kind.resource, data)
    elif kind.family is Family.DEVICE:
        key = f"{event.user_id}:{data['id']}"
        yield Fact((topics.DEVICES, key), _plain(data), _version(event))
    else:
        yield Fact((_DELIVERED[kind.family], event.message_id), event.event_type, _version(event))


def of_record(topic: str, key: bytes, record: Json) -> Iterator[Fact]:
    """The same facts as a clean record states them. `topic`: short name; `record`: decoded Avro."""
    if topic in BY_DELIVERY:
        yield Fact((topic, record["delivery"]["id"]), record["delivery"]["event_type"])
    elif topic == topics.CONNECTIONS:
        yield from _connection_record(record)
    elif topic == topics.BACKFILLS:
        yield _backfill_record(record)
    elif topic == topics.DEVICES:
        yield Fact((topic, key.decode()), _plain(msgspec.json.decode(record["payload_json"])))
    elif resources.RESOURCES[topic].kind is Kind.SUMMARY:
        yield _summary_record(topic, key, record)
    elif topics.schema_of(topic) == "Samples":
        yield from _samples_record(topic, record)
    else:
        yield from _generic_samples_record(topic, record)


def _version(event: Event, updated_at: str | None = None) -> tuple[int, int]:
    return (_us(updated_at) if updated_at else 0, event.created_at_ms * 1000)


def _us(time: str | datetime) -> int:
    """Microseconds since 1970, of a JSON time or of a decoded Avro one."""
    return ((datetime.fromisoformat(time) if isinstance(time, str) else time) - _EPOCH) // _MICRO


def _provider(data: Json) -> str:
    """Provider of either generation (domain file, 3.2)."""
    source = data["source"]
    return str(source.get("provider") or source["slug"])


# Summaries


def _summary(event: Event, resource: str, data: Json) -> Fact:
    id = data["workout_id"] if resource == "workout_stream" else data["id"]
    schema = topics.schema_of(resource)
    content = _plain(data) if schema == "Generic" else _typed(schema, data)
    return Fact((resource, f"{event.user_id}:{resource}:{id}"), content, _version(event, data.get("updated_at")))


def _summary_record(topic: str, key: bytes, record: Json) -> Fact:
    schema = topics.schema_of(topic)
    if schema == "Generic":
        return Fact((topic, key.decode()), _plain(msgspec.json.decode(record["payload_json"])))
    content = {field.name: _avro(record[field.name]) for field in _compared(schema)}
    return Fact((topic, key.decode()), content)


@cache
def _compared(schema: str) -> tuple[schemas.Field, ...]:
    return tuple(field for field in schemas.typed_fields(schema) if field.name not in _NOT_COMPARED)


def _typed(schema: str, data: Json) -> dict[str, Any]:
    return {field.name: _json(field.type, _at(data, field.path)) for field in _compared(schema)}


def _at(data: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        data = data.get(name) if isinstance(data, dict) else None
    return data


def _json(kind: str, value: Any) -> Any:
    return _us(value) if kind.startswith("timestamp") and value is not None else value


def _avro(value: Any) -> Any:
    if isinstance(value, datetime):
        return _us(value)
    return value.isoformat() if isinstance(value, date) else value


def _plain(data: Json) -> Any:
    return _bare({name: value for name, value in data.items() if name not in _NOT_CONTENT})


def _bare(value: Any) -> Any:
    """Without what says nothing: nulls, and empty texts and containers."""
    if isinstance(value, dict):
        return {name: said for name, item in value.items() if (said := _bare(item)) not in (None, "", [], {})}
    return [_bare(item) for item in value] if isinstance(value, list) else value


# Samples: (topic, user, provider, source type, µs, extra parts of the key)


def _samples(event: Event, resource: str, data: Json) -> Iterator[Fact]:
    source, row = data["source"], resources.RESOURCES[resource]
    provider = _provider(data)
    base, floating = (resource, event.user_id, provider, source.get("type") or "unknown"), provider in _FLOATING
    version = _version(event)
    for sample in data["data"]:
        yield Fact(*_sample(base, row, source, sample, floating), version)


def _sample(base: Key, row: resources.Resource, source: Json, sample: Json, floating: bool) -> tuple[Key, Any]:
    at = _us(sample.get("start") or sample["timestamp"])
    end = _us(sample["end"]) if sample.get("end") else None
    if row.value is Value.NUMBER:
        kind = sample.get("type")
        key = (*base, at, *_extra(row, kind, source.get("workout_id")))
        shared = (sample["unit"], kind, sample.get("timezone_offset"), sample.get("sensor_location"))
        return key, (end, sample["value"], *shared, sample.get("intensity"), floating)
    key = (*base, at, *(sample.get(name) for name in row.key_extra))
    said = _bare({name: value for name, value in sample.items() if name not in _NOT_IN_SAMPLE})
    return key, (end, said, floating)


def _extra(row: resources.Resource, kind: str | None, workout_id: str | None) -> tuple[str | None, ...]:
    return tuple(workout_id if name == "workout_id" else kind for name in row.key_extra)


def _samples_record(topic: str, record: Json) -> Iterator[Fact]:
    source, row = record["source"], resources.RESOURCES[topic]
    base = (topic, record["user_id"], source["provider"], source["type"])
    extra = _extra(row, record["type"], source["workout_id"])
    shared = (record["unit"], record["type"], record["timezone_offset_s"], record["sensor_location"])
    after = (*shared, record["intensity"], record["is_floating_time"])
    ends = record["ends"] or [None] * len(record["times"])
    for at, end, value in zip(record["times"], ends, record["values"], strict=True):
        yield Fact((*base, _us(at), *extra), (end and _us(end), value, *after))


def _generic_samples_record(topic: str, record: Json) -> Iterator[Fact]:
    source, row = record["source"], resources.RESOURCES[topic]
    base = (topic, record["user_id"], source["provider"], source["type"])
    for sample in msgspec.json.decode(record["payload_json"])["data"]:
        yield Fact(*_sample(base, row, source, sample, record["is_floating_time"]))


# State of connections and backfills


def _connection(event: Event, data: Json) -> Iterator[Fact]:
    """Each side has a newest of its own: when it was connected last, when it failed last, and which came later."""
    provider = data["provider"] if isinstance(data["provider"], str) else data["provider"]["slug"]
    key, version = (topics.CONNECTIONS, event.user_id, provider), _version(event)
    if event.event_type.endswith(".error"):
        yield Fact((*key, "status"), "error", version)
        yield Fact((*key, "error_type"), data["error_type"], version)
    else:
        yield Fact((*key, "status"), "connected", version)
        yield Fact((*key, "connected_at"), signature.ksuid_time_ms(event.message_id), version)
        able = {name for name, answer in data["resource_availability"].items() if answer["status"] == "available"}
        yield Fact((*key, "resources_available"), frozenset(able), version)


def _connection_record(record: Json) -> Iterator[Fact]:
    key = (topics.CONNECTIONS, record["user_id"], record["provider"])
    if record["status"] != "implied":  # made from data alone; no event says so
        yield Fact((*key, "status"), record["status"])
    if record["error_type"] is not None:
        yield Fact((*key, "error_type"), record["error_type"])
    if record["connected_at"] is not None:
        yield Fact((*key, "connected_at"), _us(record["connected_at"]) // 1000)
        yield Fact((*key, "resources_available"), frozenset(record["resources_available"]))


def _backfill(event: Event, resource: str, data: Json) -> Fact:
    bounds = [_us(data["start_date"]), _us(data["end_date"])]
    content = (*sorted(bounds), bounds[0] > bounds[1], data["provider"] == "garmin")
    return Fact((topics.BACKFILLS, event.user_id, data["provider"], resource), content, _version(event))


def _backfill_record(record: Json) -> Fact:
    bounds = (_us(record["range_start"]), _us(record["range_end"]))
    content = (*bounds, record["is_range_swapped"], record["is_early_notice"])
    return Fact((topics.BACKFILLS, record["user_id"], record["provider"], record["resource"]), content)
