"""JSON of an answer as typed values, with one outcome for each kind of damage. Pure."""

from collections.abc import Iterator
from functools import cache
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, Raw, UnsetType

from connectors.junction.failures import FailureReason, Refused, TryLater
from streams.payloads import Unfit, short_text, values

T = TypeVar("T")
Json = dict[str, Any]
CURSOR_CHARS_MAX = 4096  # it goes back as a part of the URL, and into each row of its job
_ENDS = frozenset({None, "", "None"})  # the vendor's own example prints a cursor as the text "None" (5.4)


def read_json(body: bytes | Raw, kind: type[T], place: str = "$") -> T:
    """Raises TryLater for what is no JSON (it was cut off), Refused for JSON of another shape or depth."""
    try:
        found: T = _decoder(kind).decode(body)  # type: ignore[arg-type]  # because a type is hashable, whatever it is of
    except msgspec.ValidationError as error:
        raise Refused(FailureReason.BAD_SHAPE, _place(error, place)) from None
    except RecursionError:
        raise Refused(FailureReason.TOO_DEEP, place) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise TryLater(FailureReason.NOT_JSON, place) from None
    return found


def read_plain(body: bytes) -> Any:
    """Plain values. Raises as `read_json` does."""
    return read_json(body, object)


@cache
def _decoder(kind: Any) -> "msgspec.json.Decoder[Any]":
    return msgspec.json.Decoder(kind)


def _place(error: msgspec.ValidationError, place: str) -> str:
    """Where in the answer; msgspec's text ends in "- at `$.groups[...]`" and may hold a value before that."""
    _, at, path = str(error).rpartition(" - at `$")
    return f"{place}{path.rstrip('`')}" if at else place


class Paged(msgspec.Struct):
    """An answer in pages. `next` is the deprecated twin, looked at only where `next_cursor` is absent."""

    next_cursor: str | UnsetType | None = UNSET
    next: str | None = None

    @property
    def cursor(self) -> str | None:
        """Where to go on. Null, empty and "None" mean the end alike. Raises Refused(BAD_SHAPE) for what fits no URL."""
        found = self.next if self.next_cursor is UNSET else self.next_cursor
        if found in _ENDS:
            return None
        if len(str(found)) > CURSOR_CHARS_MAX:
            raise Refused(FailureReason.BAD_SHAPE, "$.next_cursor: too long")
        return str(found)


def objects(value: Any) -> Iterator[Json]:
    """The objects among the entries of a list; nothing of anything else."""
    return (item for item in value if type(item) is dict) if type(value) is list else iter(())


def members(value: Any) -> Iterator[tuple[str, Any]]:
    """Name and value of an object; nothing of anything else."""
    return iter(value.items()) if type(value) is dict else iter(())


def text(value: Any) -> str:
    """A text that can be an id or a word; "" for anything else."""
    return short_text(value) or ""


def texts(value: Any) -> tuple[str, ...]:
    return tuple(filter(None, map(text, value))) if type(value) is list else ()


def time_us(value: Any) -> int | None:
    """Microseconds since 1970, UTC; None for what is no time."""
    try:
        return values.time_us(value)
    except Unfit:
        return None


def whole(value: Any) -> int | None:
    """A whole number, or None."""
    try:
        return values.integer(value)
    except Unfit:
        return None
