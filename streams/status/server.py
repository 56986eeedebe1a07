"""The query API of a worker: `GET /users/{user_id}`. A user of another worker is asked for there.

aiohttp, because it runs in the worker's own event loop and comes with Faust. It listens on loopback, elsewhere only
with a token: who may read this may read who is connected to what.
"""

import asyncio
import hmac
import time
from collections.abc import AsyncIterator, Mapping
from functools import partial
from typing import Any, Protocol
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web
from yarl import URL

from streams.events import ids, topics
from streams.ops import addresses, log
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings
from streams.status.view import of_user

FORWARD_S = 5.0
KEEPALIVE_S = 60.0
VIEW_BYTES_MAX = 16 * 1024 * 1024
SESSION = web.AppKey("session", aiohttp.ClientSession)  # to other workers, one for all forwarded requests
SHARED = (
    "two workers announce one STREAMS_QUERY_URL, so this user's worker cannot be told from the other: give each its "
    "own (docs/deploy.md, More workers)"
)
HOP = "x-streams-hop"  # the second worker's answer is final: no third one is asked

logger = log.get("lookup")


class Tables(Protocol):
    """What a worker knows of its tables and its group."""

    def owns(self, partition: int) -> bool: ...
    def rows(self, table: str, partition: int, start: bytes, stop: bytes) -> Any: ...
    def owner_url(self, partition: int) -> str:
        """Empty while no worker has its tables, or this one restores them. Our own URL: another worker announces it."""
        ...


def check(settings: Settings) -> None:
    """Raises Misconfigured when the API would be open to others without a token."""
    if (
        settings.query_port
        and not addresses.is_loopback(settings.query_host)
        and not settings.query_token.get_secret_value()
    ):
        raise Misconfigured(
            f"STREAMS_QUERY_HOST={settings.query_host} lets others ask who is connected to what: set "
            "STREAMS_QUERY_TOKEN, or bind it to 127.0.0.1"
        )


async def serve(settings: Settings, tables: Tables) -> None:
    """Answer until cancelled. Without the port the worker goes on, after a warning: data matter more than a view."""
    runner = web.AppRunner(
        build(settings, tables), access_log=None, handle_signals=False, keepalive_timeout=KEEPALIVE_S
    )
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
    is_guarded = not token and addresses.is_loopback(settings.query_host)

    async def user(request: web.Request) -> web.Response:
        if refusal := _refused(request, token, is_guarded=is_guarded):
            return refusal
        user_id = ids.canonical(request.match_info["user_id"])
        partition = topics.partition_for(user_id, settings.partitions)
        if tables.owns(partition):
            try:
                view = of_user(user_id, lambda *span: tables.rows(span[0], partition, *span[1:]), time.time())
            except Misconfigured as error:  # rows of another version: the worker ends when an event meets them
                return _error(503, str(error))
            return web.json_response({**view, "worker": settings.worker_id, "partition": partition})
        url = _trusted(settings, tables.owner_url(partition))
        if url and URL(url) == URL(settings.query_address):  # no rebalance mends it: no `retry-after`
            return _error(503, SHARED)
        return await _elsewhere(request, url, user_id)

    app = web.Application(client_max_size=1024)
    app.cleanup_ctx.append(partial(_session, token))
    app.router.add_get("/users/{user_id}", user)
    app.router.add_get("/healthz", _healthz)
    return app


async def _session(token: str, app: web.Application) -> AsyncIterator[None]:
    headers = {HOP: "1", "accept-encoding": "identity", **({"authorization": f"Bearer {token}"} if token else {})}
    timeout = aiohttp.ClientTimeout(total=FORWARD_S)
    async with aiohttp.ClientSession(timeout=timeout, headers=headers, auto_decompress=False) as session:
        app[SESSION] = session
        yield


def _trusted(settings: Settings, url: str) -> str:
    """The URL that a member of the group announces; "" for one that the token must not be sent to."""
    # Whoever may join the group may read its topics. That is no reason to send data, or the token, in the clear.
    try:
        if url:
            addresses.check("a worker's address", url, insecure=settings.insecure, why="user ids and the token")
    except Misconfigured:
        logger.warning("worker_not_asked", address=addresses.shown(url))
        return ""
    return url


async def _healthz(_: web.Request) -> web.Response:
    return web.Response(text="ok")


def _refused(request: web.Request, token: str, *, is_guarded: bool) -> web.Response | None:
    """The error to answer, None for a request that is allowed. `is_guarded`: it must name this host."""
    # Without a token only the Host header shows DNS rebinding: a stranger's page whose name resolves to 127.0.0.1.
    if token and not _is_allowed(request.headers, token):
        return _error(401, "a token is required: Authorization: Bearer ...")
    if is_guarded and not _is_for_us(request.headers.get("host", "")):
        return _error(421, "ask for 127.0.0.1 or localhost, or set STREAMS_QUERY_TOKEN")
    try:
        addresses.segment(request.match_info["user_id"])
    except ValueError:
        return _error(400, "not a user id")
    return None


def _is_for_us(host: str) -> bool:
    try:
        return addresses.is_loopback(urlsplit(f"//{host}").hostname or "")
    except ValueError:
        return False


def _is_allowed(headers: Mapping[str, str], token: str) -> bool:
    given = headers.get("authorization", "")
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), f"Bearer {token}".encode())


async def _elsewhere(request: web.Request, url: str, user_id: str) -> web.Response:
    if not url or HOP in request.headers:
        return _error(503, "this user's worker is not known yet: a rebalance is under way", {"retry-after": "2"})
    where = URL(f"{url.rstrip('/')}/users/{addresses.segment(user_id)}", encoded=True)
    try:
        async with request.app[SESSION].get(where, allow_redirects=False) as answer:
            body = await _bounded(answer)
            return web.Response(status=answer.status, body=body, content_type="application/json")
    except (aiohttp.ClientError, TimeoutError, OSError):
        return _error(503, "this user's worker does not answer", {"retry-after": "2"})


async def _bounded(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for piece in answer.content.iter_any():
        body += piece
        if len(body) > VIEW_BYTES_MAX:
            raise aiohttp.ClientPayloadError("too large")
    return bytes(body)


def _error(status: int, sentence: str, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.json_response({"error": sentence}, status=status, headers=headers)
