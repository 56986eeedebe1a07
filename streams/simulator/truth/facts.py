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

from streams.events import resources, signature, topics
from streams.events.resources import Kind, Value
from streams.events.schemas import schema_files
from streams.events.types import Family, parse_type
from streams.simulator.truth import rivals
from streams.simulator.truth.rivals import Rival, day_told
from streams.simulator.world import odd_bodies
from streams.simulator.world.world import Event

Json = Mapping[str, Any]
Key = tuple[Any, ...]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)
_FLOATING = frozenset({"freestyle_libre", "abbott_libreview"})  # domain file, 3.6
# Owner and source are part of the key; versions are not content; the rest are old names of the source (1.2).
_NOT_CONTENT = frozenset({"user_id", "source", "source_id", "provider", "created_at", "updated_at"})
_NOT_COMPARED = frozenset({"user_id", "created_at", "updated_at"})
_NOT_IN_SAMPLE = frozenset({"id", "timestamp", "start", "end"})
UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, msgspec.MsgspecError)


class Fact(NamedTuple):
    """`version`: what is newest, (`updated_at` or 0, creation time), both µs; a clean record's facts have none.

    `rival`: with which others it is compared, of an event's fact; `preferred`: what a clean record says of that.
    """

    key: Key
    content: Any
    version: tuple[int, int] = (0, 0)
    rival: Rival | None = None
    preferred: bool | None = None


def of_event(event: Event) -> Iterator[Fact]:
    """Everything that the clean topics have to know about an event once it is the newest of its key."""
    if event.meaning == odd_bodies.NOTHING:
        return
    body = msgspec.json.decode(event.body if event.meaning is None else event.meaning)
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
        yield Fact((topics.DEVICES, key), _typed("Device", data), _version(event))
    elif kind.family is Family.LAB:
        yield _lab(event, kind.resource, data)
    elif kind.family is Family.QUERY:
        yield from _rows(event, data)
    else:
        yield Fact((topics.OTHER, event.message_id), event.event_type, _version(event))


def of_record(topic: str, key: bytes, record: Json) -> Iterator[Fact]:
    """The same facts as a clean record states them. `topic`: short name; `record`: decoded Avro."""
    if topic in (topics.DRIFT, topics.PREFERENCES):
        return  # about Junction, not about a user; and what `Truth` asks for itself
    if topic in (topics.ALERTS, topics.ALERT_DELIVERIES):
        return  # what follows from the data, not what they say
    if topic == topics.OTHER:
        yield Fact((topic, record["delivery"]["id"]), record["delivery"]["event_type"])
    elif topic == topics.CONNECTIONS:
        yield from _connection_record(record)
    elif topic == topics.BACKFILLS:
        yield from _backfill_record(record)
    elif topic == topics.DEVICES:
        yield Fact((topic, key.decode()), _said("Device", record))
    elif topic == topics.LABS:
        yield _lab_record(record)
    elif topic == topics.QUERY_RESULTS:
        yield _row_record(record)
    elif resources.RESOURCES[topic].kind is Kind.SUMMARY:
        is_stream = topic == "workout_stream" and bool(record["times"])
        content = (_said(topics.schema_of(topic), record), _maker(record["source"]), day_told(record["local_date"]))
        yield Fact((topic, key.decode(), *_part(is_stream)), content, preferred=record["preferred"])
    elif topics.schema_of(topic) == "Samples":
        yield from _samples_record(topic, record)
    else:
        yield from _other_samples_record(topic, record)


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
    key, maker = f"{event.user_id}:{resource}:{id}", (_provider(data), data["source"].get("type") or "unknown")
    content = (_typed(topics.schema_of(resource), data), maker, rivals.local_day(data))
    version, rival = _version(event, data.get("updated_at")), rivals.of_summary(resource, event.user_id, data, maker)
    return Fact((resource, key, *_part("stream" in data)), content, version, rival)


def _maker(source: Json) -> rivals.Maker:
    return source["provider"], source["type"]


def _part(is_stream: bool) -> tuple[str, ...]:
    """A workout's stream is a thing of its own, beside the notice that announces it, under the same key."""
    return ("stream",) if is_stream else ()


@cache
def _compared(schema: str) -> tuple[schema_files.Field, ...]:
    return tuple(field for field in schema_files.typed_fields(schema) if field.name not in _NOT_COMPARED)


def _typed(schema: str, data: Json) -> Any:
    """What a body says, under the names of a schema."""
    return _bare({field.name: _json(field, data) for field in _compared(schema)})


def _json(field: schema_files.Field, data: Json) -> Any:
    found = (_at(data, path) for path in (field.path, *field.others))
    value = next((one for one in found if one not in (None, "")), None)
    kind, _, of = field.type.partition(":")
    if value is not None and field.type == "array:timestamp-micros":  # Unix seconds in a stream (6.4)
        return [second * 1_000_000 for second in value]
    if value is None or not of[:1].isupper():
        return _us(value) if value is not None and kind.startswith("timestamp") else value
    if kind == "map":
        return {name: _typed(of, item) for name, item in value.items()}
    return [_typed(of, item) for item in value]


def _at(data: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        data = data.get(name) if isinstance(data, dict) else None
    return data


def _said(schema: str, record: Json) -> Any:
    """What a clean record says, under the names of its schema."""
    return _bare({field.name: _avro(record[field.name]) for field in _compared(schema)})


def _avro(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _avro(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_avro(item) for item in value]
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
    version, maker, has_rivals = _version(event), (base[2], base[3]), rivals.add_up(row)
    content = _number if row.value is Value.NUMBER else _other
    for sample in data["data"]:
        at = _us(sample.get("start") or sample["timestamp"])
        key = (*base, at, *_extra(row, sample, source)) if row.key_extra else (*base, at)
        rival = rivals.of_sample(row, event.user_id, at, maker) if has_rivals else None
        yield Fact(key, (_us(sample["end"]) if "end" in sample else None, *content(sample), floating), version, rival)


def _number(sample: Json) -> tuple[Any, ...]:
    given = sample.get
    shared = (sample["unit"], given("type"), given("timezone_offset"), given("sensor_location"), given("intensity"))
    return (sample["value"], *shared)


def _other(sample: Json) -> tuple[Any, ...]:
    return (_bare({name: value for name, value in sample.items() if name not in _NOT_IN_SAMPLE}),)


def _extra(row: resources.Resource, sample: Json, source: Json) -> tuple[str | None, ...]:
    """What joins the documented key: of the source, or of the sample itself."""
    return tuple((source if name == "workout_id" else sample).get(name) for name in row.key_extra)


def _samples_record(topic: str, record: Json) -> Iterator[Fact]:
    source, row = record["source"], resources.RESOURCES[topic]
    base = (topic, record["user_id"], source["provider"], source["type"])
    extra = _extra(row, record, source)
    shared = (record["unit"], record["type"], record["timezone_offset_s"], record["sensor_location"])
    after = (*shared, record["intensity"], record["is_floating_time"])
    ends = record["ends"] or [None] * len(record["times"])
    for at, end, value in zip(record["times"], ends, record["values"], strict=True):
        yield Fact((*base, _us(at), *extra), (end and _us(end), value, *after), preferred=record["preferred"])


def _other_samples_record(topic: str, record: Json) -> Iterator[Fact]:
    """Samples that are no number, put together again from the columns of their schema."""
    source, row = record["source"], resources.RESOURCES[topic]
    base, floating = (topic, record["user_id"], source["provider"], source["type"]), record["is_floating_time"]
    columns = {field.path[-1]: record[field.name] for field in schema_files.typed_fields(topics.schema_of(topic))}
    starts, ends = columns.pop("start"), columns.pop("end")
    for n, at in enumerate(starts):
        sample = {name: column[n] if isinstance(column, list) else column for name, column in columns.items()}
        key = (*base, _us(at), *(sample[name] for name in row.key_extra))
        yield Fact(key, (_us(ends[n]) if ends else None, _bare(sample), floating))


# Labs: (topic, what, id). Rows of queries: (topic, user, query, its group)


def _lab(event: Event, resource: str, data: Json) -> Fact:
    if resource == "result":
        id = "/".join(data[name] for name in ("order_id", "sample_id", "status"))
    else:
        id = data["order_id" if resource == "order_tracking" else "id"]
    order_id = data["id"] if resource == "order" else data.get("order_id")
    content = (_typed("Lab", data), order_id, _plain(data))
    return Fact((topics.LABS, resource, id), content, _version(event, data.get("updated_at")))


def _lab_record(record: Json) -> Fact:
    content = (_said("Lab", record), record["order_id"], _plain(msgspec.json.decode(record["payload_json"])))
    return Fact((topics.LABS, record["resource"], record["id"]), content)


def _rows(event: Event, data: list[Json]) -> Iterator[Fact]:
    for table in data:
        for values in zip(*table["data"].values(), strict=True):
            row = dict(zip(table["data"], values, strict=True))
            group = tuple(row.pop(name) for name in sorted(row) if name.startswith("group_key"))
            yield Fact((topics.QUERY_RESULTS, event.user_id, table["query_id"], *group), _bare(row), _version(event))


def _row_record(record: Json) -> Fact:
    group = (record["group_key"][name] for name in sorted(record["group_key"]))
    key = (topics.QUERY_RESULTS, record["user_id"], record["query_id"], *group)
    return Fact(key, _bare(record["numbers"] | record["texts"]))


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


def _backfill_record(record: Json) -> Iterator[Fact]:
    if record["range_start"] is None:  # fetched without a notice: no event says so
        return
    bounds = (_us(record["range_start"]), _us(record["range_end"]))
    content = (*bounds, record["is_range_swapped"], record["is_early_notice"])
    yield Fact((topics.BACKFILLS, record["user_id"], record["provider"], record["resource"]), content)
