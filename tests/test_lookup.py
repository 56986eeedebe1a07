"""The query API: what a worker says about a user, who may ask, and where a user of another worker is asked for."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from pydantic import SecretStr

from streams import status, topics
from streams.errors import Misconfigured, Unavailable
from streams.fetch import job as jobs
from streams.fetch import progress
from streams.lookup import server, view
from streams.settings import Settings
from tests.folding import NOW_MS, Worker
from tests.test_backfill import USER, connected, event, failed, historical, notice, say

PARTITION = topics.partition_for(USER, 12)


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
        seen = await asyncio.to_thread(status.ask, settings(query_url=url), USER)
    assert (seen["worker"], seen["partition"]) == ("w0", PARTITION)
    status.show(seen, as_json=False)
    status.show({**seen, "connections": [], "resources": [], "backfills": []}, as_json=False)
    said = capsys.readouterr().out
    assert "error (token_refresh_failed)" in " ".join(said.split())
    assert "Nothing is known of this user" in said


async def test_another_workers_user_is_asked_for_there() -> None:
    """The answer comes from the owner; an unknown owner, one that is away, and a circle are 503, not a hang."""
    async with running(settings(worker_id="w1"), Tables(someone(), {PARTITION})) as owner:
        async with running(settings(), Tables(Worker(), set(), owner)) as other:
            seen = await asyncio.to_thread(status.ask, settings(query_url=other), USER)
            assert seen["worker"] == "w1"
        for elsewhere in ("", "http://127.0.0.1:9"):
            async with running(settings(), Tables(Worker(), set(), elsewhere)) as other:
                with pytest.raises(Unavailable):
                    await asyncio.to_thread(status.ask, settings(query_url=other), USER)
    tables = Tables(Worker(), set())
    async with running(settings(), tables) as other:
        tables._elsewhere = other
        with pytest.raises(Unavailable, match="rebalance"):
            await asyncio.to_thread(status.ask, settings(query_url=other), USER)


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
            await asyncio.to_thread(status.ask, settings(query_url=url), USER)
        asked = settings(query_url=url, query_token=SecretStr("t0ken"))
        assert (await asyncio.to_thread(status.ask, asked, USER))["connections"]


def test_open_to_others_needs_a_token() -> None:
    """Bound to more than loopback without a token, the worker does not start."""
    for host in ("0.0.0.0", "192.0.2.1", "::", "example.org"):  # noqa: S104  # because this is what is refused
        with pytest.raises(Misconfigured, match="STREAMS_QUERY_TOKEN"):
            server.check(settings(query_host=host, query_port=1))
        server.check(settings(query_host=host, query_port=1, query_token=SecretStr("t")))
        server.check(settings(query_host=host))
    server.check(settings(query_host="::1", query_port=1))


def test_without_a_worker_to_ask() -> None:
    """A sentence says which setting is missing."""
    with pytest.raises(Misconfigured, match="STREAMS_QUERY_PORT"):
        status.ask(settings(), USER)


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
