"""The query API of a worker: `GET /users/{user_id}`. A user of another worker is asked for there.

aiohttp, because it runs in the worker's own event loop and comes with Faust. Loopback unless told otherwise, and then
only with a token: who may read this may read who is connected to what.
"""

import asyncio
import hmac
import ipaddress
import time
from collections.abc import Mapping
from typing import Any, Protocol

import aiohttp
from aiohttp import web
from yarl import URL

from streams import ids, log, topics
from streams.errors import Misconfigured
from streams.lookup.view import of_user
from streams.settings import Settings

FORWARD_S = 5.0
HOP = "x-streams-hop"  # an answer from the second worker is final: nobody asks a third

logger = log.get("lookup")


class Tables(Protocol):
    """What a worker knows of its tables and its group."""

    def owns(self, partition: int) -> bool: ...
    def rows(self, table: str, partition: int, start: bytes, stop: bytes) -> Any: ...
    def owner_url(self, partition: int) -> str: ...


def check(settings: Settings) -> None:
    """Raises Misconfigured when the API would be open to others without a token."""
    if settings.query_port and not _is_loopback(settings.query_host) and not settings.query_token.get_secret_value():
        raise Misconfigured(
            f"STREAMS_QUERY_HOST={settings.query_host} lets others ask who is connected to what: set "
            "STREAMS_QUERY_TOKEN, or bind it to 127.0.0.1"
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def serve(settings: Settings, tables: Tables) -> None:
    """Answer until cancelled. A port in use is said and lived without: data matter more than looking at them."""
    runner = web.AppRunner(build(settings, tables), access_log=None, handle_signals=False)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.query_host, settings.query_port).start()
    except OSError as error:
        logger.warning("no_query_api", host=settings.query_host, port=settings.query_port, why=error.strerror)
        return
    try:
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


def build(settings: Settings, tables: Tables) -> web.Application:
    """The application."""
    token = settings.query_token.get_secret_value()

    async def user(request: web.Request) -> web.Response:
        if token and not _is_allowed(request.headers, token):
            return _error(401, "a token is required: Authorization: Bearer ...")
        user_id = ids.canonical(request.match_info["user_id"])
        partition = topics.partition_for(user_id, settings.partitions)
        if tables.owns(partition):
            try:
                view = of_user(user_id, lambda *span: tables.rows(span[0], partition, *span[1:]), time.time())
            except Misconfigured as error:  # rows of another version: the worker ends when an event meets them
                return _error(503, str(error))
            return web.json_response({**view, "worker": settings.worker_id, "partition": partition})
        return await _elsewhere(request, tables.owner_url(partition), user_id, token)

    app = web.Application(client_max_size=1024)
    app.router.add_get("/users/{user_id}", user)
    app.router.add_get("/healthz", _healthz)
    return app


async def _healthz(_: web.Request) -> web.Response:
    return web.Response(text="ok")


def _is_allowed(headers: Mapping[str, str], token: str) -> bool:
    given = headers.get("authorization", "")
    return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())


async def _elsewhere(request: web.Request, url: str, user_id: str, token: str) -> web.Response:
    if not url or HOP in request.headers:
        return _error(503, "this user's worker is not known yet: a rebalance is under way", {"retry-after": "2"})
    headers = {HOP: "1", **({"authorization": f"Bearer {token}"} if token else {})}
    timeout = aiohttp.ClientTimeout(total=FORWARD_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, headers=headers) as session,
            session.get(URL(url) / "users" / user_id) as answer,
        ):
            return web.Response(status=answer.status, body=await answer.read(), content_type="application/json")
    except (aiohttp.ClientError, TimeoutError, OSError):
        return _error(503, "this user's worker does not answer", {"retry-after": "2"})


def _error(status: int, sentence: str, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.json_response({"error": sentence}, status=status, headers=headers)
