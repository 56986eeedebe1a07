"""Asks gateways, on their listeners for operators, what they answered with something else than 2xx."""

import asyncio
import socket
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx

from streams.ops import addresses
from streams.ops.settings import Settings
from streams.status.asking import NoAnswer, get, open_client
from streams.status.refused_page import PATH, RefusedPage, RefusedRow, decode, parameters
from streams.status.refused_page import RefusedQuery as RefusedQuery

ANSWER_S = 3.0  # a person waits; one gateway that is slow holds up the others' answers
ANSWER_BYTES_MAX = 4 * 1024 * 1024
_AT_ONE_NAME_MAX = 64


class RefusedAttempt(NamedTuple):
    """One request that a gateway answered with something else than 2xx.

    `gateway`: scheme, host and port of its listener for operators. The others: as in RefusedRow, `is_signed` None for
    not tried.
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
    `trouble`: a sentence that says what is not known, and why; "" where all is known. `is_away`: there is nobody.
    """

    gateway: str
    accepting_since_ms: int = 0
    remembers_since_ms: int = 0
    attempts: tuple[RefusedAttempt, ...] = ()
    is_cut: bool = False
    trouble: str = ""
    is_away: bool = False


async def refused(settings: Settings, query: RefusedQuery = RefusedQuery()) -> tuple[GatewayReport, ...]:  # noqa: B008  # because it is a tuple that cannot change
    """What each gateway of STREAMS_CONSOLE_GATEWAYS says, in that order; all are asked at once, in ANSWER_S seconds.

    A name of several gateways is each of them. Never raises for a gateway: one that is away has a sentence in its
    report. Empty where none is named.
    """
    named = await asyncio.gather(*(_gateways(url.rstrip("/")) for url in settings.console_gateways))
    urls = dict.fromkeys(url for some in named for url in some)
    async with open_client(settings) as client:
        return tuple(await asyncio.gather(*(_ask(client, url, query) for url in urls)))


async def _gateways(url: str) -> list[str]:
    """A URL for each gateway of a name: a headless service of Kubernetes, or one of compose that was scaled, is all.

    Not with TLS, whose certificate is the name's.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "http" or addresses.is_loopback(host):
        return [url]
    try:
        async with asyncio.timeout(ANSWER_S):
            found = await asyncio.get_running_loop().getaddrinfo(host, parts.port or 80, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError):
        return [url]  # who asks it is told
    family = min(one[0] for one in found)  # of a host that has both, one: they are one gateway
    hosts = sorted({str(one[4][0]) for one in found if one[0] == family})[:_AT_ONE_NAME_MAX]
    return [url] if len(hosts) == 1 else [_at(url, one) for one in hosts]


def _at(url: str, host: str) -> str:
    parts = urlsplit(url)
    login, at, _ = parts.netloc.rpartition("@")
    port = f":{parts.port}" if parts.port else ""
    return parts._replace(netloc=f"{login}{at}{f'[{host}]' if ':' in host else host}{port}").geturl()


async def _ask(client: httpx.AsyncClient, url: str, query: RefusedQuery) -> GatewayReport:
    shown = addresses.shown(url)
    try:
        status, body = await get(client, f"{url}{PATH}", ANSWER_BYTES_MAX, parameters(query), answer_s=ANSWER_S)
    except NoAnswer as why:
        return GatewayReport(shown, trouble=f"the gateway at {shown} does not answer ({why})", is_away=why.is_away)
    if status in (401, 403):
        return GatewayReport(shown, trouble=f"the gateway at {shown} wants the STREAMS_QUERY_TOKEN that it has")
    if status != 200:
        return GatewayReport(shown, trouble=f"the gateway at {shown} does not say what it refused (HTTP {status})")
    try:
        return _report(shown, decode(body))
    except ValueError:
        return GatewayReport(shown, trouble=f"what answers at {shown} is no gateway: check STREAMS_CONSOLE_GATEWAYS")


def _report(gateway: str, page: RefusedPage) -> GatewayReport:
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


def _attempt(gateway: str, row: RefusedRow) -> RefusedAttempt:
    return RefusedAttempt(
        row.at_ms, gateway, row.endpoint, row.outcome, row.status, row.body_bytes, row.claimed_id, row.is_signed
    )
