"""Asks the workers what their tables say about one user."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from streams.events import ids
from streams.ops import addresses
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.settings import Settings
from streams.status.asking import NoAnswer, get, open_client

BUSY = frozenset({429, 502, 503, 504})
VIEW_BYTES_MAX = 16 * 1024 * 1024
Json = dict[str, Any]


class UnexpectedAnswer(Unavailable):
    """A worker answers, but not as the query API does. It concerns this user; others may be answered."""


class Views:
    """Asks workers for views of users, over one client. `close` it."""

    def __init__(self, settings: Settings) -> None:
        """Raises Misconfigured where no worker is named."""
        if not (settings.query_url or settings.query_port):
            raise Misconfigured(
                "no worker to ask: give the workers a STREAMS_QUERY_PORT each, and set one of their addresses here, "
                "as STREAMS_QUERY_URL (http://127.0.0.1:8070) or by the same STREAMS_QUERY_PORT"
            )
        self._base, self._shown = settings.query_address.rstrip("/"), addresses.shown(settings.query_address)
        self._client = open_client(settings)

    async def of(self, user_id: str) -> Json:
        """The view of a user, from whichever worker owns it. Raises Misconfigured, Unavailable; ValueError: no id."""
        url = f"{self._base}/users/{addresses.segment(ids.canonical(user_id))}"
        try:
            status, body = await get(self._client, url, VIEW_BYTES_MAX)
        except NoAnswer as why:
            raise Unavailable(f"no worker answers at {self._shown} ({why})") from None
        return _view(status, body, self._shown)

    async def close(self) -> None:
        await self._client.aclose()


def ask(settings: Settings, user_id: str) -> Json:
    """The view of one user. Raises Misconfigured or Unavailable."""

    async def asked() -> Json:
        async with open_views(settings) as views:
            return await views.of(user_id)

    try:
        return asyncio.run(asked())
    except ValueError:
        raise Misconfigured("not a user id: empty, too long, or nothing but dots") from None


@asynccontextmanager
async def open_views(settings: Settings) -> AsyncIterator[Views]:
    """Views, closed at the end. Raises Misconfigured."""
    views = Views(settings)
    try:
        yield views
    finally:
        await views.close()


def _view(status: int, body: bytes, where: str) -> Json:
    if status == 401:
        raise Misconfigured("the worker wants a token: set STREAMS_QUERY_TOKEN as the workers have it")
    try:
        view = json.loads(body)
    except (ValueError, RecursionError):
        view = None
    if status != 200:
        kind = Unavailable if status in BUSY else UnexpectedAnswer
        raise kind(f"the worker at {where} says: {_sentence(view, status)}", 2)
    if type(view) is not dict or "connections" not in view:
        raise UnexpectedAnswer(f"what answers at {where} is no worker: check STREAMS_QUERY_URL", 2)
    return view


def _sentence(answer: Any, status: int) -> str:
    error = answer.get("error") if type(answer) is dict else None
    return error if type(error) is str else f"HTTP {status}"
