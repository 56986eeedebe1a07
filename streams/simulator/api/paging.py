"""Cursors: where to go on, in a form that means nothing to the caller and fits no other question."""

import base64
import binascii
from typing import NamedTuple

import msgspec

from streams.simulator.api.queries import invalid_cursor
from streams.simulator.randomness import key_of


class Place(NamedTuple):
    """`offset`: of the first row. `empties`: how many empty pages led here."""

    offset: int = 0
    empties: int = 0


_decode = msgspec.json.Decoder(tuple[int, int, int]).decode


def cursor_of(place: Place, question: str) -> str:
    """`question`: what the cursor belongs to."""
    return base64.urlsafe_b64encode(msgspec.json.encode((*place, _mark(question)))).decode()


def place_of(cursor: str | None, question: str) -> Place:
    """Raises Invalid for a cursor that is none, or of another question."""
    if not cursor:
        return Place()
    try:
        offset, empties, mark = _decode(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, binascii.Error, msgspec.MsgspecError, RecursionError):
        raise invalid_cursor() from None
    if mark != _mark(question) or offset < 0:
        raise invalid_cursor()
    return Place(offset, empties)


def _mark(question: str) -> int:
    return key_of("cursor", question) >> 32
