"""The fields of bodies and of clean records, under the names of our schemas, so that they can be compared."""

from datetime import date, datetime
from functools import cache
from typing import Any

from streams.events.schemas import schema_files
from streams.simulator.truth.fact import Json, micros

# Owner and source are part of the key; versions are not content; the rest are old names of the source (1.2).
_NOT_CONTENT = frozenset({"user_id", "source", "source_id", "provider", "created_at", "updated_at"})
_NOT_COMPARED = frozenset({"user_id", "created_at", "updated_at"})


@cache
def _compared(schema: str) -> tuple[schema_files.Field, ...]:
    return tuple(field for field in schema_files.typed_fields(schema) if field.name not in _NOT_COMPARED)


def of_body(schema: str, data: Json) -> Any:
    """What a body says, under the names of a schema."""
    return bare({field.name: _json(field, data) for field in _compared(schema)})


def _json(field: schema_files.Field, data: Json) -> Any:
    found = (_at(data, path) for path in (field.path, *field.others))
    value = next((one for one in found if one not in (None, "")), None)
    kind, _, of = field.type.partition(":")
    if value is not None and field.type == "array:timestamp-micros":  # Unix seconds in a stream (6.4)
        return [second * 1_000_000 for second in value]
    if value is None or not of[:1].isupper():
        return micros(value) if value is not None and kind.startswith("timestamp") else value
    if kind == "map":
        return {name: of_body(of, item) for name, item in value.items()}
    return [of_body(of, item) for item in value]


def _at(data: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        data = data.get(name) if isinstance(data, dict) else None
    return data


def of_record(schema: str, record: Json) -> Any:
    """What a clean record says, under the names of its schema."""
    return bare({field.name: _avro(record[field.name]) for field in _compared(schema)})


def _avro(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _avro(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_avro(item) for item in value]
    if isinstance(value, datetime):
        return micros(value)
    return value.isoformat() if isinstance(value, date) else value


def plain(data: Json) -> Any:
    """A body without owner, source and versions."""
    return bare({name: value for name, value in data.items() if name not in _NOT_CONTENT})


def bare(value: Any) -> Any:
    """Without what says nothing: nulls, and empty texts and containers."""
    if isinstance(value, dict):
        return {name: said for name, item in value.items() if (said := bare(item)) not in (None, "", [], {})}
    return [bare(item) for item in value] if isinstance(value, list) else value
