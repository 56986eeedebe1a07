"""A gateway in a thread, on its real servers, with a MemoryPublisher; and what is sent to it."""

import asyncio
import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import uvloop

from connectors.webhook import Gateway
from connectors.webhook.admin import admin_app
from connectors.webhook.server import admin_server, listener, port_of, public_server
from streams.events.signature import sign
from streams.kafka import admin
from streams.kafka.memory_publisher import MemoryPublisher, Published
from streams.ops.settings import Settings
from streams.status.access import guard_of

SECRET = "whsec_" + base64.b64encode(b"s" * 24).decode()
OLD_SECRET = "whsec_" + base64.b64encode(b"o" * 24).decode()
NOW_S = 1_790_000_000
USER, TEAM = "5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e77", "b2a9d0f4-6f0c-4f1b-8a35-94f1c7e2d310"
MARKERS = ("Geheim4711", "jane.doe@example.com", "98.7654321")


def make_settings(**changes: Any) -> Settings:
    endpoints = {"junction": [SECRET, OLD_SECRET], "other": [SECRET]}
    base: dict[str, Any] = {"endpoints": endpoints, "partitions": 4, "publish_timeout_s": 1.0}
    return Settings(_env_file=None, **base | changes)


@dataclass
class Running:
    """A gateway in a thread. `troubles`: what its probe raises. `admin`: its other listener."""

    url: str
    admin: str
    settings: Settings
    publisher: MemoryPublisher
    loop: asyncio.AbstractEventLoop
    troubles: list[Exception]

    def post(self, body: bytes, headers: dict[str, str] | None = None, endpoint: str = "junction") -> httpx.Response:
        sent = signed(body) if headers is None else headers
        return httpx.post(f"{self.url}/webhooks/{endpoint}", content=body, headers=sent, timeout=30)

    def last(self) -> Published:
        return self.publisher.records[-1]


@contextmanager
def start(settings: Settings, clock: Callable[[], float] = lambda: NOW_S) -> Iterator[Running]:
    layout = admin.layout_of(settings)
    publisher = MemoryPublisher({topic.name: topic.partitions for topic in layout}, settings.record_bytes_max)
    troubles: list[Exception] = []

    def probe(whole: bool) -> None:
        if troubles:
            raise troubles[-1]

    gateway = Gateway(settings, publisher, clock=clock, probe=probe)
    public = public_server(gateway.door, gateway.senders, gateway.connections)
    own = admin_server(admin_app(gateway.views, "127.0.0.1", guard_of(settings, "127.0.0.1")))
    sockets = [listener("127.0.0.1", 0) for _ in range(2)]
    loop = uvloop.new_event_loop()

    async def serve() -> None:
        async with gateway.running():
            await asyncio.gather(public.serve(sockets[:1]), own.serve(sockets[1:]))

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    while not (public.started and own.started):
        time.sleep(0.01)
    urls = [f"http://127.0.0.1:{port_of(one)}" for one in sockets]
    try:
        yield Running(urls[0], urls[1], settings, publisher, loop, troubles)
    finally:
        public.should_exit = own.should_exit = True
        thread.join()
        loop.close()


def body_of(event_type: str = "daily.data.sleep.created", **fields: Any) -> bytes:
    return json.dumps({"event_type": event_type, "user_id": USER, "team_id": TEAM, "data": {}} | fields).encode()


def signed(
    body: bytes, id: str = "msg_1", prefix: str = "svix-", secret: str = SECRET, now_s: int = NOW_S
) -> dict[str, str]:
    return {
        f"{prefix}id": id,
        f"{prefix}timestamp": str(now_s),
        f"{prefix}signature": sign(secret, id, now_s, body),
    }
