"""The Avro schemas in `avro/`: their text, made self-contained, and the table of fields that decoding is driven by."""

import json
from functools import cache
from typing import Any, NamedTuple

from streams.ops import shipped

AVRO_DIR = shipped.folder("avro")
SUMMARY_SCHEMAS = (
    *("Activity", "Sleep", "SleepCycle", "Workout", "WorkoutStream"),
    *("Body", "Meal", "MenstrualCycle", "Electrocardiogram", "Profile"),
)
SERIES_SCHEMAS = ("Samples", "BloodPressure", "Insulin", "Note")
CONTROL_SCHEMAS = (
    *("Device", "Lab", "QueryResult", "Generic", "Connection", "Backfill", "Preference", "Reconciliation", "Drift"),
    *("Alert", "AlertDelivery", "Lineage"),
)
SCHEMAS = (*SUMMARY_SCHEMAS, *SERIES_SCHEMAS, *CONTROL_SCHEMAS)

Place = tuple[str, ...]


class Field(NamedTuple):
    """One typed field. `path`: where it is under `$.data`, or under the entry that holds it.

    `type`: its Avro type without null; `array:` or `map:` before the type of the entries, which may be one of ours; `?`
    behind it where an entry may be null.
    `default`: what stands for absence. `others`: paths used when those before are absent. `unit`: what the `unit`
    beside the value has to be, "" for anything.
    """

    name: str
    path: Place
    type: str
    default: Any = None
    others: tuple[Place, ...] = ()
    unit: str = ""


@cache
def schema_text(schema_name: str) -> str:
    """Self-contained Avro JSON of one shape: named types of other files are inlined where they are first used.

    Raises KeyError for a name that has no file.
    """
    return json.dumps(_inlined(_load(schema_name), {schema_name}), ensure_ascii=False)


@cache
def typed_fields(schema_name: str) -> tuple[Field, ...]:
    """The fields of a schema that come from `$.data` (of a small type: from its object), by their `junction` property.

    For a series the paths begin with `data[]`, that is each sample.
    """
    return tuple(_field(row) for row in _load(schema_name)["fields"] if "junction" in row)


@cache
def parallel_fields(schema_name: str) -> tuple[Field, ...]:
    """Columns of a summary that belong together: lists of plain values, where an object has several. The first is that
    of the times, whose length counts."""
    lists = [row for row in typed_fields(schema_name) if row.type.startswith("array:") and not row.type[6:7].isupper()]
    return tuple(lists) if len(lists) > 1 else ()


def _field(row: dict[str, Any]) -> Field:
    path, *others = (tuple(path.split(".")) for path in row["junction"].split("|"))
    unit = row.get("junction_unit", "")
    return Field(row["name"], path, _kind(row["type"]), row.get("default"), tuple(others), unit)


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
        inner = {key: _inlined(node[key], seen) for key in ("type", "items", "values", "fields") if key in node}
        return node | inner
    if isinstance(node, str) and node[:1].isupper() and node not in seen:
        seen.add(node)
        return _inlined(_load(node), seen)
    return node


def _kind(avro_type: Any) -> str:
    if isinstance(avro_type, list):
        return _kind(next(branch for branch in avro_type if branch != "null"))
    if isinstance(avro_type, dict):
        if avro_type["type"] in ("array", "map"):
            items = avro_type.get("items") or avro_type["values"]
            return f"{avro_type['type']}:{_kind(items)}" + ("?" if isinstance(items, list) else "")
        return str(avro_type.get("logicalType", ""))
    return str(avro_type)
