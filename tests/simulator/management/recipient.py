"""A receiver that knows several secrets, does what a test asks of it, and keeps what arrived."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response
from svix.webhooks import Webhook, WebhookVerificationError

from tests.simulator.receiver import served


@dataclass
class Recipient:
    """`status`: what is answered to a signature that one of `secrets` made; 401 to another."""

    secrets: list[str]
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    slow_s: float = 0.0
    arrived: Counter[str] = field(default_factory=Counter)
    by: Counter[str] = field(default_factory=Counter)
    tries: Counter[str] = field(default_factory=Counter)
    extra: dict[str, str] = field(default_factory=dict)
    at_s: list[float] = field(default_factory=list)
    url: str = ""

    async def receive(self, request: Request) -> Response:
        body, id = await request.body(), request.headers["svix-id"]
        self.tries[id] += 1
        self.at_s.append(asyncio.get_running_loop().time())
        self.extra = dict(request.headers)
        matching = [secret for secret in self.secrets if _verifies(secret, body, request)]
        if not matching:
            return Response(status_code=401)
        self.by.update(matching)
        await asyncio.sleep(self.slow_s)
        if 200 <= self.status < 300:
            self.arrived[id] += 1
        return Response(status_code=self.status, headers=self.headers)


def _verifies(secret: str, body: bytes, request: Request) -> bool:
    try:
        Webhook(secret).verify(body, dict(request.headers))
    except WebhookVerificationError:
        return False
    return True


@asynccontextmanager
async def receiving(*secrets: str) -> AsyncIterator[Recipient]:
    """On a free loopback port."""
    recipient = Recipient(list(secrets))
    async with served(recipient.receive) as recipient.url:
        yield recipient


async def until(happened: Callable[[], object], within_s: float = 20.0) -> None:
    """Waits for it to be true; fails the test where it is not in time."""
    async with asyncio.timeout(within_s):
        while not happened():  # noqa: ASYNC110  # because the fake has no event for it, and needs none
            await asyncio.sleep(0.005)
