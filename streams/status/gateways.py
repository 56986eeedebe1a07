"""Asks gateways, on their listeners for operators, what they answered with something else than 2xx."""

import asyncio
from typing import Annotated, NamedTuple

import httpx
import msgspec

from streams.events.message_ids import claimed
from streams.ops import addresses
from streams.ops.settings import Settings
from streams.status.asking import NoAnswer, get, open_client
from streams.tables.history.request import TimeMs

ANSWER_S = 3.0  # a person waits; one gateway that is slow holds up the others' answers
ANSWER_BYTES_MAX = 4 * 1024 * 1024
LIMIT, LIMIT_MAX = 100, 1000


class RefusedAttempt(NamedTuple):
    """One request that a gateway answered with something else than 2xx.

    `at_ms`: Unix ms. `gateway`: scheme, host and port of its listener for operators. `endpoint`: as configured, "" for
    one that it has not. `outcome`: the word of its metrics (`refused`, `too_large`, `unavailable`, ...). `body_bytes`:
    of the body, 0 where it was not read. `claimed_id`: the first 64 characters of the message id that the sender gave,
    with ? for whatever no id has; "" for none. `is_signed`: whether a secret of the endpoint signed it; None where
    that was not tried.
    """

    at_ms: int
    gateway: str
    endpoint: str
    outcome: str
    status: int
    body_bytes: int
    claimed_id: str
    is_signed: bool | None


class GatewayReport(NamedTuple):
    """What one gateway says. `attempts`: those that were asked for, the newest first; `is_cut`: there are more.

    `accepting_since_ms`: it has accepted deliveries without a restart since then (of several processes, one of them),
    Unix ms, 0 for unknown. `remembers_since_ms`: what it refused before may be forgotten, Unix ms, 0 for unknown.
    `trouble`: a sentence that says what is not known, and why; "" where all is known.
    """

    gateway: str
    accepting_since_ms: int = 0
    remembers_since_ms: int = 0
    attempts: tuple[RefusedAttempt, ...] = ()
    is_cut: bool = False
    trouble: str = ""


class RefusedQuery(NamedTuple):
    """Which attempts are asked for: of a message id ("" for any), in [since_ms, until_ms), Unix ms (0: no end)."""

    message_id: str = ""
    since_ms: int = 0
    until_ms: int = 0
    limit: int = LIMIT


class _Process(msgspec.Struct):
    process: int
    accepting_since_ms: TimeMs = 0
    remembers_since_ms: TimeMs = 0
    is_away: bool = False


class _Attempt(msgspec.Struct):
    at_ms: TimeMs
    endpoint: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._~-]{0,64}\Z")]
    outcome: Annotated[str, msgspec.Meta(pattern=r"^[a-z_]{1,40}\Z")]
    status: Annotated[int, msgspec.Meta(ge=100, le=999)]
    body_bytes: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    claimed_id: Annotated[str, msgspec.Meta(pattern=r"^[!-~]{0,64}\Z")]
    is_signed: bool | None


class _Page(msgspec.Struct):
    processes: Annotated[list[_Process], msgspec.Meta(min_length=1, max_length=64)]
    attempts: Annotated[list[_Attempt], msgspec.Meta(max_length=LIMIT_MAX)]
    is_cut: bool


_decode = msgspec.json.Decoder(_Page).decode


async def refused(settings: Settings, query: RefusedQuery = RefusedQuery()) -> tuple[GatewayReport, ...]:  # noqa: B008  # because it is a tuple that cannot change
    """What each gateway of STREAMS_CONSOLE_GATEWAYS says, in that order; all are asked at once, in ANSWER_S seconds.

    Never raises for a gateway: one that is away has a sentence in its report. Empty where none is named.
    """
    async with open_client(settings) as client:
        urls = dict.fromkeys(url.rstrip("/") for url in settings.console_gateways)
        return tuple(await asyncio.gather(*(_ask(client, url, query) for url in urls)))


async def _ask(client: httpx.AsyncClient, url: str, query: RefusedQuery) -> GatewayReport:
    shown = addresses.shown(url)
    try:
        status, body = await get(client, f"{url}/refused", ANSWER_BYTES_MAX, _parameters(query), answer_s=ANSWER_S)
    except NoAnswer as why:
        return GatewayReport(shown, trouble=f"the gateway at {shown} does not answer ({why})")
    if status in (401, 403):
        return GatewayReport(shown, trouble=f"the gateway at {shown} wants the STREAMS_QUERY_TOKEN that it has")
    if status != 200:
        return GatewayReport(shown, trouble=f"the gateway at {shown} does not say what it refused (HTTP {status})")
    try:
        return _report(shown, _decode(body))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return GatewayReport(shown, trouble=f"what answers at {shown} is no gateway: check STREAMS_CONSOLE_GATEWAYS")


def _parameters(query: RefusedQuery) -> dict[str, str | int]:
    asked: dict[str, str | int] = {"id": claimed(query.message_id), "limit": query.limit}
    asked |= {"since_ms": query.since_ms, "until_ms": query.until_ms}
    return {name: value for name, value in asked.items() if value}


def _report(gateway: str, page: _Page) -> GatewayReport:
    here = [one for one in page.processes if not one.is_away]
    n_away = len(page.processes) - len(here)
    return GatewayReport(
        gateway,
        accepting_since_ms=min((one.accepting_since_ms for one in here), default=0),
        remembers_since_ms=max((one.remembers_since_ms for one in here), default=0),
        attempts=tuple(_attempt(gateway, one) for one in page.attempts),
        is_cut=page.is_cut,
        trouble=f"{n_away} of {len(page.processes)} processes of the gateway at {gateway} do not answer" * bool(n_away),
    )


def _attempt(gateway: str, row: _Attempt) -> RefusedAttempt:
    return RefusedAttempt(
        row.at_ms, gateway, row.endpoint, row.outcome, row.status, row.body_bytes, row.claimed_id, row.is_signed
    )
