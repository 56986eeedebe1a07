"""The client of Svix's API, against the fake over real HTTP."""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from connectors.svix import client
from connectors.svix.client import SvixApi, SvixSpan, open_svix
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.settings import Settings
from streams.simulator.management.keys import SVIX_KEY
from streams.simulator.management.options import ManagementOptions
from streams.simulator.management.trouble import Mishap
from tests.simulator.management.fakes import Hand, management
from tests.simulator.management.recipient import receiving, until
from tests.simulator.management.test_deliveries import BODY, QUICK, SLEEP, made
from tests.simulator.management.test_svix_api import failed

MARKER = "sk_pLanted0"
HOUR_MS = 3_600_000


def now_ms() -> int:
    return int(time.time() * 1000)


def settings(url: str, **changes: Any) -> Settings:
    given = {"svix_token": SVIX_KEY, "svix_url": url, "svix_app_id": "app_1", **changes}
    return Settings(_env_file=None, **given)


@asynccontextmanager
async def asking(hand: Hand, app_id: str, **changes: Any) -> AsyncIterator[SvixApi]:
    async with open_svix(settings(hand.url, svix_app_id=app_id, **changes)) as svix:
        yield svix


async def test_endpoints_and_their_rates_are_read_and_set() -> None:
    """All pages of them; None takes a limit away."""
    async with management() as hand:
        app, endpoint = await made(hand, "https://a.example.org/", description="x [junction-streams:a]", rate_limit=7)
        async with asking(hand, app.id) as svix:
            (one,) = await svix.endpoints()
            assert (one.id, one.description, one.rate_limit) == (endpoint.id, "x [junction-streams:a]", 7)
            await svix.set_rate(one.id, 3)
            assert (await svix.endpoint(one.id)).rate_limit == 3
            await svix.set_rate(one.id, None)
            assert endpoint.rate_limit is None


async def test_what_failed_is_what_no_retry_will_bring() -> None:
    """Given up, or dropped when the endpoint was disabled in the middle of its retries; not what is still retried."""
    options = ManagementOptions(compress=100_000, retries_s=(1.0, 86_400_000_000.0))
    async with receiving("whsec_" + "A" * 32) as recipient, management(options) as hand:
        app, endpoint = await made(hand, recipient.url)
        message = hand.fake.deliveries.put(app, SLEEP, BODY)
        await until(lambda: recipient.tries[message.id] == 2)
        await until(lambda: len(endpoint.log.attempts) == 2)
        async with asking(hand, app.id) as svix:
            span = SvixSpan(now_ms() - HOUR_MS, None)
            assert await svix.failed(endpoint.id, span, now_ms()) == []
            a_year_later = now_ms() + 365 * 24 * HOUR_MS
            assert await svix.failed(endpoint.id, span, a_year_later) == [message.id]


async def test_failed_messages_of_a_span_come_from_all_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Made before its end, whenever they were tried."""
    monkeypatch.setattr(client, "_PAGE", 2)
    async with receiving() as recipient, management(QUICK) as hand:
        app, endpoint = await made(hand, recipient.url)
        ids = await failed(hand, app, endpoint, 5)
        end_ms = now_ms() + 1000
        async with asking(hand, app.id) as svix:
            found = await svix.failed(endpoint.id, SvixSpan(now_ms() - HOUR_MS, end_ms), now_ms())
            assert found == sorted(ids)
            assert await svix.failed(endpoint.id, SvixSpan(now_ms() - HOUR_MS, now_ms() - HOUR_MS // 2), now_ms()) == []


@pytest.mark.parametrize(
    ("mishap", "error"),
    [(Mishap.UNAUTHORIZED, Misconfigured), (Mishap.LIMITED, Unavailable), (Mishap.BROKEN, Unavailable)],
)
async def test_refusals_become_ours(mishap: Mishap, error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    """A person acts, or it is tried again later; the token is in none of them."""
    monkeypatch.setattr(client, "_RETRIES_S", [])
    async with management() as hand:
        app, endpoint = await made(hand, "https://a.example.org/")
        hand.fake.trouble.expect(mishap, "GET", "/endpoint")
        async with asking(hand, app.id) as svix:
            with pytest.raises(error) as refused:
                await svix.endpoint(endpoint.id)
            assert SVIX_KEY not in str(refused.value)
            assert refused.value.__cause__ is None


async def test_a_lost_answer_is_asked_for_again() -> None:
    """What a recover was asked twice for arrives, and is no error."""
    async with management() as hand:
        app, endpoint = await made(hand, "https://a.example.org/")
        hand.fake.trouble.expect(Mishap.LOST, "POST", "/recover")
        async with asking(hand, app.id) as svix:
            await svix.recover(endpoint.id, SvixSpan(now_ms() - HOUR_MS, None))
        assert hand.fake.svix.calls["recover"] == 2


async def test_a_wrong_application_is_named() -> None:
    """By its setting."""
    async with management() as hand, asking(hand, "app_other") as svix:
        with pytest.raises(Misconfigured, match="STREAMS_SVIX_APP_ID"):
            await svix.endpoints()


async def test_a_token_that_may_not_know_of_tasks_is_no_error() -> None:
    """Then nobody knows how many messages are sent."""
    async with management(ManagementOptions(tells_tasks=False)) as hand:
        app, endpoint = await made(hand, "https://a.example.org/")
        async with asking(hand, app.id) as svix:
            task = await svix.replay_missing(endpoint.id, SvixSpan(now_ms() - HOUR_MS, None))
            assert await svix.sent_by(task) is None


@pytest.mark.parametrize(
    ("changes", "name"), [({"svix_token": ""}, "STREAMS_SVIX_TOKEN"), ({"svix_app_id": ""}, "STREAMS_SVIX_APP_ID")]
)
async def test_what_is_missing_is_named_before_anything_is_sent(changes: dict[str, str], name: str) -> None:
    """By its setting."""
    with pytest.raises(Misconfigured, match=name):
        async with open_svix(settings("http://127.0.0.1:9", **changes)):
            pass


async def test_nobody_there_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the token is not told."""
    monkeypatch.setattr(client, "_RETRIES_S", [])
    async with open_svix(settings("http://127.0.0.1:9", svix_token=MARKER)) as svix:
        with pytest.raises(Unavailable) as silent:
            await svix.endpoints()
    assert MARKER not in f"{silent.value!r}{silent.value}"


class Circle(BaseHTTPRequestHandler):
    """A list whose pages lead from a to b, and back to a."""

    def do_GET(self) -> None:
        other = "b" if "iterator=a" in self.path else "a"
        row = {
            "id": f"ep_{other}",
            "url": "https://a.example.org/",
            "description": "",
            "version": 1,
            "metadata": {},
            "createdAt": "2026-11-01T00:00:00Z",
            "updatedAt": "2026-11-01T00:00:00Z",
        }
        if "/msg" in self.path or "attempted" in self.path:
            row = {"id": f"msg_{other}", "eventType": "x", "payload": {}, "timestamp": "2026-11-01T00:00:00Z"}
            row |= {"status": 2, "statusText": "fail"}
        body = json.dumps({"data": [row], "done": False, "iterator": other, "prevIterator": None}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


async def test_a_list_in_circles_ends() -> None:
    """It is asked for no third time, and what is behind it is not taken for nothing."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Circle)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        async with open_svix(settings(f"http://127.0.0.1:{server.server_port}")) as svix, asyncio.timeout(20):
            with pytest.raises(Unavailable, match="in circles"):
                await svix.endpoints()
            with pytest.raises(Unavailable, match="in circles"):
                await svix.failed("ep_a", SvixSpan(now_ms() - HOUR_MS, None), now_ms())
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
