"""Passes a request on to the worker that has the user's tables."""

from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web
from yarl import URL

from streams.ops import addresses, log
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings
from streams.status.answers import error

FORWARD_S = 5.0
VIEW_BYTES_MAX = 16 * 1024 * 1024
SESSION = web.AppKey("session", aiohttp.ClientSession)  # to other workers, one for all forwarded requests
HOP = "x-streams-hop"  # the second worker's answer is final: no third one is asked

logger = log.get("lookup")


async def open_session(token: str, app: web.Application) -> AsyncIterator[None]:
    """Held while the application runs (`cleanup_ctx`)."""
    headers = {HOP: "1", "accept-encoding": "identity", **({"authorization": f"Bearer {token}"} if token else {})}
    timeout = aiohttp.ClientTimeout(total=FORWARD_S)
    async with aiohttp.ClientSession(timeout=timeout, headers=headers, auto_decompress=False) as session:
        app[SESSION] = session
        yield


def trusted(settings: Settings, url: str) -> str:
    """The URL that a member of the group announces; "" for one that the token must not be sent to."""
    # Whoever may join the group may read its topics. That is no reason to send data, or the token, in the clear.
    try:
        if url:
            addresses.check("a worker's address", url, insecure=settings.insecure, why="user ids and the token")
    except Misconfigured:
        logger.warning("worker_not_asked", address=addresses.shown(url))
        return ""
    return url


async def forward(request: web.Request, url: str, user_id: str) -> web.Response:
    """The answer of the worker at `url`; 503 without one, or for a request that was forwarded before."""
    if not url or HOP in request.headers:
        return error(503, "this user's worker is not known yet: a rebalance is under way", {"retry-after": "2"})
    where = URL(f"{url.rstrip('/')}/users/{addresses.segment(user_id)}", encoded=True)
    try:
        async with request.app[SESSION].get(where, allow_redirects=False) as answer:
            body = await _bounded(answer)
            return web.Response(status=answer.status, body=body, content_type="application/json")
    except (aiohttp.ClientError, TimeoutError, OSError):
        return error(503, "this user's worker does not answer", {"retry-after": "2"})


async def _bounded(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for piece in answer.content.iter_any():
        body += piece
        if len(body) > VIEW_BYTES_MAX:
            raise aiohttp.ClientPayloadError("too large")
    return bytes(body)
