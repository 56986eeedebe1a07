"""Single values of a body: what fits a typed field, and the one form in which two equal values look equal.

Tolerant by field: a value that does not fit raises Unfit, which costs that field and not the event.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from streams.events import SECOND_US, ids, times
from streams.events.text import ID_CHARS_MAX
from streams.ops.errors import Reason, Rejected

DEPTH_MAX = 64  # nesting of a payload; real ones have under 10. Refused at a fixed depth, not where the stack ends.
_CLEAN_NUMBER = re.compile(r"-?\d{1,40}(\.\d{1,40})?([eE][+-]?\d{1,3})?", re.ASCII)
_EXACT_MAX = 2**53

_encode_sorted = msgspec.json.Encoder(order="sorted").encode


class Unfit(ValueError):
    """The value is not what its field holds. The text says what was expected, never what was found."""


def number(value: Any) -> float:
    """A finite float, from a JSON number or a string that is nothing but one. -0.0 becomes 0.0."""
    kind = type(value)
    if kind is float:  # finite: JSON has no others
        return float(value) + 0.0
    if kind is not int and not (kind is str and _CLEAN_NUMBER.fullmatch(value)):
        raise Unfit("not a number")
    try:
        result = float(value) + 0.0
    except OverflowError:
        result = math.inf
    if not math.isfinite(result):
        raise Unfit("number too large")
    return result


def integer(value: Any, bits: int = 64) -> int:
    """A whole number (8421.0 counts) that fits a signed integer of that many bits."""
    if type(value) is not int:
        whole = number(value)
        if not whole.is_integer():
            raise Unfit("not a whole number")
        value = int(whole)
    if not -(1 << bits - 1) <= value < 1 << bits - 1:
        raise Unfit("number too large")
    return int(value)


def text(value: Any) -> str:
    if type(value) is not str:
        raise Unfit("not a text")
    return value


def short_text(value: Any) -> str | None:
    """A text that can be an id or a name; None for anything else, and for one that is empty or too long."""
    return value if type(value) is str and 0 < len(value) <= ID_CHARS_MAX else None


def short_id(value: Any) -> str | None:
    """A short text in the one spelling of ids (`ids.canonical`); None for anything else."""
    return ids.canonical(value) if type(value) is str and 0 < len(value) <= ID_CHARS_MAX else None


def boolean(value: Any) -> bool:
    if type(value) is not bool:
        raise Unfit("neither true nor false")
    return value


def time_us(value: Any) -> int:
    """Microseconds since 1970; a time without offset is read as UTC (`has_offset` tells)."""
    try:
        return times.micros(text(value))[0]
    except ValueError:
        raise Unfit("not a time") from None


def date_days(value: Any) -> int:
    try:
        return times.days(text(value))
    except ValueError:
        raise Unfit("not a date") from None


def instant_us(value: Any) -> int:
    """µs since 1970 from seconds since 1970, as streams of workouts have them, or from a time."""
    if type(value) is str:
        return time_us(value)
    micros = number(value) * SECOND_US
    if not times.in_range(micros):
        raise Unfit("not a time")
    return round(micros)


def nullable(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The converter that lets null through."""
    return lambda value: None if value is None else convert(value)


def list_of(convert: Callable[[Any], Any]) -> Callable[[Any], list[Any]]:
    """The converter of lists whose entries all fit `convert`."""

    def converted(value: Any) -> list[Any]:
        if type(value) is not list:
            raise Unfit("not a list")
        return [convert(item) for item in value]

    return converted


def numbers_by_name(value: Any) -> dict[str, float]:
    """An object whose values are numbers; nulls are left out."""
    if type(value) is not dict:
        raise Unfit("not an object")
    return {name: number(item) for name, item in value.items() if item is not None}


# By the type names of `schemas.typed_fields`.
CONVERT: Mapping[str, Callable[[Any], Any]] = {
    "string": text,
    "double": number,
    "long": integer,
    "int": lambda value: integer(value, 32),
    "boolean": boolean,
    "date": date_days,
    "timestamp-micros": time_us,
    "array:double": list_of(number),
    "array:double?": list_of(nullable(number)),
    "array:timestamp-micros": list_of(instant_us),
    "array:long": list_of(integer),
    "array:string": list_of(text),
    "map:double": numbers_by_name,
}


def has_offset(value: str) -> bool:
    """Whether a usable time says its offset (behind the date, where `-` separates)."""
    return value[-1] in "Zz" or "+" in value[10:] or "-" in value[10:]


def canonical(value: Any, depth: int = DEPTH_MAX) -> Any:
    """Equal data in equal form: without nulls in objects, whole floats as integers. Raises Rejected(TOO_DEEP)."""
    kind = type(value)
    if kind is dict:
        if not depth:
            raise Rejected(Reason.TOO_DEEP, "$.data")
        return {key: canonical(item, depth - 1) for key, item in value.items() if item is not None}
    if kind is list:
        if not depth:
            raise Rejected(Reason.TOO_DEEP, "$.data")
        return [canonical(item, depth - 1) for item in value]
    if kind is float and -_EXACT_MAX < value < _EXACT_MAX and value.is_integer():
        return int(value)
    return value


_JSON_KINDS = {dict: "object", list: "array", str: "string", bool: "boolean", int: "number", float: "number"}


def json_kind(value: Any) -> str:
    """What JSON calls a value of this kind."""
    return _JSON_KINDS.get(type(value), "null")


def to_json(value: Any) -> bytes:
    """JSON with sorted names: equal values give equal bytes."""
    try:
        return _encode_sorted(value)
    except OverflowError:  # an integer beyond 64 bits: msgspec reads it but does not write it
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
