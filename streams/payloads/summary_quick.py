"""The quick reader of `$.data` of a summary: one msgspec type for each schema, made from it, for bodies of one shape.

It means what the tolerant reader means, or it refuses: an unknown name, a number in quotes, a time without offset, a
fraction where a whole number belongs go to the tolerant reader, which keeps them and says what is wrong.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec.structs import astuple

from streams.events import times
from streams.events.schemas import Field, schema_files
from streams.payloads.source import Source, SourceShape

_long = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_TYPES: Mapping[str, Any] = {
    "string": Annotated[str, msgspec.Meta(min_length=1)],
    "double": float,
    "long": _long,
    "int": Annotated[int, msgspec.Meta(ge=-(2**31), lt=2**31)],
    "boolean": bool,
    "date": date,
    "timestamp-micros": Annotated[datetime, msgspec.Meta(tz=True)],
    "array:double": list[float],
    "array:long": list[_long],
    "array:string": list[str],
}
_EMPTY = Annotated[str, msgspec.Meta(max_length=0)]  # says no more than null, where an object belongs
# Beside the fields: these have a meaning, if the source does not say it; all others are never looked at.
_SOURCE_TWINS = {"source_type": "type", "source_app_id": "app_id", "source_device_id": "device_id"}
_DEPRECATED = "sleep_stream"  # documented and null; where it is not, it is unknown


class QuickSummary(NamedTuple):
    """Typed values by field name, whose they are, and who measured."""

    fields: dict[str, Any]
    user_id: str | None
    source: Source


class _Shape(NamedTuple):
    """How to read one schema. `groups`: name of an object → names of its fields; the others: fields by their type."""

    decode: Callable[[Any], Any]
    names: tuple[str, ...]
    groups: Mapping[str, tuple[str, ...]]
    dates: tuple[str, ...]
    moments: tuple[str, ...]
    doubles: tuple[str, ...]
    lists: Mapping[str, Any]


def read(data: msgspec.Raw, schema: str, ignored: frozenset[str]) -> QuickSummary | None:
    """None if the tolerant reader has to look. `ignored`: names of `$.data` that are no fields."""
    shape = _shape(schema, ignored)
    if shape is None:
        return None
    try:
        found = shape.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    made_by = found.source.read()
    if made_by is None or not _says_all(found):
        return None
    fields = dict(zip(shape.names, astuple(found), strict=False))  # the decorations behind them are left out
    for name, inner in shape.groups.items():
        group = fields.pop(name)
        fields.update(zip(inner, astuple(group), strict=True) if group else dict.fromkeys(inner))
    return QuickSummary(fields, found.user_id, made_by) if _convert(shape, fields) else None


def _says_all(found: Any) -> bool:
    if getattr(found, _DEPRECATED) is not None:
        return False
    return not any(getattr(found, twin) and not getattr(found.source, name) for twin, name in _SOURCE_TWINS.items())


def _convert(shape: _Shape, fields: dict[str, Any]) -> bool:
    """Values as Avro has them; False where one is out of its range."""
    for name in shape.dates:
        if fields[name] is not None:
            fields[name] = times.day_number(fields[name])
    for name in shape.moments:
        if fields[name] is not None:
            fields[name] = moment_us = times.since_epoch(fields[name])
            if not times.in_range(moment_us):
                return False
    for name in shape.doubles:
        if fields[name] == 0.0:
            fields[name] = 0.0  # and not -0.0
    for name, default in shape.lists.items():
        values = fields[name]
        fields[name] = (
            default if values is None else [value + 0.0 if type(value) is float else value for value in values]
        )
    return True


@cache
def _shape(schema: str, ignored: frozenset[str]) -> _Shape | None:
    """None where a field has several places, a unit beside it, or small types inside: the other reader's."""
    rows = schema_files.typed_fields(schema)
    if any(row.others or row.unit or row.type not in _TYPES or len(row.path) > 2 for row in rows):
        return None
    top = [row for row in rows if len(row.path) == 1]
    groups: dict[str, list[Field]] = {}
    for row in rows:
        if len(row.path) == 2:
            groups.setdefault(row.path[0], []).append(row)
    objects = [(name, _struct(f"{schema}_{name}", inner) | _EMPTY | None, None) for name, inner in groups.items()]
    taken = {row.path[0] for row in rows}
    twins = [(name, str | None, None) for name in ("user_id", *_SOURCE_TWINS) if name not in taken]
    rest = [(n, Any, None) for n in sorted({*ignored, _DEPRECATED} - taken - {"user_id", "source", *_SOURCE_TWINS})]
    struct = _struct(schema, top, [*objects, ("source", SourceShape), *twins, *rest])
    by_type = {kind: tuple(row.name for row in rows if row.type == kind) for kind in _TYPES}
    return _Shape(
        msgspec.json.Decoder(struct).decode,
        (*(row.name for row in top), *groups),
        {name: tuple(row.name for row in inner) for name, inner in groups.items()},
        by_type["date"],
        by_type["timestamp-micros"],
        by_type["double"],
        {row.name: row.default for row in rows if row.type.startswith("array:")},
    )


def _struct(name: str, rows: list[Field], more: list[Any] | None = None) -> Any:
    columns = [(row.path[-1], _TYPES[row.type] | None, None) for row in rows]
    return msgspec.defstruct(name, [*columns, *(more or [])], kw_only=True, forbid_unknown_fields=True, gc=False)
