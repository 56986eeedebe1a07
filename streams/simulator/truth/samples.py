"""Facts of samples. Keys: (topic, user, provider, source type, µs, extra parts of the key)."""

from collections.abc import Iterator
from typing import Any

from streams.events import Value, resources, topics
from streams.events.schemas import schema_files
from streams.simulator.truth import rivals
from streams.simulator.truth.fact import Fact, Json, micros, provider_of, version_of
from streams.simulator.truth.fields import bare
from streams.simulator.world.world import Event

_FLOATING = frozenset({"freestyle_libre", "abbott_libreview"})  # domain file, 3.6
_NOT_IN_SAMPLE = frozenset({"id", "timestamp", "start", "end"})


def of_batch(event: Event, resource: str, data: Json) -> Iterator[Fact]:
    """One for each sample of an event."""
    source, row = data["source"], resources.RESOURCES[resource]
    provider = provider_of(data)
    base, floating = (resource, event.user_id, provider, source.get("type") or "unknown"), provider in _FLOATING
    version, maker, has_rivals = version_of(event), (base[2], base[3]), rivals.add_up(row)
    content = _number if row.value is Value.NUMBER else _other
    for sample in data["data"]:
        at = micros(sample.get("start") or sample["timestamp"])
        key = (*base, at, *_extra(row, sample, source)) if row.key_extra else (*base, at)
        rival = rivals.of_sample(row, event.user_id, at, maker) if has_rivals else None
        end = micros(sample["end"]) if "end" in sample else None
        yield Fact(key, (end, *content(sample), floating), version, rival)


def _number(sample: Json) -> tuple[Any, ...]:
    given = sample.get
    shared = (sample["unit"], given("type"), given("timezone_offset"), given("sensor_location"), given("intensity"))
    return (sample["value"], *shared)


def _other(sample: Json) -> tuple[Any, ...]:
    return (bare({name: value for name, value in sample.items() if name not in _NOT_IN_SAMPLE}),)


def _extra(row: resources.Resource, sample: Json, source: Json) -> tuple[str | None, ...]:
    """What joins the documented key: of the source, or of the sample itself."""
    return tuple((source if name == "workout_id" else sample).get(name) for name in row.key_extra)


def of_samples_record(topic: str, record: Json) -> Iterator[Fact]:
    """Samples that are numbers, of a clean record."""
    source, row = record["source"], resources.RESOURCES[topic]
    base = (topic, record["user_id"], source["provider"], source["type"])
    extra = _extra(row, record, source)
    shared = (record["unit"], record["type"], record["timezone_offset_s"], record["sensor_location"])
    after = (*shared, record["intensity"], record["is_floating_time"])
    ends = record["ends"] or [None] * len(record["times"])
    for at, end, value in zip(record["times"], ends, record["values"], strict=True):
        yield Fact((*base, micros(at), *extra), (end and micros(end), value, *after), preferred=record["preferred"])


def of_other_samples_record(topic: str, record: Json) -> Iterator[Fact]:
    """Samples that are no numbers, put together again from the columns of their schema."""
    source, row = record["source"], resources.RESOURCES[topic]
    base, floating = (topic, record["user_id"], source["provider"], source["type"]), record["is_floating_time"]
    columns = {field.path[-1]: record[field.name] for field in schema_files.typed_fields(topics.schema_of(topic))}
    starts, ends = columns.pop("start"), columns.pop("end")
    for n, at in enumerate(starts):
        sample = {name: column[n] if isinstance(column, list) else column for name, column in columns.items()}
        key = (*base, micros(at), *(sample[name] for name in row.key_extra))
        yield Fact(key, (micros(ends[n]) if ends else None, bare(sample), floating))
