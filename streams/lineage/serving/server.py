"""Answers about lineage over HTTP, on loopback, elsewhere only with a token.

`GET /deliveries/{id}`, `/story`, `/why`, `/reach`, `/healthz`. An answer is a `Story` as JSON, an error is
`{"error": sentence}`. What was measured is in an answer only where `show_values=1` asks for it.
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

from aiohttp import web

from streams.lineage.serving.questions import Answerer, DataQuery, WhyQuery, is_set
from streams.lineage.telling import Story
from streams.ops import log, terminal
from streams.ops.errors import Misconfigured, Unavailable, place
from streams.ops.settings import Settings
from streams.status.access import guard_of
from streams.status.answers import error

THREADS = 8
WAITING_MAX = 64  # questions at once; whoever asks more is told to come again
BODY_BYTES_MAX = 1024  # nobody sends one
KEEPALIVE_S = 60.0

logger = log.get("lineage")

Ask = Callable[[Answerer, web.Request], Story | Mapping[str, Any]]


def build(settings: Settings, answerer: Answerer) -> web.Application:
    """The application."""
    desk = _Desk(settings, answerer)
    app = web.Application(client_max_size=BODY_BYTES_MAX)
    # A plain {id} has no braces in it, and the id of a pipeline may.
    for path, ask in (("/deliveries/{id:.+}", _delivery), ("/story", _data), ("/why", _why), ("/reach", _reach)):
        app.router.add_get(path, desk.handler(ask))
    app.router.add_get("/healthz", _healthz)
    app.on_cleanup.append(desk.close)
    return app


class _Desk:
    """Who asks is judged, waits for a thread, and is answered."""

    def __init__(self, settings: Settings, answerer: Answerer) -> None:
        self._guard, self._answerer = guard_of(settings, settings.console_host), answerer
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="lineage-answer")
        self._under_way = 0

    def handler(self, ask: Ask) -> Callable[[web.Request], Any]:
        async def handle(request: web.Request) -> web.Response:
            if refusal := self._guard.judge(request.headers):
                return error(*refusal)
            if self._under_way >= WAITING_MAX:
                return error(503, "too many questions at once", {"retry-after": "1"})
            self._under_way += 1
            try:
                return await asyncio.get_running_loop().run_in_executor(self._pool, self._answer, ask, request)
            finally:
                self._under_way -= 1

        return handle

    def _answer(self, ask: Ask, request: web.Request) -> web.Response:
        try:
            found = ask(self._answerer, request)
        except Misconfigured as no_question:
            return error(400, str(no_question))
        except Unavailable as away:
            return error(503, str(away), {"retry-after": str(away.retry_after_s)})
        except Exception as unforeseen:  # others go on being answered; the text may hold what was asked
            logger.error("lineage_not_answered", error=type(unforeseen).__name__, at=place(unforeseen))
            return error(500, f"this cannot be answered ({type(unforeseen).__name__}): please report it")
        return web.Response(text=terminal.as_json(found), content_type="application/json")

    async def close(self, _: web.Application) -> None:
        await asyncio.to_thread(self._pool.shutdown)


def _delivery(answerer: Answerer, request: web.Request) -> Mapping[str, Any]:
    given = _given(request)
    if others := given.keys() - {"show_values"}:
        raise Misconfigured(f"{min(others)[:64]} is no parameter; there is show_values")
    is_shown = is_set(given.get("show_values", ""))
    return answerer.delivery(request.match_info["id"], show_values=is_shown).as_json()


def _data(answerer: Answerer, request: web.Request) -> Mapping[str, Any]:
    return answerer.data(DataQuery.of(_given(request))).as_json()


def _why(answerer: Answerer, request: web.Request) -> Mapping[str, Any]:
    return answerer.why(WhyQuery.of(_given(request))).as_json()


def _reach(answerer: Answerer, _: web.Request) -> Mapping[str, Any]:
    return asdict(answerer.reach())


def _given(request: web.Request) -> dict[str, str]:
    """Raises Misconfigured for a parameter that comes twice: it is not guessed which is meant."""
    given = dict(request.query)
    if len(given) != len(request.query):
        raise Misconfigured("a parameter comes twice")
    return given


async def _healthz(_: web.Request) -> web.Response:
    return web.Response(text="ok")
