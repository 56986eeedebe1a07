"""The admin listener: `/livez`, `/readyz`, `/metrics`, `/secrets`, `/refused`. For our own, not for strangers."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from streams.ops import addresses
from streams.status import refused_page
from streams.status.access import Guard
from streams.status.refused_page import RefusedPage, RefusedQuery


class Views(NamedTuple):
    """What the listener shows. `trouble`: a sentence while the gateway is not ready, else "". `secrets`: rows."""

    trouble: Callable[[], Awaitable[str]]
    secrets: Callable[[], Awaitable[list[dict[str, Any]]]]
    refused: Callable[[RefusedQuery], Awaitable[RefusedPage]]
    registry: CollectorRegistry


def admin_app(views: Views, host: str, guard: Guard | None) -> Starlette:
    """The application. On a loopback `host` it answers only to names of this machine.

    `guard`: who may see what was refused; None for a process of several, which its parent alone asks.
    """

    async def alive(request: Request) -> Response:
        return JSONResponse({"alive": True})

    async def ready(request: Request) -> Response:
        trouble = await views.trouble()
        return JSONResponse({"ready": not trouble, "reason": trouble}, 503 if trouble else 200)

    async def metrics(request: Request) -> Response:
        return Response(generate_latest(views.registry), media_type=CONTENT_TYPE_LATEST)

    async def secrets(request: Request) -> Response:
        return JSONResponse(await views.secrets())

    async def refused(request: Request) -> Response:
        if guard and (wrong := guard.judge(request.headers)):
            return JSONResponse({"error": wrong.sentence}, wrong.status)
        try:
            query = refused_page.parse(request.query_params)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)
        return Response(refused_page.encode(await views.refused(query)), media_type="application/json")

    return Starlette(
        routes=[
            Route("/livez", alive),
            Route("/readyz", ready),
            Route("/metrics", metrics),
            Route("/secrets", secrets),
            Route(refused_page.PATH, refused),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=_hosts(host), www_redirect=False)],
    )


def _hosts(host: str) -> list[str]:
    # A page in a browser on this machine could name any host that leads to 127.0.0.1 (DNS rebinding).
    return ["localhost", "127.0.0.1", "[::1]", host] if addresses.is_loopback(host) else ["*"]
