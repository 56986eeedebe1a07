"""The query API of a worker: `GET /users/{user_id}`. A user of another worker is asked for there.

aiohttp, because it runs in the worker's own event loop and comes with Faust. It listens on loopback, elsewhere only
with a token: who may read this may read who is connected to what.
"""

import asyncio
import time
from functools import partial
from typing import Any, Protocol

from aiohttp import web
from yarl import URL

from streams.events import ids, partition_for
from streams.ops import addresses, log
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings
from streams.status.access import Guard, guard_of
from streams.status.answers import error
from streams.status.forwarding import forward, open_session, trusted
from streams.status.view import of_user

KEEPALIVE_S = 60.0
SHARED = (
    "two workers announce one STREAMS_QUERY_URL, so this user's worker cannot be told from the other: give each its "
    "own (docs/deploy.md, More workers)"
)

logger = log.get("lookup")


class Tables(Protocol):
    """What a worker knows of its tables and its group."""

    def owns(self, partition: int) -> bool: ...
    def rows(self, table: str, partition: int, start: bytes, stop: bytes) -> Any: ...
    def owner_url(self, partition: int) -> str:
        """Empty while no worker has its tables, or this one restores them. Our own URL: another worker announces it."""
        ...


async def serve(settings: Settings, tables: Tables) -> None:
    """Answer until cancelled. Without the port the worker goes on, after a warning: data matter more than a view."""
    runner = web.AppRunner(
        build(settings, tables), access_log=None, handle_signals=False, keepalive_timeout=KEEPALIVE_S
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.query_host, settings.query_port).start()
    except OSError as taken:
        logger.warning("no_query_api", host=settings.query_host, port=settings.query_port, why=taken.strerror)
        return
    try:
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


def build(settings: Settings, tables: Tables) -> web.Application:
    """The application."""
    guard = guard_of(settings, settings.query_host)

    async def user(request: web.Request) -> web.Response:
        if refusal := _refused(request, guard):
            return refusal
        user_id = ids.canonical(request.match_info["user_id"])
        partition = partition_for(user_id, settings.partitions)
        if tables.owns(partition):
            try:
                view = of_user(user_id, lambda *span: tables.rows(span[0], partition, *span[1:]), time.time())
            except Misconfigured as unreadable:  # rows of another version: the worker ends when an event meets them
                return error(503, str(unreadable))
            return web.json_response({**view, "worker": settings.worker_id, "partition": partition})
        url = trusted(settings, tables.owner_url(partition))
        if url and URL(url) == URL(settings.query_address):  # no rebalance mends it: no `retry-after`
            return error(503, SHARED)
        return await forward(request, url, user_id)

    app = web.Application(client_max_size=1024)
    app.cleanup_ctx.append(partial(open_session, guard.token))
    app.router.add_get("/users/{user_id}", user)
    app.router.add_get("/healthz", _healthz)
    return app


def _refused(request: web.Request, guard: Guard) -> web.Response | None:
    """The error to answer, None for a request that is allowed."""
    if wrong := guard.judge(request.headers):
        return error(*wrong)
    try:
        addresses.segment(request.match_info["user_id"])
    except ValueError:
        return error(400, "not a user id")
    return None


async def _healthz(_: web.Request) -> web.Response:
    return web.Response(text="ok")
