"""The query API: what a worker says about a user, who may ask, and where a user of another worker is asked for."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from pydantic import SecretStr
from yarl import URL

from streams.cli.show.status import print_status
from streams.engine.positions import owners
from streams.events.partitions import partition_for
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.settings import Settings
from streams.status import access, client, server, view
from streams.tables.history import backfills, progress
from streams.tables.history import job as jobs
from tests.folding import NOW_MS, Worker
from tests.tables.history.test_backfills import USER, connected, event, failed, historical, notice, say

PARTITION = partition_for(USER, 12)


class Tables:
    """A worker's tables in memory. `owned`: partitions it has; `elsewhere`: the address of who has the others."""

    def __init__(self, worker: Worker, owned: set[int], elsewhere: str = "") -> None:
        self._worker, self._owned, self._elsewhere = worker, owned, elsewhere

    def owns(self, partition: int) -> bool:
        return partition in self._owned

    def rows(self, table: str, partition: int, start: bytes, stop: bytes) -> Iterator[tuple[bytes, bytes]]:
        return iter(sorted((k, v) for k, v in self._worker.tables[table].items() if start <= k < stop))

    def owner_url(self, partition: int) -> str:
        return self._elsewhere


def settings(**more: Any) -> Settings:
    return Settings(_env_file=None, **more)


@asynccontextmanager
async def running(of: Settings, tables: Tables) -> AsyncIterator[str]:
    runner = web.AppRunner(server.build(of, tables))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def someone() -> Worker:
    """A user with a broken and a working connection, a history that is half fetched, and data."""
    worker = Worker()
    worker.deliver(connected("oura", "sleep", "activity", "profile"), id="c1")
    worker.deliver(connected("fitbit", "steps"), id="c2")
    worker.deliver(failed("fitbit"), id="e1", at_ms=NOW_MS + 1)
    worker.deliver(notice(), id="n1")
    job = jobs.after_page(jobs.begin(worker.requests[0], NOW_MS), 2, "", NOW_MS)
    say(worker, progress.of(job, NOW_MS))
    historical(worker, "night", backfill_id=worker.requests[0].id)
    return worker


def test_a_view_says_what_the_tables_say() -> None:
    """Connections with their state, resources with their age, the backfill with its counts, and what is awaited."""
    tables = Tables(someone(), {3})
    seen = view.of_user(USER, lambda table, *span: tables.rows(table, 3, *span), NOW_MS / 1000)
    assert {row["provider"]: row["status"] for row in seen["connections"]} == {"oura": "connected", "fitbit": "error"}
    (fill,) = seen["backfills"]
    assert (fill["status"], fill["rows"], fill["rows_new"]) == ("fetching", 2, 1)
    assert 0 < fill["share"] < 1
    (fresh,) = seen["resources"]
    assert (fresh["resource"], fresh["days_with_data"], fresh["oldest_data_at"]) == ("sleep", 1, "2026-05-01T00:00:00Z")
    assert seen["awaited"] == [
        {"provider": "fitbit", "resource": "steps"},
        {"provider": "oura", "resource": "activity"},
    ]


@pytest.mark.parametrize("after", range(4))
def test_a_commit_between_two_scans(after: int) -> None:
    """Whenever it comes: the days of a history that is called complete are there, and what was announced is awaited no
    more."""
    worker = Worker()
    worker.deliver(connected("oura", "sleep", "activity"), id="c1")
    worker.deliver(notice(), id="n1")
    job = jobs.after_page(jobs.begin(worker.requests[0], NOW_MS), 1, "", NOW_MS)
    while job.is_open:
        job = jobs.after_page(job, 0, "", NOW_MS)
    say(worker, progress.of(job, NOW_MS))
    tables, scans = Tables(worker, {3}), 0

    def scan(table: str, *span: bytes) -> Iterator[tuple[bytes, bytes]]:
        nonlocal scans
        if scans == after:
            historical(worker, "night", backfill_id=worker.requests[0].id)
            worker.deliver(notice("activity"), id="n2")
        scans += 1
        return tables.rows(table, 3, *span)

    seen = view.of_user(USER, scan, NOW_MS / 1000)
    status_of = {row["resource"]: row["status"] for row in seen["backfills"]}
    if status_of["sleep"] == "complete":
        assert [row["days_with_data"] for row in seen["resources"]] == [1]
    assert not {row["resource"] for row in seen["awaited"]} & status_of.keys()


def test_nobody_else_is_in_a_view() -> None:
    """A user whose id begins with another one's, or holds the separator, stays out."""
    worker = Worker()
    for user in ("u", "u1", "u|1", "u%7C1"):
        worker.deliver({**event("provider.connection.error", {"provider": "oura"}), "user_id": user}, id=user)
    tables = Tables(worker, {3})
    for user in ("u", "u1", "u|1", "u%7C1"):
        seen = view.of_user(user, lambda table, *span: tables.rows(table, 3, *span), 0)
        assert [row["provider"] for row in seen["connections"]] == ["oura"], user


async def test_over_http_and_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    """`status` prints what the worker answers; nothing of the page depends on the width of a pipe."""
    async with running(settings(), Tables(someone(), {PARTITION})) as url:
        seen = await asyncio.to_thread(client.ask, settings(query_url=url), USER)
    assert (seen["worker"], seen["partition"]) == ("w0", PARTITION)
    print_status(seen, as_json=False)
    print_status({**seen, "connections": [], "resources": [], "backfills": []}, as_json=False)
    said = capsys.readouterr().out
    assert "error (token_refresh_failed)" in " ".join(said.split())
    assert "Nothing is known of this user" in said


async def test_another_workers_user_is_asked_for_there() -> None:
    """The answer comes from the owner; an unknown owner, one that is away, and a circle are 503, not a hang."""
    async with running(settings(worker_id="w1"), Tables(someone(), {PARTITION})) as owner:
        async with running(settings(), Tables(Worker(), set(), owner)) as other:
            seen = await asyncio.to_thread(client.ask, settings(query_url=other), USER)
            assert seen["worker"] == "w1"
        for elsewhere in ("", "http://127.0.0.1:9"):
            async with running(settings(), Tables(Worker(), set(), elsewhere)) as other:
                with pytest.raises(Unavailable):
                    await asyncio.to_thread(client.ask, settings(query_url=other), USER)
    tables = Tables(Worker(), set())
    async with running(settings(), tables) as other:
        tables._elsewhere = other
        with pytest.raises(Unavailable, match="rebalance"):
            await asyncio.to_thread(client.ask, settings(query_url=other), USER)


@pytest.mark.parametrize("announced", ["http://worker:8070", "http://worker:8070/"])
async def test_two_workers_with_one_address_are_named(announced: str) -> None:
    """Where another worker announces our address, the answer is what to set, not a rebalance that never ends."""
    ours = settings(query_url="http://worker:8070")
    async with running(ours, Tables(someone(), set(), announced)) as url:
        with pytest.raises(Unavailable, match="two workers announce one STREAMS_QUERY_URL"):
            await asyncio.to_thread(client.ask, settings(query_url=url), USER)


def test_of_two_workers_with_one_address_neither_is_a_rebalance() -> None:
    """The later one hides the earlier: both halves are told as ours, but for what is read here just now."""
    log, us, them = "g-connections-changelog", "http://worker:8070", "http://worker-1:8070"
    assert owners.url_of(0, {}, set(), us) == ""
    apart = {us: {log: [0]}, them: {log: [1]}}
    assert [owners.url_of(n, apart, {0}, us) for n in (0, 1)] == ["", them]
    assert [owners.url_of(n, {us: {log: [1]}}, {0}, us) for n in (0, 1)] == ["", us]  # theirs hides ours
    assert [owners.url_of(n, {us: {log: [0]}}, {0}, us) for n in (0, 1)] == ["", us]  # ours hides theirs


async def test_a_token_keeps_others_out() -> None:
    """Without the token 401 and no word about anybody; with it the answer, passed on to the owner as well."""
    secret = settings(query_token=SecretStr("t0ken"))
    async with (
        running(secret, Tables(someone(), {PARTITION})) as owner,
        running(secret, Tables(Worker(), set(), owner)) as url,
    ):
        async with aiohttp.ClientSession() as session:
            for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": "t0ken"}):
                async with session.get(f"{url}/users/{USER}", headers=headers) as answer:
                    assert answer.status == 401
                    assert USER not in await answer.text()
        with pytest.raises(Misconfigured, match="STREAMS_QUERY_TOKEN"):
            await asyncio.to_thread(client.ask, settings(query_url=url), USER)
        asked = settings(query_url=url, query_token=SecretStr("t0ken"))
        assert (await asyncio.to_thread(client.ask, asked, USER))["connections"]


def test_open_to_others_needs_a_token() -> None:
    """Bound to more than loopback without a token, the worker does not start."""
    for host in ("0.0.0.0", "192.0.2.1", "::", "worker.internal"):  # noqa: S104  # because this is what is refused
        with pytest.raises(Misconfigured, match="STREAMS_QUERY_TOKEN"):
            access.check(settings(query_host=host, query_port=1))
        access.check(settings(query_host=host, query_port=1, query_token=SecretStr("t")))
        access.check(settings(query_host=host))
    access.check(settings(query_host="::1", query_port=1))


def test_without_a_worker_to_ask() -> None:
    """A sentence says which setting is missing."""
    with pytest.raises(Misconfigured, match="STREAMS_QUERY_PORT"):
        client.ask(settings(), USER)


async def test_rows_of_another_version() -> None:
    """Where the tables hold a row that this version cannot read, the answer is the sentence, not a guess."""
    worker = someone()
    (key,) = (key for key in worker.tables["backfills"])
    worker.tables["backfills"][key] = b"\x09" + worker.tables["backfills"][key][1:]
    async with (
        running(settings(), Tables(worker, {PARTITION})) as url,
        aiohttp.ClientSession() as session,
        session.get(f"{url}/users/{USER}") as answer,
    ):
        assert answer.status == 503
        assert "a row of the table backfills (a backfill) has format 9" in (await answer.json())["error"]


async def raw_get(url: str, target: str, *headers: str) -> tuple[int, bytes]:
    """Status and whole answer to a request whose bytes no client would write."""
    port = URL(url).port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = [f"GET {target} HTTP/1.1", "connection: close", *headers]
    writer.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n")
    answer = await reader.read()
    writer.close()
    return int(answer.split(b" ", 2)[1]), answer


@pytest.mark.parametrize("given", ["Bearer \xff", "\xff\xfe", "Bearer t0ken\xff", "Bearer " + "x" * 4_000, ""])
async def test_any_bytes_are_a_wrong_token(given: str) -> None:
    """They are refused like any other, and nothing fails."""
    async with running(settings(query_token=SecretStr("t0ken")), Tables(someone(), {PARTITION})) as url:
        status_, _ = await raw_get(url, f"/users/{USER}", "host: localhost", f"authorization: {given}")
    assert status_ == 401


TRICKS = ["/users/%2Fx", "/users/a%2F..%2F..%2Fadmin", "/users/%2E%2E", "/users/..%2Fadmin", "/users/a%3Fb=c%23d"]


@pytest.mark.parametrize("target", [*TRICKS, "/users/a%25b", "/users/a%7Cb", "/users/" + "a" * 300, "/users/%FF"])
async def test_an_id_is_passed_on_as_one_part_of_a_path(target: str) -> None:
    """Another worker is asked about that very id, or nobody is: never for another path."""
    asked = list[str]()

    async def record(request: web.Request) -> web.Response:
        asked.append(request.raw_path)
        return web.json_response({})

    other = web.Application()
    other.router.add_get("/{anything:.*}", record)
    runner = web.AppRunner(other)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    elsewhere = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        async with running(settings(), Tables(Worker(), set(), elsewhere)) as url:
            status_, _ = await raw_get(url, target, "host: localhost")
    finally:
        await runner.cleanup()
    assert status_ in (200, 400, 404)
    assert all(len(URL(path, encoded=True).parts) == 3 and path.startswith("/users/") for path in asked)
    if asked:
        assert [URL(path, encoded=True).path for path in asked] == [URL(target, encoded=True).path]


@pytest.mark.parametrize("user", ["", "..", ".", "x" * 300])
async def test_status_asks_for_no_other_path(user: str) -> None:
    """What is no id is a sentence; what leads elsewhere stays an id."""
    async with running(settings(), Tables(someone(), set(range(12)))) as url:
        with pytest.raises(Misconfigured, match="not a user id"):
            await asyncio.to_thread(client.ask, settings(query_url=url), user)
        seen = await asyncio.to_thread(client.ask, settings(query_url=url), "../healthz")
        assert seen["user_id"] == "../healthz"


@pytest.mark.parametrize(
    ("host", "token", "is_answered"),
    [
        ("localhost", "", True),
        ("LOCALHOST:8070", "", True),
        ("127.0.0.1:1", "", True),
        ("[::1]:8070", "", True),
        ("evil.example", "", False),
        ("localhost.evil.example", "", False),
        ("127.0.0.1.evil.example:8070", "", False),
        ("[::1", "", False),
        ("", "", False),
        ("evil.example", "t0ken", True),
    ],
)
async def test_a_strangers_page_cannot_ask(host: str, token: str, is_answered: bool) -> None:
    """Without a token only who calls this machine by its own name: a browser may be led to 127.0.0.1 by any other."""
    async with running(settings(query_token=SecretStr(token)), Tables(someone(), {PARTITION})) as url:
        headers = [f"host: {host}", *([f"authorization: Bearer {token}"] if token else [])]
        status_, answer = await raw_get(url, f"/users/{USER}", *headers)
    assert (status_ == 200) is is_answered
    assert (b"oura" in answer) is is_answered


@pytest.mark.parametrize("elsewhere", ["http://evil.example", "ftp://localhost", "http://[::1", "nonsense"])
async def test_the_token_goes_to_no_address_that_is_not_ours(elsewhere: str) -> None:
    """Whoever may join the group may name an address: one in the clear, of others, or none at all, is not asked."""
    async with running(settings(), Tables(Worker(), set(), elsewhere)) as url:
        status_, answer = await raw_get(url, f"/users/{USER}", "host: localhost")
    assert (status_, b"rebalance" in answer) == (503, True)


@pytest.mark.parametrize("due_ms", [2**62, -(2**62)])
def test_a_row_with_a_time_that_no_date_can_say_is_shown_without_it(due_ms: int) -> None:
    """An older version has stored it; the rest of the user can still be looked at."""
    worker = someone()
    ((key, stored),) = worker.tables["backfills"].items()
    before = backfills.decode(stored)
    assert before.fetch
    worker.tables["backfills"][key] = backfills.encode(before._replace(fetch=before.fetch._replace(due_ms=due_ms)))
    tables = Tables(worker, {3})
    seen = view.of_user(USER, lambda table, *span: tables.rows(table, 3, *span), NOW_MS / 1000)
    assert seen["backfills"][0]["next_try_at"] is None
