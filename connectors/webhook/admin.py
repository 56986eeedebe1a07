"""The admin listener: `/livez`, `/readyz`, `/metrics`, `/secrets`. For probes and operators, not for strangers."""

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


class Views(NamedTuple):
    """What the listener shows. `trouble`: a sentence while the gateway is not ready, else "". `secrets`: rows."""

    trouble: Callable[[], Awaitable[str]]
    secrets: Callable[[], Awaitable[list[dict[str, Any]]]]
    registry: CollectorRegistry


def admin_app(views: Views, host: str) -> Starlette:
    """The application. On a loopback `host` it answers only to names of this machine."""

    async def alive(request: Request) -> Response:
        return JSONResponse({"alive": True})

    async def ready(request: Request) -> Response:
        trouble = await views.trouble()
        return JSONResponse({"ready": not trouble, "reason": trouble}, 503 if trouble else 200)

    async def metrics(request: Request) -> Response:
        return Response(generate_latest(views.registry), media_type=CONTENT_TYPE_LATEST)

    async def secrets(request: Request) -> Response:
        return JSONResponse(await views.secrets())

    return Starlette(
        routes=[
            Route("/livez", alive),
            Route("/readyz", ready),
            Route("/metrics", metrics),
            Route("/secrets", secrets),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=_hosts(host), www_redirect=False)],
    )


def _hosts(host: str) -> list[str]:
    # A page in a browser on this machine could name any host that leads to 127.0.0.1 (DNS rebinding).
    return ["localhost", "127.0.0.1", "[::1]", host] if addresses.is_loopback(host) else ["*"]
