"""The client over real sockets, against answers of every kind."""

import asyncio
import gzip
import json
import re
from typing import Any

import pytest

from connectors.junction import FailureReason, NotAuthorized, Refused, TryLater, iterate_pages, open_client
from connectors.junction.client import Client
from connectors.junction.credentials import AccessToken
from connectors.junction.http import HttpTransport
from connectors.junction.limits import Limits
from connectors.junction.retry_policy import RetryPolicy
from streams.ops import metrics
from streams.ops.errors import Misconfigured, StreamsError
from tests.connectors.junction.scripted import HANG, KEY, Request, Scripted, http, scripted, settings_for

SPAN = (1_780_480_800_000_000, 1_780_567_200_000_000)
USER = "5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e77"
SLEEP = http(200, b'{"sleep":[{"id":"s1"}]}')
CUT = http(200, b"{}", "connection: close", length=99)
QUICK = RetryPolicy(tries=4, total_s=30, wait_first_s=0.01, wait_max_s=0.05)


async def ask(*answers: Any, **changes: object) -> tuple[Any, Scripted]:
    """What `page` of sleep comes to, and what the server saw."""
    async with scripted(*answers) as server:
        patience = changes.pop("patience", QUICK)
        async with open_client(settings_for(server.url, **changes), patience) as client:  # type: ignore[arg-type]  # because changes hold both
            try:
                return await client.page("sleep", USER, SPAN, "oura"), server
            except StreamsError as error:
                return error, server


async def test_a_request_is_as_documented() -> None:
    """Path, parameters, key and trace of one call."""
    page, server = await ask(SLEEP)
    (request,) = server.requests
    assert page.rows == 1
    assert request.target.startswith(f"/v2/summary/sleep/{USER}?provider=oura&start_date=2026-06-03T")
    assert request.headers["x-vital-api-key"] == KEY
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", request.headers["traceparent"])


async def test_a_trace_is_passed_on() -> None:
    """A given traceparent goes as it is, with every try; one that is none is replaced."""
    given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    async with (
        scripted(http(503), SLEEP) as server,
        open_client(settings_for(server.url), QUICK) as client,
    ):
        await client.page("sleep", USER, SPAN, traceparent=given)
        await client.page("sleep", USER, SPAN, traceparent="x" + given)
    sent = [request.headers["traceparent"] for request in server.requests]
    assert sent[:2] == [given, given]
    assert given not in sent[2]


@pytest.mark.parametrize(
    "failing",
    [http(408), http(409), http(425), http(429), http(500), http(503), b"", http(200, b'{"sle'), CUT],
    ids=["408", "409", "425", "429", "500", "503", "cut", "cut JSON", "cut body"],
)
async def test_what_may_pass_is_tried_again(failing: bytes) -> None:
    """Twice wrong, then right: the caller sees the answer."""
    page, server = await ask(failing, failing, SLEEP)
    assert page.rows == 1
    assert len(server.requests) == 3


async def test_tries_are_bounded() -> None:
    """A server that is never well: as many tries as the settings say, then the caller may come back later."""
    error, server = await ask(http(503))
    assert isinstance(error, TryLater)
    assert (error.reason, len(server.requests)) == (FailureReason.SERVER_ERROR, QUICK.tries)
    error, server = await ask(
        http(503), patience=RetryPolicy(tries=100, total_s=1e-9, wait_first_s=0.0, wait_max_s=0.0)
    )
    assert isinstance(error, TryLater)
    assert len(server.requests) == 1


async def test_a_silent_server_is_a_timeout() -> None:
    """No answer, or one that drips: the time is bounded to the last byte."""
    drip = http(200, b" " * 5, length=100)
    for answer in (HANG, drip):
        error, _ = await ask(answer, junction_timeout_s=0.2, patience=RetryPolicy(tries=1))
        assert isinstance(error, TryLater)
        assert error.reason is FailureReason.TIMEOUT


async def test_nobody_there_is_network() -> None:
    """A closed port is tried again like any other trouble of the way, and named."""
    async with open_client(settings_for("http://127.0.0.1:9"), RetryPolicy(tries=1)) as client:
        with pytest.raises(TryLater) as caught:
            await client.providers()
    assert caught.value.reason is FailureReason.NETWORK


@pytest.mark.parametrize("status", [400, 402, 403, 422, 302])
async def test_what_stays_is_asked_once(status: int) -> None:
    """No second try for a request that will not become right; a redirect is not followed, so the key stays here."""
    error, server = await ask(http(status, b"{}", "location: http://127.0.0.1:9/"))
    assert isinstance(error, Refused)
    assert len(server.requests) == 1


async def test_a_wait_that_junction_names_is_kept() -> None:
    """A short one is waited for in the call, a long one is the caller's; both hold all other calls of the team."""
    page, server = await ask(http(429, b"", "retry-after: 0"), SLEEP)
    assert page.rows == 1
    assert len(server.requests) == 2
    error, server = await ask(http(429, b"", "retry-after: 600"))
    assert isinstance(error, TryLater)
    assert (error.retry_after_s, len(server.requests)) == (600, 1)


async def test_missing_is_empty() -> None:
    """404: a page without rows that says so, None for things, nothing for lists."""
    page, server = await ask(http(404, b'{"detail":"not found"}'))
    assert (page.rows, page.is_missing, len(server.requests)) == (0, True, 1)
    async with scripted(http(404)) as server, open_client(settings_for(server.url)) as client:
        assert await client.user(USER) is None
        assert await client.resolve("mine") is None
        assert await client.workout_stream(USER) is None
        assert await client.user_providers(USER) == ()
        assert (await client.historical_pulls(USER)).data == []


@pytest.mark.parametrize("status", [400, 404, 410, 422])
async def test_what_is_refused_behind_the_first_page_is_the_cursor(status: int) -> None:
    """Of pages and listings alike, and a 404 there is not the end of the pages."""
    async with scripted(http(status)) as server, open_client(settings_for(server.url)) as client:
        for call in (
            client.page("steps", USER, (0, 1), cursor="old"),
            client.historical_pulls(USER, cursor="old"),
            client.resources(USER, cursor="old"),
        ):
            with pytest.raises(Refused) as refused:
                await call
            assert refused.value.reason is FailureReason.CURSOR


async def test_a_wrong_address_is_found_out() -> None:
    """`check` tells an address where nothing is from one where nothing is found."""
    async with scripted(http(404)) as server, open_client(settings_for(server.url)) as client:
        with pytest.raises(Misconfigured, match="STREAMS_JUNCTION_URL"):
            await client.check()
    async with scripted(http(200, b'[{"slug":"oura"}]')) as server, open_client(settings_for(server.url)) as client:
        await client.check()


async def test_a_refused_key_is_for_a_person() -> None:
    """401 with a key: one request, and a sentence that names the setting and not the key."""
    error, server = await ask(http(401))
    assert isinstance(error, NotAuthorized)
    assert "STREAMS_JUNCTION_API_KEY" in str(error)
    assert KEY not in str(error)
    assert len(server.requests) == 1


@pytest.mark.parametrize("changes", [{"junction_api_key": ""}, {"junction_api_key": "a b"}, {"junction_api_key": "é"}])
async def test_no_key_is_for_a_person(changes: dict[str, object]) -> None:
    """Without credentials, or with what cannot be one, nothing is sent."""
    with pytest.raises(NotAuthorized):
        async with open_client(settings_for("http://127.0.0.1:9", **changes)):
            pass


@pytest.mark.parametrize("is_packed", [False, True])
async def test_answers_are_bounded(is_packed: bool) -> None:
    """An answer above the bound is refused before it is whole; what counts is its size unpacked."""
    body, header = b'"' + b"x" * 1_100_000 + b'"', ["content-encoding: gzip"] if is_packed else []
    answer = http(200, gzip.compress(body) if is_packed else body, *header)
    error, server = await ask(answer, junction_answer_bytes_max=1024 * 1024)
    assert isinstance(error, Refused)
    assert (error.reason, len(server.requests)) == (FailureReason.TOO_LARGE, 1)


async def test_a_page_that_leads_to_itself_ends_the_walk() -> None:
    """The next cursor is the one that was sent: two pages, and no third."""
    answer = http(200, b'{"groups":{},"next_cursor":"again"}')
    async with scripted(answer) as server, open_client(settings_for(server.url)) as client:
        with pytest.raises(Refused) as caught:
            [page async for page in iterate_pages(lambda cursor: client.page("steps", USER, SPAN, cursor=cursor))]
    assert caught.value.reason is FailureReason.ENDLESS
    assert len(server.requests) == 2


async def test_calls_share_the_limits() -> None:
    """Twenty callers, three connections: never more than three requests under way."""
    async with (
        scripted(SLEEP) as server,
        open_client(settings_for(server.url, junction_requests_at_once=3)) as client,
    ):
        await asyncio.gather(*(client.page("sleep", USER, SPAN) for _ in range(20)))
    assert len(server.requests) == 20
    assert 1 <= server.most_at_once <= 3


async def test_tries_are_counted() -> None:
    """Each try by endpoint and outcome."""

    def count(outcome: str) -> float:
        return float(metrics.API_CALLS.labels("summary", outcome)._value.get())

    before = count("server_error"), count("ok")
    await ask(http(503), SLEEP)
    assert (count("server_error"), count("ok")) == (before[0] + 1, before[1] + 1)


class Tokens:
    """A management API and a data API in one: mints tokens, and knows which are good."""

    def __init__(self, lives_s: int = 300) -> None:
        self.lives_s, self.minted, self.good = lives_s, 0, set[str]()

    def __call__(self, request: Request) -> bytes:
        if request.method == "POST":
            assert request.headers["x-management-key"] == "mg_key"
            assert json.loads(request.body) == {"env": "production"}
            self.minted += 1
            self.good.add(f"Bearer t{self.minted}")
            return http(200, json.dumps({"access_token": f"t{self.minted}", "expires_in": self.lives_s}).encode())
        return SLEEP if request.headers["authorization"] in self.good else http(401)


def minting(url: str) -> dict[str, object]:
    return {
        "junction_api_key": "",
        "junction_management_key": "mg_key",
        "junction_management_url": url,
        "junction_org_id": "o1",
        "junction_team_id": "t1",
    }


async def with_tokens(tokens: Any, work: Any) -> Scripted:
    async with scripted(tokens) as server:
        async with open_client(settings_for(server.url, **minting(server.url)), QUICK) as client:
            await work(client)
        return server


async def test_a_token_is_minted_once() -> None:
    """Ten calls at once share one token; the request is the documented one."""
    tokens = Tokens()

    async def work(client: Client) -> None:
        await asyncio.gather(*(client.page("sleep", USER, SPAN) for _ in range(10)))

    server = await with_tokens(tokens, work)
    (mint,) = [request for request in server.requests if request.method == "POST"]
    assert mint.target == "/v1/org/o1/team/t1/create_api_access_token"
    assert tokens.minted == 1


async def test_a_token_is_renewed_before_its_end_and_after_a_refusal() -> None:
    """Near its end a token is minted anew without a 401; one that is refused early is minted anew, once for all that
    were refused, and the calls made; one that is refused at once is for a person."""
    now, tokens = [1000.0], Tokens(lives_s=300)
    async with scripted(tokens) as server:
        settings = settings_for(server.url, **minting(server.url))
        connections = HttpTransport(at_once=8, timeout_s=10, answer_bytes_max=1024)
        credentials = AccessToken(settings, connections, clock=lambda: now[0])
        client = Client(server.url, connections, credentials, Limits(10_000, 8), QUICK)
        for wait_s, minted in ((0, 1), (100, 1), (190, 2)):
            now[0] += wait_s
            await client.page("sleep", USER, SPAN)
            assert tokens.minted == minted
        tokens.good.clear()
        now[0] += 60
        await asyncio.gather(*(client.page("sleep", USER, SPAN) for _ in range(5)))
        assert tokens.minted == 3
        tokens.good.clear()
        with pytest.raises(NotAuthorized, match="just minted"):
            await client.page("sleep", USER, SPAN)
        await connections.close()
    assert tokens.minted == 3


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_a_refused_management_key_is_for_a_person(status: int) -> None:
    """Minting that is not allowed stops everything, with the names of the settings."""

    async def work(client: Client) -> None:
        with pytest.raises(NotAuthorized, match="STREAMS_JUNCTION_MANAGEMENT_KEY") as caught:
            await client.page("sleep", USER, SPAN)
        assert "mg_key" not in str(caught.value)

    await with_tokens(http(status), work)


async def test_limited_minting_is_waited_for() -> None:
    """429 of the minting is like any other: the call is tried again."""
    tokens, answers = Tokens(), [http(429), http(503)]

    async def work(client: Client) -> None:
        assert (await client.page("sleep", USER, SPAN)).rows == 1

    await with_tokens(lambda request: answers.pop() if answers else tokens(request), work)


async def test_a_management_key_needs_its_team() -> None:
    """Half of the settings is a sentence, not a request."""
    half = minting("http://127.0.0.1:9") | {"junction_team_id": ""}
    with pytest.raises(Misconfigured, match="STREAMS_JUNCTION_ORG_ID"):
        async with open_client(settings_for("http://127.0.0.1:9", **half)):
            pass
