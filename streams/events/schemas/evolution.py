"""Whether two schemas of one shape can read each other's records. Pure.

Services are old readers of new records, and a topic holds records of several versions. So both directions count, with
every version that was ever registered or released: FULL_TRANSITIVE. A registry refuses what breaks this, too, but not a
change of a logical type (which reads as another time), and some registries name no field.
"""

from collections.abc import Iterator
from typing import Any

_PROMOTED = {
    "int": ("long", "float", "double"),
    "long": ("float", "double"),
    "float": ("double",),
    "string": ("bytes",),
    "bytes": ("string",),
}
_PLAIN = ("null", "boolean", "int", "long", "float", "double", "string", "bytes")


def breaks(ours: Any, theirs: Any) -> list[str]:
    """What readers of one cannot read of the other, as sentences; empty: compatible. Schemas as `json.loads` gives."""
    backward = [f"{place}: records of theirs cannot be read with ours, {why}" for place, why in _gaps(theirs, ours)]
    return backward + [f"{place}: readers of theirs cannot read ours, {why}" for place, why in _gaps(ours, theirs)]


def _gaps(writer: Any, reader: Any) -> Iterator[tuple[str, str]]:
    return _Reading(writer, reader).compare(writer, reader, "$")


class _Reading:
    """Records of a writer's schema, read with a reader's. Types are found by the last part of their names."""

    def __init__(self, writer: Any, reader: Any) -> None:
        self._written, self._read = dict(_named(writer)), dict(_named(reader))
        self._inside: set[tuple[str, str]] = set()  # types may hold themselves

    def compare(self, writer: Any, reader: Any, at: str) -> Iterator[tuple[str, str]]:
        """(place, why not) of what cannot be read."""
        writer, reader = _resolved(writer, self._written), _resolved(reader, self._read)
        if isinstance(writer, list):
            for branch in writer:
                yield from self.compare(branch, reader, at)
        elif isinstance(reader, list):
            if all(any(self.compare(writer, branch, at)) for branch in reader):
                yield at, f"there is no {_kind(writer)}"
        else:
            yield from self._single(writer, reader, at)

    def _single(self, writer: Any, reader: Any, at: str) -> Iterator[tuple[str, str]]:
        wrote, reads = _kind(writer), _kind(reader)
        if wrote != reads and reads not in _PROMOTED.get(wrote, ()):
            yield at, f"{wrote} is no {reads}"
        elif _logical(writer) != _logical(reader):
            yield at, "its logical type differs"
        elif wrote == "record":
            yield from self._record(writer, reader, at)
        elif wrote in ("array", "map"):
            inner = "items" if wrote == "array" else "values"
            yield from self.compare(writer[inner], reader[inner], f"{at}[]")
        elif wrote in ("enum", "fixed") and _without_words(writer) != _without_words(reader):
            yield at, f"its {wrote} differs"

    def _record(self, writer: Any, reader: Any, at: str) -> Iterator[tuple[str, str]]:
        pair = _last(writer["name"]), _last(reader["name"])
        if pair[0] != pair[1]:
            yield at, "its type has another name"
        if pair not in self._inside:
            self._inside.add(pair)
            gaps = list(self._fields(writer, reader, at))
            self._inside.discard(pair)
            yield from gaps

    def _fields(self, writer: Any, reader: Any, at: str) -> Iterator[tuple[str, str]]:
        written = {field["name"]: field for field in writer["fields"]}
        for field in reader["fields"]:
            place = f"{at}.{field['name']}"
            if field["name"] in written:
                yield from self.compare(written[field["name"]]["type"], field["type"], place)
            elif "default" not in field:
                yield place, "it is not there and has no default"


def _resolved(node: Any, named: dict[str, Any]) -> Any:
    return node if not isinstance(node, str) or node in _PLAIN else named.get(_last(node), node)


def _named(node: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(node, list):
        for branch in node:
            yield from _named(branch)
    elif isinstance(node, dict):
        if "name" in node and "type" in node and isinstance(node["type"], str):
            yield _last(node["name"]), node
        for inner in (node.get("items"), node.get("values"), *(field["type"] for field in node.get("fields", ()))):
            yield from _named(inner)


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _kind(node: Any) -> str:
    return str(node["type"]) if isinstance(node, dict) else str(node)


def _logical(node: Any) -> Any:
    return node.get("logicalType") if isinstance(node, dict) else None


def _without_words(node: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in node.items() if key not in ("doc", "aliases", "namespace")}
