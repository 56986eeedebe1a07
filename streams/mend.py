"""A second reading of what a strict reader refuses: JSON but for single characters and numbers. Pure.

Half of an emoji (a lone surrogate), bytes that are no UTF-8, NaN and Infinity, numbers that no float can hold, a byte
order mark, raw control characters: many writers make them (RFC 8259, 8.1, 8.2 and 9 leave them to the reader), and none
of them may hide the rest of a body. What cannot be said is replaced or left out, and its place is named. What comes
back is strict JSON, so that there is one reader of meanings.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from streams import body_bounds, places
from streams.errors import Reason, Rejected

DEPTH_MAX = 100  # more than any reader of meanings takes, less than the stack
PLACES_MAX = 50
_BOM = "\ufeff"
_DIGITS_MAX = 4300  # of an integer; Python reads no longer ones
_BROKEN = re.compile("[\ud800-\udfff]")
_REPLACEMENT = "\ufffd"
_ID = re.compile(r"[._]id$|^\$\.event_type$")
_REPLACED, _ID_LOST = "broken character, replaced", "broken id, left out"
_NUMBER = "no finite number, left out"
_USER = f"$.data.user_id: {_ID_LOST}"
_ANYWHERE = "$: not strict JSON"  # a byte order mark, a raw control character: nothing is lost


class Mended(NamedTuple):
    """`body`: strict JSON. `problems`: what was replaced or left out, by its place."""

    body: bytes
    problems: list[str]


def mended(body: bytes) -> Mended | None:
    """The body with what is broken replaced; None if it is no JSON even so. Raises Rejected(TOO_DEEP), (TOO_LARGE).

    A text with broken characters gets U+FFFD for each. An id with one is null: two ids may differ in nothing else.
    """
    body_bounds.check(body)
    try:
        # Bytes that are no UTF-8 become lone surrogates, as those that were escaped: one kind of broken character.
        whole = _plain(body.decode("utf-8", "surrogateescape").removeprefix(_BOM))
    except json.JSONDecodeError:
        return None
    except RecursionError:
        raise Rejected(Reason.TOO_DEEP, "$") from None
    found: dict[str, None] = {}
    sound = _sound(whole, "$", found, DEPTH_MAX)
    if _USER in found and _is_id(sound.get("user_id")):
        sound["data"]["user_id"] = _REPLACEMENT  # not absent, but another id: nobody may guess that it is the same
    text = json.dumps(sound, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Mended(text.encode(), list(found)[:PLACES_MAX] or [_ANYWHERE])


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


def _sound(value: Any, at: str, found: dict[str, None], depth: int) -> Any:
    """The value without what is broken. `found` learns the places."""
    kind = type(value)
    if kind is str:
        return _text(value, at, found)
    if kind is float and not math.isfinite(value):
        found[f"{at}: {_NUMBER}"] = None
        return None
    if kind is not list and kind is not dict:
        return value
    if not depth:
        raise Rejected(Reason.TOO_DEEP, "$")
    if kind is list:
        inside = f"{at}[]"
        return [_sound(item, inside, found, depth - 1) for item in value]
    return _object(value, at, found, depth - 1)


def _object(value: dict[str, Any], at: str, found: dict[str, None], depth: int) -> dict[str, Any]:
    hidden = places.is_map(at, value)
    return {
        _name(name, at, found): _sound(item, places.inner(at, name, hidden=hidden), found, depth)
        for name, item in value.items()
    }


def _name(name: str, at: str, found: dict[str, None]) -> str:
    if not _is_broken(name):
        return name
    found[f"{at}: a name's {_REPLACED}"] = None
    return _BROKEN.sub(_REPLACEMENT, name)


def _text(text: str, at: str, found: dict[str, None]) -> str | None:
    if not _is_broken(text):
        return text
    if _ID.search(at):
        found[f"{at}: {_ID_LOST}"] = None
        return None
    found[f"{at}: {_REPLACED}"] = None
    return _BROKEN.sub(_REPLACEMENT, text)


def _is_broken(text: str) -> bool:
    return not text.isascii() and _BROKEN.search(text) is not None


_HEAD_BYTES = 64 * 1024
_SPACE = re.compile(r"[ \t\n\r]*")


def scalars(body: bytes) -> dict[str, str]:
    """Texts of an object of which only the beginning may be JSON: members up to the first that holds others, or is
    broken. What is said twice in two ways is left out: of a whole body the last would count.
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
    """Place behind a sign and the space around it; 0 where it is not there."""
    at = _space(text, at)
    return _space(text, at + 1) if text[at : at + 1] == sign else 0


def _space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at
