"""The Avro schemas in `avro/`: their text, made self-contained, and the table of fields that decoding is driven by."""

import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

AVRO_DIR = Path(__file__).resolve().parents[1] / "avro"
SUMMARY_SCHEMAS = ("Activity", "Sleep", "Workout", "Body")
SCHEMAS = (*SUMMARY_SCHEMAS, "Samples", "Generic", "Connection", "Backfill")


class Field(NamedTuple):
    """One typed field. `path`: where it is under `$.data`; `type`: its Avro type without null, `array:` for lists."""

    name: str
    path: tuple[str, ...]
    type: str


@cache
def schema_text(schema_name: str) -> str:
    """Self-contained Avro JSON of one shape: named types of other files are inlined where they are first used.

    Raises KeyError for a name that has no file.
    """
    return json.dumps(_inlined(_load(schema_name), {schema_name}), ensure_ascii=False)


@cache
def typed_fields(schema_name: str) -> tuple[Field, ...]:
    """The fields of a summary schema that come from `$.data`, by their `junction` property."""
    rows = _load(schema_name)["fields"]
    return tuple(
        Field(row["name"], tuple(row["junction"].split(".")), _kind(row["type"])) for row in rows if "junction" in row
    )


def _load(schema_name: str) -> dict[str, Any]:
    path = AVRO_DIR / f"{schema_name}.avsc"
    if not path.is_file():
        raise KeyError(schema_name)
    schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return schema


def _inlined(node: Any, seen: set[str]) -> Any:
    """`node` with the first mention of each of our named types replaced by its definition."""
    if isinstance(node, list):
        return [_inlined(item, seen) for item in node]
    if isinstance(node, dict):
        inner = {key: _inlined(node[key], seen) for key in ("type", "items", "fields") if key in node}
        return node | inner
    if isinstance(node, str) and node[:1].isupper() and node not in seen:
        seen.add(node)
        return _inlined(_load(node), seen)
    return node


def _kind(avro_type: Any) -> str:
    if isinstance(avro_type, list):
        return _kind(next(branch for branch in avro_type if branch != "null"))
    if isinstance(avro_type, dict):
        return f"array:{_kind(avro_type['items'])}" if "items" in avro_type else avro_type.get("logicalType", "")
    return str(avro_type)
