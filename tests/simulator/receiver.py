"""A receiver as small as can be: a real HTTP server that verifies with the svix library, and misbehaves on request."""

import asyncio
import random
import socket
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from svix.webhooks import Webhook, WebhookVerificationError

SECRET = "whsec_plJ3nmyCDGBKInavdOK15jsl"


@dataclass
class Receiver:
    """`failures`: share of verified requests that are answered 503 and not stored."""

    failures: float = 0.0
    chance: random.Random = field(default_factory=lambda: random.Random(1))
    stored: Counter[str] = field(default_factory=Counter)
    bodies: dict[str, bytes] = field(default_factory=dict)
    refused: int = 0
    failed: int = 0
    url: str = ""

    async def receive(self, request: Request) -> Response:
        body = await request.body()
        try:
            Webhook(SECRET).verify(body, dict(request.headers))
        except WebhookVerificationError:
            self.refused += 1
            return Response(status_code=401)
        if self.chance.random() < self.failures:
            self.failed += 1
            return Response(status_code=503, headers={"retry-after": "0"})
        self.stored[request.headers["svix-id"]] += 1
        self.bodies[request.headers["svix-id"]] = body
        return Response(status_code=204)


@asynccontextmanager
async def running(receiver: Receiver) -> AsyncIterator[Receiver]:
    """The receiver on a free loopback port."""
    async with served(receiver.receive) as receiver.url:
        yield receiver


@asynccontextmanager
async def served(receive: Callable[[Request], Awaitable[Response]]) -> AsyncIterator[str]:
    """The URL of an endpoint on a free loopback port."""
    app = Starlette(routes=[Route("/webhooks/junction", receive, methods=["POST"])])
    listener = socket.create_server(("127.0.0.1", 0))  # listens at once, so that nobody has to wait for the server
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/webhooks/junction"
    finally:
        server.should_exit = True
        await task
