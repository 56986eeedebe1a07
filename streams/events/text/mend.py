"""Mends a body that is JSON but for single characters and numbers, which a strict decoder refuses. Pure.

Half of an emoji (a lone surrogate), bytes that are no UTF-8, NaN and Infinity, numbers that no float can hold, a byte
order mark, raw control characters: many writers make them, and RFC 8259 (8.1, 8.2 and 9) leaves them to the decoder.
None of them may hide the rest of a body. What JSON cannot hold is replaced or left out, and its place is named. The
result is strict JSON, so that one decoder interprets all bodies.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from streams.events.text import body_bounds, places
from streams.ops.errors import Reason, Rejected

DEPTH_MAX = 100  # more than any decoder of payloads takes, less than the stack
PLACES_MAX = 50
_BOM = "\ufeff"
_DIGITS_MAX = 4300  # of an integer; Python parses no longer ones
COMMAS_MAX = 2_000_000  # of a body that is parsed twice: Python takes 60 bytes for a number, and blocks other threads
_BROKEN = re.compile("[\ud800-\udfff]")
REPLACEMENT = "\ufffd"
_REPLACED, _ID_LOST = "broken character, replaced", "broken id, left out"
_NUMBER = "no finite number, left out"
_NAME_LOST = "a name's broken character, left out"
_ANYWHERE = "$: not strict JSON"  # a byte order mark, a raw control character: nothing is lost


class Mended(NamedTuple):
    """`body`: strict JSON. `problems`: what was replaced or left out, by its place."""

    body: bytes
    problems: list[str]


def mended(body: bytes) -> Mended | None:
    """The body with what is broken replaced; None if it is no JSON even so. Raises Rejected(TOO_DEEP), (TOO_LARGE).

    In a text each broken character becomes U+FFFD. An id with one becomes null: two ids may differ in it alone.
    """
    body_bounds.check(body)
    if body.count(b",") > COMMAS_MAX:
        raise Rejected(Reason.TOO_LARGE, f"$: not strict JSON, and more than {COMMAS_MAX:,} values")
    try:
        # Bytes that are no UTF-8 become lone surrogates, as those that were escaped: one kind of broken character.
        whole = _plain(body.decode("utf-8", "surrogateescape").removeprefix(_BOM))
    except json.JSONDecodeError:
        return None
    except RecursionError:
        raise Rejected(Reason.TOO_DEEP, "$") from None
    found: dict[str, None] = {}
    sound = _sound(whole, "$", found, DEPTH_MAX)
    for user in _users_lost(whole):
        _put(sound, user, REPLACEMENT)
    text = json.dumps(sound, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Mended(text.encode(), list(found) or [_ANYWHERE])


def _users_lost(whole: Any) -> list[tuple[str, ...]]:
    """Places of a broken user id beside a sound one, which may be another: it must not count as absent."""
    data = whole.get("data") if type(whole) is dict else None
    if type(data) is not dict:
        return []
    found = {("user_id",): whole.get("user_id"), ("data", "user_id"): data.get("user_id")}
    broken = [at for at, value in found.items() if type(value) is str and _is_broken(value)]
    good = [at for at, value in found.items() if _is_id(value) and at not in broken]
    return broken if good else []


def _put(whole: Any, at: tuple[str, ...], value: str) -> None:
    for name in at[:-1]:
        whole = whole[name]
    whole[at[-1]] = value


def _is_id(value: Any) -> bool:
    return type(value) is str and 0 < len(value) <= body_bounds.ID_CHARS_MAX


def _plain(text: str) -> Any:
    """Raises JSONDecodeError, RecursionError."""
    try:
        return _decoder.decode(text)
    except json.JSONDecodeError:
        raise
    except ValueError:  # an integer with more digits than Python reads
        return _decoder_of_long_integers.decode(text)


def _integer(text: str) -> int | float:
    return int(text) if len(text) <= _DIGITS_MAX else math.inf


_decoder = json.JSONDecoder(strict=False)
_decoder_of_long_integers = json.JSONDecoder(strict=False, parse_int=_integer)


def _sound(value: Any, at: str, found: dict[str, None], depth: int, *, is_id: bool = False) -> Any:
    """The value without what is broken; places are added to `found`. `is_id`: the value is an id or a type."""
    kind = type(value)
    if kind is str:
        return value if not _is_broken(value) else _text(value, at, found, is_id=is_id)
    if kind is float and not math.isfinite(value):
        _note(found, f"{at}: {_NUMBER}")
        return None
    if kind is not list and kind is not dict:
        return value
    if not depth:
        raise Rejected(Reason.TOO_DEEP, "$")
    if kind is list:
        inside = places.entry(at)
        return [_sound(item, inside, found, depth - 1, is_id=is_id) for item in value]
    return _object(value, at, found, depth - 1)


def _note(found: dict[str, None], problem: str) -> None:
    if len(found) < PLACES_MAX:
        found[problem] = None


def _object(value: dict[str, Any], at: str, found: dict[str, None], depth: int) -> dict[str, Any]:
    hidden, made = places.is_map(at, value), dict[str, Any]()
    for original, item in value.items():
        name = original
        if _is_broken(original):
            name = _BROKEN.sub(REPLACEMENT, original)
            if name in value or name in made:  # two names may differ in what is broken alone
                _note(found, f"{at}: {_NAME_LOST}")
                continue
            _note(found, f"{at}: a name's {_REPLACED}")
        inner = places.inner(at, name, hidden=hidden)
        made[name] = _sound(item, inner, found, depth, is_id=_is_identifier(at, name))
    return made


def _is_identifier(at: str, name: str) -> bool:
    """Whether a member's value is an id or a type, by the member's name."""
    return name == "id" or name.endswith("_id") or (name == "event_type" and at == "$")


def _text(text: str, at: str, found: dict[str, None], *, is_id: bool) -> str | None:
    if is_id:
        _note(found, f"{at}: {_ID_LOST}")
        return None
    _note(found, f"{at}: {_REPLACED}")
    return _BROKEN.sub(REPLACEMENT, text)


def _is_broken(text: str) -> bool:
    return not text.isascii() and _BROKEN.search(text) is not None


_HEAD_BYTES = 64 * 1024
_SPACE = re.compile(r"[ \t\n\r]*")


def scalars(body: bytes) -> dict[str, str]:
    """Texts of an object of which only the beginning may be JSON: members up to the first that is broken or nested.

    A name with two values is left out: of a whole body the last one would count.
    """
    text = body[:_HEAD_BYTES].decode("utf-8", "surrogateescape").removeprefix(_BOM)
    found, twice = dict[str, str](), set[str]()
    for name, value in _members(text):
        if found.setdefault(name, value) != value:
            twice.add(name)
    return {name: value for name, value in found.items() if name not in twice and not _is_broken(value)}


def _members(text: str) -> Iterator[tuple[str, str]]:
    """(name, value) of each member that is a text."""
    at = _behind(text, 0, "{")
    while at:
        try:
            name, at = _raw(text, at)
            at = _behind(text, at, ":")
            if text[at : at + 1] in ("{", "[", ""):
                return
            value, at = _raw(text, at)
        except (ValueError, RecursionError):
            return
        if type(name) is str and type(value) is str:
            yield name, value
        at = _behind(text, at, ",")


_raw = _decoder.raw_decode


def _behind(text: str, at: int, sign: str) -> int:
    """The index after a sign and the space around it; 0 where another sign is there."""
    at = _space(text, at)
    return _space(text, at + 1) if text[at : at + 1] == sign else 0


def _space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at
