"""What an HTTP status means for the caller (domain file, 6.5). Pure: the time is an argument.

408, 409, 425, 429, 5xx: try again. 401: other credentials. 404: there is none. 400, 422 and the rest: never again.
"""

import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import msgspec

from connectors.junction.answer_json import objects
from connectors.junction.failures import FailureReason, Refused, TryLater
from streams.events import HOUR_S

RETRY_AFTER_MAX_S = HOUR_S  # beyond it a clock is wrong
UNAUTHORIZED = 401
MISSING = 404
_LATER = {429: FailureReason.RATE_LIMITED, 408: FailureReason.BUSY, 409: FailureReason.BUSY, 425: FailureReason.BUSY}
_NEVER = {400: FailureReason.BAD_REQUEST, 403: FailureReason.FORBIDDEN, 422: FailureReason.INVALID}
_OF_A_CURSOR = frozenset({400, 404, 410, 422})
_PLACE = re.compile(r"[A-Za-z_]\w{0,39}", re.ASCII)
_PLACES_MAX = 3


class ApiAnswer(NamedTuple):
    """`headers`: names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def check(answer: ApiAnswer, now_s: float) -> None:
    """Return for 2xx, 404 and 401, which the caller tells apart; else raise TryLater or Refused."""
    status = answer.status
    if 200 <= status < 300 or status in (UNAUTHORIZED, MISSING):
        return
    if status >= 500 or status in _LATER:
        reason = _LATER.get(status, FailureReason.SERVER_ERROR)
        raise TryLater(reason, f"HTTP {status}", retry_after_s(answer.headers, now_s))
    raise Refused(_NEVER.get(status, FailureReason.UNEXPECTED), f"HTTP {status}{places(answer.body)}")


def check_cursor(status: int) -> None:
    """For a call with a cursor. Raises Refused(CURSOR)."""
    # The call without a cursor was answered; so it is the cursor that is refused or missing. A 404 is not the end here.
    if status in _OF_A_CURSOR:
        raise Refused(FailureReason.CURSOR, f"HTTP {status} behind the first page")


def retry_after_s(headers: Mapping[str, str], now_s: float) -> int | None:
    """Whole seconds of `Retry-After`, from a number or a date, rounded up; None where it is absent or neither."""
    given = headers.get("retry-after", "").strip()
    try:
        wait_s = float(given) if given[:1].isdigit() else _date_s(given) - now_s
    except (ValueError, OverflowError):
        return None
    return int(-(-min(max(wait_s, 0.0), RETRY_AFTER_MAX_S) // 1)) if wait_s == wait_s else None


def date_ms(headers: Mapping[str, str]) -> int | None:
    """Unix ms of `Date`: when the answer was made, by Junction's clock, rounded down to a second.

    None where it is absent or no date.
    """
    try:
        return int(_date_s(headers.get("date", ""))) * 1000
    except (ValueError, OverflowError):
        return None


def _date_s(text: str) -> float:
    """Unix seconds of a date as HTTP writes it, in UTC where no zone is named. Raises ValueError, OverflowError."""
    when = parsedate_to_datetime(text)
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def places(body: bytes) -> str:
    """Which parameters were refused, of a 422 as FastAPI writes it: `, query.start_date`. Names, never values."""
    try:
        answer: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    found = [_place(error.get("loc")) for error in objects(answer.get("detail") if type(answer) is dict else None)]
    return "".join(f", {place}" for place in found[:_PLACES_MAX] if place)


def _place(loc: Any) -> str:
    parts = loc if type(loc) is list else []
    return ".".join(part for part in parts if type(part) is str and _PLACE.fullmatch(part))
