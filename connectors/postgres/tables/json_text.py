"""Values of Avro as texts that PostgreSQL reads: JSON, and array literals. Times and days inside are written out."""

import json
import math
from collections.abc import Callable
from typing import Any

from streams.events.times import EPOCH, MICRO

Plain = Callable[[Any], Any]
_DAY = 86_400_000_000
_UNIT_US = {"timestamp-micros": 1, "timestamp-millis": 1000, "date": _DAY}


def named(schema: Any) -> dict[str, Any]:
    """Every named type within a schema, by its full name as written and by its last part."""
    found: dict[str, Any] = {}
    _collect(schema, found)
    return found


def _collect(node: Any, found: dict[str, Any]) -> None:
    if isinstance(node, list):
        for branch in node:
            _collect(branch, found)
    elif isinstance(node, dict):
        if "name" in node and "type" in node and isinstance(node["type"], str):
            found[node["name"]] = found[node["name"].rpartition(".")[2]] = node
        for inner in (node.get("items"), node.get("values"), *(row["type"] for row in node.get("fields", ()))):
            _collect(inner, found)


def resolved(node: Any, types: dict[str, Any]) -> Any:
    """A type in place of its name."""
    return types.get(node, node) if isinstance(node, str) else node


def kind(node: Any) -> str:
    """The word for a type: `record`, `array`, `string`, ...; `union` for several."""
    if isinstance(node, list):
        return "union"
    return str(node["type"]) if isinstance(node, dict) else str(node)


def writer(node: Any, types: dict[str, Any]) -> Callable[[Any], str]:
    """Makes the JSON text of a value of this type."""
    plain = _plain(node, types)

    def write(value: Any) -> str:
        return json.dumps(plain(value), ensure_ascii=False, separators=(",", ":"))

    return write


def _plain(node: Any, types: dict[str, Any]) -> Plain:
    """Makes what `json.dumps` takes."""
    node = resolved(node, types)
    if isinstance(node, list):
        branches = [one for one in node if one != "null"]
        return _nullable(_plain(branches[0], types)) if len(branches) == 1 else _as_is
    match kind(node):
        case "record":
            return _record({row["name"]: _plain(row["type"], types) for row in node["fields"]})
        case "array":
            item = _plain(node["items"], types)
            return lambda values: [item(value) for value in values]
        case "map":
            inner = _plain(node["values"], types)
            return lambda values: {name: inner(value) for name, value in values.items()}
        case "float" | "double":
            return _finite
    return _moment(node) or _as_is


def _record(parts: dict[str, Plain]) -> Plain:
    return lambda value: {name: part(value[name]) for name, part in parts.items()}


def _nullable(inner: Plain) -> Plain:
    return lambda value: None if value is None else inner(value)


def _as_is(value: Any) -> Any:
    return value


def _finite(value: float) -> Any:
    return value if math.isfinite(value) else str(value)  # JSON has no word for NaN


def _moment(node: Any) -> Plain | None:
    unit = node.get("logicalType") if isinstance(node, dict) else None
    if unit not in _UNIT_US:
        return None
    length = 10 if unit == "date" else None
    return lambda value: _iso(value * _UNIT_US[unit])[:length]


def _iso(micros: int) -> str:
    return (EPOCH + micros * MICRO).isoformat()


def array_writer(item: Any) -> Callable[[Any], str]:
    """Makes the array literal of a list of plain values; null inside is NULL."""
    shown = _moment(item) or _as_is
    return lambda values: "{" + ",".join(["NULL" if one is None else _item(shown(one)) for one in values]) + "}"


def _item(value: Any) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, bool):
        return "t" if value else "f"
    return repr(value)  # of a float the shortest text that is this float; nan and inf as PostgreSQL reads them
