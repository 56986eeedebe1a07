"""The page on which a gateway tells what it refused: what can be asked, its form, pages of several processes. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, NamedTuple

import msgspec

from streams.events.message_ids import claimed
from streams.tables.history.request import TimeMs

PATH = "/refused"
LIMIT, LIMIT_MAX = 100, 1000
COUNT_MAX = 2**53  # what every reader of JSON can hold
_PROCESSES_MAX = 64
_NUMBER = re.compile(r"[0-9]{1,15}")


class RefusedQuery(NamedTuple):
    """Which attempts are asked for: of a message id ("" for any), in [since_ms, until_ms), Unix ms (0: no end)."""

    message_id: str = ""
    since_ms: int = 0
    until_ms: int = 0
    limit: int = LIMIT


class RefusedRow(msgspec.Struct, frozen=True, gc=False):
    """One request that was answered with something else than 2xx.

    `at_ms`: Unix ms. `endpoint`: as configured, "" for one that there is not. `outcome`: the word of the metrics
    (`refused`, `too_large`, `unavailable`, ...), or of what the server closes (`malformed`, `head_too_large`,
    `tiny_chunks`). `body_bytes`: of the body, or as it was announced where it was not read whole; 0 for unknown.
    `claimed_id`: the first 64 characters of the message id that the sender gave, with ? for whatever no id has; "" for
    none. `is_signed`: whether a secret of the endpoint signed it; null where that was not tried.
    """

    at_ms: TimeMs
    endpoint: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._~-]{0,64}\Z")]
    outcome: Annotated[str, msgspec.Meta(pattern=r"^[a-z_]{1,40}\Z")]
    status: Annotated[int, msgspec.Meta(ge=100, le=999)]
    body_bytes: Annotated[int, msgspec.Meta(ge=0, le=COUNT_MAX)]
    claimed_id: Annotated[str, msgspec.Meta(pattern=r"^[!-~]{0,64}\Z")]
    is_signed: bool | None


class GatewayProcess(msgspec.Struct, frozen=True):
    """One process of a gateway, by its number. `is_away`: it does not answer, and nothing else of it is known.

    `accepting_since_ms`: it has accepted deliveries since then, Unix ms, 0 for not yet. `remembers_since_ms`: what it
    refused before may be forgotten, Unix ms.
    """

    process: Annotated[int, msgspec.Meta(ge=0, lt=_PROCESSES_MAX)]
    accepting_since_ms: TimeMs = 0
    remembers_since_ms: TimeMs = 0
    is_away: bool = False


class RefusedPage(msgspec.Struct, frozen=True):
    """`attempts`: those that were asked for, the newest first. `is_cut`: there are more than the limit."""

    processes: Annotated[list[GatewayProcess], msgspec.Meta(min_length=1, max_length=_PROCESSES_MAX)]
    attempts: Annotated[list[RefusedRow], msgspec.Meta(max_length=LIMIT_MAX)]
    is_cut: bool


encode = msgspec.json.encode
_decode = msgspec.json.Decoder(RefusedPage).decode


def decode(body: bytes) -> RefusedPage:
    """Raises ValueError for what is no such page."""
    try:
        return _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise ValueError("not a page of a gateway") from None


def parameters(query: RefusedQuery) -> dict[str, str | int]:
    """What is asked for, as parameters of the URL."""
    asked: dict[str, str | int] = {"id": claimed(query.message_id), "limit": query.limit}
    asked |= {"since_ms": query.since_ms, "until_ms": query.until_ms}
    return {name: value for name, value in asked.items() if value}


def parse(given: Mapping[str, str]) -> RefusedQuery:
    """The query of a URL's parameters. Raises ValueError with a sentence that does not repeat them."""
    limit = _number(given, "limit", LIMIT)
    if not 0 < limit <= LIMIT_MAX:
        raise ValueError(f"limit is a number from 1 to {LIMIT_MAX}")
    return RefusedQuery(claimed(given.get("id", "")), _number(given, "since_ms"), _number(given, "until_ms"), limit)


def _number(given: Mapping[str, str], name: str, otherwise: int = 0) -> int:
    text = given.get(name, "")
    if text and not _NUMBER.fullmatch(text):
        raise ValueError(f"{name} is a whole number{' of milliseconds since 1970' if name.endswith('_ms') else ''}")
    return int(text) if text else otherwise


def merged(pages: Sequence[RefusedPage | None], limit: int) -> RefusedPage:
    """One page of those of several processes, in the order of their numbers; None of one that does not answer."""
    attempts = sorted((row for page in pages if page for row in page.attempts), key=lambda row: -row.at_ms)
    return RefusedPage(
        [_numbered(number, page) for number, page in enumerate(pages)],
        attempts[:limit],
        len(attempts) > limit or any(page.is_cut for page in pages if page),
    )


def _numbered(number: int, page: RefusedPage | None) -> GatewayProcess:
    if page is None:
        return GatewayProcess(number, is_away=True)
    return msgspec.structs.replace(page.processes[0], process=number)
