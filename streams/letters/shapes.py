"""The shape of a JSON body: which paths there are and what kind of value each holds. Never a value (`places`)."""

from collections.abc import Iterator
from typing import Any

import msgspec

from streams.events.text import mend, places
from streams.ops.errors import Rejected
from streams.payloads import DEPTH_MAX, json_kind

PATHS_MAX = 300


def shape(body: bytes) -> list[str]:
    """`path: kinds`, in the order of the body, `[]` for each entry of a list. One line says that a body is no JSON."""
    whole = _whole(body)
    if whole is _NOT_JSON:
        return [f"not JSON, {len(body)} bytes"]
    kinds: dict[str, dict[str, None]] = {}
    for path, kind in _walk(whole, "$", DEPTH_MAX):
        if path not in kinds and len(kinds) == PATHS_MAX:
            return [*_lines(kinds), "… and more"]
        kinds.setdefault(path, {})[kind] = None
    return _lines(kinds)


def _whole(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _mended(body)


def _mended(body: bytes) -> Any:
    try:
        better = mend.mended(body)
    except Rejected:
        return _NOT_JSON
    return _NOT_JSON if better is None else msgspec.json.decode(better.body)


_NOT_JSON = object()


def _lines(kinds: dict[str, dict[str, None]]) -> list[str]:
    return [f"{path}: {' or '.join(found)}" for path, found in kinds.items()]


def _walk(value: Any, path: str, depth: int) -> Iterator[tuple[str, str]]:
    yield path, json_kind(value)
    if not depth:
        return
    if type(value) is list:
        for item in value:
            yield from _walk(item, f"{path}[]", depth - 1)
    elif type(value) is dict:
        hidden = places.is_map(path, value)
        for name, item in value.items():
            yield from _walk(item, places.inner(path, name, hidden=hidden), depth - 1)
