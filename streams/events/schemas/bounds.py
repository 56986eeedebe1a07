"""Whether a schema is safe to decode with: a record's size in memory is bounded by its bytes. Pure.

Avro writes the number of entries of an array before the entries. Where an entry takes no byte, ten bytes are eight
million entries; where a type holds itself, a record is as deep as it is long. Our schemas have neither, and no later
version of them may.
"""

from typing import Any

_PLAIN_BYTES = {
    "null": 0,
    **dict.fromkeys(("boolean", "int", "long", "float", "double", "bytes", "string"), 1),
}  # at least
_ENTRIES = {"array": "items", "map": "values"}


def is_bounded(schema: Any) -> bool:
    """Whether each entry of an array takes a byte, and no type holds itself. `schema`: as `json.loads` gives it."""
    try:
        _Sizes().least(schema)
    except _Unbounded:
        return False
    return True


class _Unbounded(Exception):
    pass


class _Sizes:
    """`_named`: least bytes of each named type that was met, None while it is computed."""

    def __init__(self) -> None:
        self._named: dict[str, int | None] = {}

    def least(self, node: Any) -> int:
        """The fewest bytes that a value takes, up to 1."""
        if isinstance(node, list):
            for branch in node:
                self.least(branch)
            return 1  # which branch it is
        if isinstance(node, str):
            return self._of_name(node)
        kind = node["type"]
        if not isinstance(kind, str):
            return self.least(kind)
        if kind in _ENTRIES:
            if not self.least(node[_ENTRIES[kind]]) and kind == "array":
                raise _Unbounded
            return 1
        return self._defined(node) if "name" in node else self.least(kind)

    def _of_name(self, name: str) -> int:
        known = _PLAIN_BYTES.get(name, self._named.get(_last(name)))
        if known is None:
            raise _Unbounded
        return known

    def _defined(self, node: dict[str, Any]) -> int:
        name = _last(node["name"])
        if name in self._named:  # of another namespace: which of the two is meant would have to be resolved
            raise _Unbounded
        self._named[name] = None
        if node["type"] == "record":
            least = max((self.least(field["type"]) for field in node["fields"]), default=0)
        else:
            least = min(1, node.get("size", 1))
        self._named[name] = least
        return least


def _last(name: str) -> str:
    return name.rpartition(".")[2]
