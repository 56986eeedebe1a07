"""Changes of a JSON body that keep it JSON: most bytes of a random change would only ever be "not JSON"."""

import copy
import json
import random
from collections.abc import Callable, Sequence
from typing import Any

from streams.events import documented
from streams.events.resources import RESOURCES
from streams.events.schemas import schema_files

_SCHEMAS = (*schema_files.SUMMARY_SCHEMAS, *schema_files.SERIES_SCHEMAS, "Device", "Lab", "Food", "DatedText")
NAMES = sorted(
    {
        name
        for schema in _SCHEMAS
        for row in schema_files.typed_fields(schema)
        for p in (row.path, *row.others)
        for name in p
    }
    | set().union(*documented.CONTROL_NAMES.values(), ("source", "data", "user_id", "team_id", "slug", "sport"))
)
EVENT_TYPES = [f"daily.data.{name}.created" for name in RESOURCES] + [
    *("historical.data.steps.created", "provider.connection.created", "provider.connection.error", "checkout.x.y"),
    *("provider.device.updated", "labtest.order.updated", "labtest.result.critical", "a.b", ""),
    "continuous_query.result_table.changed",
]
ODD: Sequence[Any] = (
    *(None, True, False, 0, -1, 1.5, -0.0, 1e308, -1e308, 2**31, 2**53 + 1, 2**63, -(2**63) - 1, 2**70, 10**400),
    *(float("nan"), float("inf"), "a\udcffb"),
    *("", "x", "12.5", "1e400", "NaN", "a" * 300, "\x00", "\ud800", "{}", "|", "%", "~", "/", "2026-06-03"),
    *("2026-06-03T10:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-13-99", "T"),
    *([], {}, [[]], [None], [{}], {"": ""}, {"unit": "kcal", "value": 1}, {"data": []}, [1, "x", None]),
)


def mutated(body: bytes, seed: int) -> bytes:
    """One to three places changed; bytes that are no JSON come back as a fresh event."""
    chance = random.Random(seed)
    try:
        whole = json.loads(body)
    except (ValueError, RecursionError):
        whole = {"event_type": chance.choice(EVENT_TYPES), "user_id": "u", "data": {"id": "1"}}
    for _ in range(chance.randint(1, 3)):
        found = _places(whole, 12)
        if found:
            at, name = chance.choice(found)
            chance.choice(_CHANGES)(chance, at, name)
    return json.dumps(whole).encode()


def _places(value: Any, depth: int) -> list[tuple[Any, Any]]:
    if not depth or not isinstance(value, dict | list):
        return []
    names = list(value) if isinstance(value, dict) else list(range(len(value)))[:20]
    return [(value, name) for name in names] + [place for n in names for place in _places(value[n], depth - 1)]


def _odd(chance: random.Random) -> Any:
    return copy.deepcopy(chance.choice(ODD))  # or a later change would be one of the list


def _replace(chance: random.Random, at: Any, name: Any) -> None:
    at[name] = chance.choice(EVENT_TYPES) if name == "event_type" else _odd(chance)


def _remove(chance: random.Random, at: Any, name: Any) -> None:
    del at[name]


def _add(chance: random.Random, at: Any, name: Any) -> None:
    value = copy.deepcopy(at[name]) if chance.random() < 0.5 else _odd(chance)
    if isinstance(at, dict):
        at[chance.choice(NAMES)] = value
    else:
        at.append(value)


def _wrap(chance: random.Random, at: Any, name: Any) -> None:
    at[name] = [at[name]] if chance.random() < 0.5 else {chance.choice(NAMES): at[name]}


def _deepen(chance: random.Random, at: Any, name: Any) -> None:
    value: Any = 1
    for _ in range(chance.choice((30, 70))):
        value = {"a": value}
    at[name] = value


_CHANGES: Sequence[Callable[[random.Random, Any, Any], None]] = (
    *(_replace, _replace, _replace, _add, _add, _remove, _wrap),
    _deepen,
)
