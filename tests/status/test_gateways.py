"""How gateways are asked what they refused: all at once, each with an answer or a sentence."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr

from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings
from streams.status import gateways, refused_page
from streams.status.gateways import RefusedAttempt, RefusedQuery, refused

ROW = {
    "at_ms": 1_790_000_000_123, "endpoint": "junction", "outcome": "refused", "status": 401, "body_bytes": 7,
    "claimed_id": "msg_1", "is_signed": False,
}  # fmt: skip
PAGE: dict[str, Any] = {
    "processes": [
        {"process": 0, "accepting_since_ms": 100, "remembers_since_ms": 150},
        {"process": 1, "accepting_since_ms": 300, "remembers_since_ms": 300},
    ],
    "attempts": [ROW],
    "is_cut": False,
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def gateway(handler: Handler) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_get("/refused", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def says(page: object, status: int = 200) -> Handler:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(status=status, body=page if isinstance(page, bytes) else json.dumps(page).encode())

    return handler


def settings(*urls: str, **more: Any) -> Settings:
    return Settings(_env_file=None, console_gateways=urls, **more)


async def test_each_gateway_answers_for_itself() -> None:
    """Two gateways are two reports in the order of the setting; one that is named twice is asked once. Of several
    processes the first to start accepts, and the last to forget counts."""
    other = {**PAGE, "processes": PAGE["processes"][1:], "attempts": [], "is_cut": True}
    async with gateway(says(PAGE)) as first, gateway(says(other)) as second:
        reports = await refused(settings(first, second, f"{first}/"))
    assert [report.gateway for report in reports] == [first, second]
    assert reports[0] == (first, 100, 300, (RefusedAttempt(gateway=first, **ROW),), False, "", False)  # type: ignore[arg-type]  # because the row is JSON
    assert reports[1] == (second, 300, 300, (), True, "", False)


async def test_what_is_asked() -> None:
    """The token and the filters go along, the id as the gateway keeps it; what is not asked for is not sent."""
    seen: list[tuple[str, dict[str, str]]] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append((request.headers.get("authorization", ""), dict(request.query)))
        return web.json_response(PAGE)

    async with gateway(handler) as url:
        await refused(settings(url))
        secret = settings(url, query_token=SecretStr("t0ken"))
        await refused(secret, RefusedQuery("a\x00\ud800 é" + "x" * 1_000_000, 5, 9, 3))
    assert seen[0] == ("", {"limit": "100"})
    asked = {"id": "a????" + "x" * 59, "since_ms": "5", "until_ms": "9", "limit": "3"}
    assert seen[1] == ("Bearer t0ken", asked)


@pytest.mark.parametrize(
    ("page", "status", "sentence"),
    [
        (b"", 401, "wants the STREAMS_QUERY_TOKEN"),
        (b"", 403, "wants the STREAMS_QUERY_TOKEN"),
        (b"", 404, "HTTP 404"),
        (b"", 302, "HTTP 302"),
        (b"<html>", 200, "is no gateway"),
        (b"[" * 100_000, 200, "is no gateway"),
        (b"\xff", 200, "is no gateway"),
        ({"ready": True}, 200, "is no gateway"),
        ({**PAGE, "processes": []}, 200, "is no gateway"),
        ({**PAGE, "attempts": [{**ROW, "claimed_id": "\x1b[2J"}]}, 200, "is no gateway"),
        ({**PAGE, "attempts": [{**ROW, "claimed_id": "x" * 65}]}, 200, "is no gateway"),
        ({**PAGE, "attempts": [{**ROW, "outcome": "a b"}]}, 200, "is no gateway"),
        ({**PAGE, "attempts": [{**ROW, "at_ms": 10**30}]}, 200, "is no gateway"),
        ({**PAGE, "attempts": [ROW] * (refused_page.LIMIT_MAX + 1)}, 200, "is no gateway"),
        (b" " * (gateways.ANSWER_BYTES_MAX + 1), 200, "does not answer (TooLarge)"),
    ],
)
async def test_one_that_cannot_be_used(page: object, status: int, sentence: str) -> None:
    """Whatever else answers is a sentence with its address, and the other gateway's answer is there."""
    async with gateway(says(page, status)) as odd, gateway(says(PAGE)) as good:
        reports = await refused(settings(odd, good))
    assert sentence in reports[0].trouble
    assert odd in reports[0].trouble
    assert (reports[0].attempts, reports[0].accepting_since_ms, reports[0].is_away) == ((), 0, False)
    assert (len(reports[1].attempts), reports[1].trouble) == (1, "")


async def test_one_that_is_away() -> None:
    """Nobody listens: a sentence, without the login that the address may hold."""
    reports = await refused(settings("http://someone:geheim@127.0.0.1:1"))
    assert reports[0].trouble == "the gateway at http://127.0.0.1:1 does not answer (ConnectError)"
    assert reports[0].is_away
    assert await refused(settings()) == ()


async def test_one_that_drips(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that comes byte by byte for ever ends in time: each byte alone would be in time."""
    monkeypatch.setattr(gateways, "ANSWER_S", 0.5)

    async def handler(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        while True:
            await answer.write(b" ")
            await asyncio.sleep(0.01)

    async with gateway(handler) as slow, gateway(says(PAGE)) as good:
        async with asyncio.timeout(30):
            reports = await refused(settings(slow, good))
    assert "does not answer (TimeoutError)" in reports[0].trouble
    assert reports[1].attempts


async def test_a_process_that_is_away() -> None:
    """What the others say is there; that one is missing is said."""
    page = {**PAGE, "processes": [PAGE["processes"][0], {"process": 1, "is_away": True}]}
    async with gateway(says(page)) as url:
        (report,) = await refused(settings(url))
    assert report.trouble == f"1 of 2 processes of the gateway at {url} do not answer"
    assert (report.accepting_since_ms, report.remembers_since_ms, len(report.attempts)) == (100, 150, 1)
    page = {**PAGE, "processes": [{"process": 0, "is_away": True}], "attempts": []}
    async with gateway(says(page)) as url:
        (report,) = await refused(settings(url))
    assert (report.accepting_since_ms, report.remembers_since_ms) == (0, 0)


@pytest.mark.parametrize("urls", ["gateway:9080", "http://gateway.example.com:9080", "http://10.0.0.1:9080,ftp://x"])
def test_addresses_that_are_refused(urls: str) -> None:
    """No URL, and cleartext to a host that may not be our own, stop the start with the variable that is wrong."""
    with pytest.raises(Misconfigured, match="STREAMS_CONSOLE_GATEWAYS"):
        Settings(_env_file=None, console_gateways=urls)


def test_addresses_that_are_taken() -> None:
    """Loopback and private hosts in the clear, others by https; `STREAMS_INSECURE` lets all be asked in the clear."""
    urls = "http://127.0.0.1:9080, http://gateway-0.gateway.svc:9080 ,https://gateway.example.com/ops"
    assert len(Settings(_env_file=None, console_gateways=urls).console_gateways) == 3
    assert Settings(_env_file=None, console_gateways="http://gateway.example.com", insecure=True)


async def test_a_name_of_several_gateways(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each address of a name is a gateway; of two families one counts. With TLS, and on loopback, the name is."""
    found: list[Any] = []

    async def addresses(host: str, port: int, **_: Any) -> list[Any]:
        return [(family, None, 0, "", (address, port)) for family, address in found]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", addresses, raising=False)
    found[:] = [(socket.AF_INET6, "fd00::1"), (socket.AF_INET, "127.0.0.3"), (socket.AF_INET, "127.0.0.2")]
    assert await gateways._gateways("http://u:p@gateways:90/x") == [
        "http://u:p@127.0.0.2:90/x",
        "http://u:p@127.0.0.3:90/x",
    ]
    assert await gateways._gateways("https://gateways:90") == ["https://gateways:90"]
    assert await gateways._gateways("http://localhost:90") == ["http://localhost:90"]
    found[:] = [(socket.AF_INET6, "fd00::1"), (socket.AF_INET6, "fd00::2")]
    assert await gateways._gateways("http://gateways") == ["http://[fd00::1]", "http://[fd00::2]"]
    found[:] = [(socket.AF_INET, "127.0.0.2")] * 3
    assert await gateways._gateways("http://gateways:90") == ["http://gateways:90"]


async def test_a_name_that_leads_nowhere() -> None:
    """No such host, or a name that no host can have: a sentence of that gateway."""
    reports = await refused(settings("http://nobody.invalid.test:1", f"http://{'x' * 70}:1"))
    assert ["does not answer" in report.trouble for report in reports] == [True, True]
