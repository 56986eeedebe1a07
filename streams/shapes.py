"""The shape of a JSON body: which paths there are and what kind of value each holds. Never a value.

Names of maps are values too: what somebody ate, how a customer calls a column. A name is shown if it looks like that of
a field and does not stand where Junction has such a map; else `{}` stands for it.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from streams.values import DEPTH_MAX

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_NAMES_MAX = 64  # an object with more of them is a map
# Foods of a meal, columns of a query, and the nutrients of either.
_MAPS = re.compile(r"\$\.data(\[\])?\.data|.*\.(minerals|trace_elements|vitamins)")
PATHS_MAX = 300
_KINDS = {dict: "object", list: "array", str: "string", bool: "boolean", int: "number", float: "number"}


def shape(body: bytes) -> list[str]:
    """`path: kinds`, in the order of the body, `[]` for each entry of a list. One line says that a body is no JSON."""
    try:
        whole = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return [f"not JSON, {len(body)} bytes"]
    kinds: dict[str, dict[str, None]] = {}
    for path, kind in _walk(whole, "$", DEPTH_MAX):
        if path not in kinds and len(kinds) == PATHS_MAX:
            return [*_lines(kinds), "… and more"]
        kinds.setdefault(path, {})[kind] = None
    return _lines(kinds)


def _lines(kinds: dict[str, dict[str, None]]) -> list[str]:
    return [f"{path}: {' or '.join(found)}" for path, found in kinds.items()]


def _walk(value: Any, path: str, depth: int) -> Iterator[tuple[str, str]]:
    yield path, _KINDS.get(type(value), "null")
    if not depth:
        return
    if type(value) is list:
        for item in value:
            yield from _walk(item, f"{path}[]", depth - 1)
    elif type(value) is dict:
        is_map = len(value) > _NAMES_MAX or _MAPS.fullmatch(path)
        for name, item in value.items():
            inner = f".{name}" if not is_map and _NAME.fullmatch(name) else "{}"
            yield from _walk(item, path + inner, depth - 1)
