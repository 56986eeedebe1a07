"""Fields of an Avro schema as columns: records in records flattened with `_`, lists of records and maps as jsonb."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from connectors.postgres.tables import json_text
from connectors.postgres.tables.table import Column

Convert = Callable[[Any], Any]

_SCALARS = {
    "string": "text",
    "bytes": "bytea",
    "int": "integer",
    "long": "bigint",
    "float": "real",
    "double": "double precision",
    "boolean": "boolean",
}
TIME = "timestamp with time zone"
_LOGICAL = {"timestamp-micros": TIME, "timestamp-millis": TIME, "date": "date"}
MILLIS_US = 1000


class Field(NamedTuple):
    """One column and where its value is: names from the record down. `convert`: what makes the value of what is there,
    None for the value itself."""

    column: Column
    path: tuple[str, ...]
    convert: Convert | None = None


def fields_of(schema: Any) -> list[Field]:
    """The columns of a record's schema (as `json.loads` gives it), in its order."""
    return list(_fields(schema, json_text.named(schema), (), is_optional=False))


def _fields(record: Any, named: dict[str, Any], path: tuple[str, ...], *, is_optional: bool) -> Iterator[Field]:
    for row in record["fields"]:
        place = (*path, row["name"])
        node, is_nullable = without_null(row["type"])
        node = json_text.resolved(node, named)
        if json_text.kind(node) == "record":
            yield from _fields(node, named, place, is_optional=is_optional or is_nullable)
        else:
            column = Column(
                "_".join(place), column_type(node, named), row.get("doc", ""), not (is_optional or is_nullable)
            )
            yield Field(column, place, _convert(node, named))


def column_type(node: Any, named: dict[str, Any]) -> str:
    """PostgreSQL's type for a type of Avro."""
    node = json_text.resolved(node, named)
    kind = json_text.kind(node)
    if kind == "array":
        item, _ = without_null(node["items"])
        inner = column_type(item, named)
        return "jsonb" if inner == "jsonb" or inner.endswith("[]") else f"{inner}[]"
    if isinstance(node, dict) and node.get("logicalType") in _LOGICAL:
        return _LOGICAL[node["logicalType"]]
    return _SCALARS.get(kind, "jsonb")


def _convert(node: Any, named: dict[str, Any]) -> Convert | None:
    kind = column_type(node, named)
    if kind == "jsonb":
        return json_text.writer(node, named)
    if kind.endswith("[]"):
        item, _ = without_null(node["items"])
        return json_text.array_writer(json_text.resolved(item, named))
    if isinstance(node, dict) and node.get("logicalType") == "timestamp-millis":
        return _from_millis
    return None


def _from_millis(value: int) -> int:
    return value * MILLIS_US


def without_null(node: Any) -> tuple[Any, bool]:
    """(the type beside null, whether there is null). Of other unions the whole."""
    if isinstance(node, list):
        branches = [one for one in node if one != "null"]
        return (branches[0] if len(branches) == 1 else branches), len(branches) < len(node)
    return node, False
