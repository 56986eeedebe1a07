"""`python -m benchmarks.gateway.floor reply|verify|store PORT`: the least that a gateway in Python costs, in steps.

reply: uvicorn with httptools and uvloop, the body read, 204. verify: and the signature. store: and the record on Kafka.
No limits, no metrics, no budget: what ours costs above it is what those cost.
"""

import gc
import sys
import time
from typing import Any

import uvicorn
import uvloop
from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, Scope

from benchmarks.gateway.deliveries import ENDPOINT
from connectors.contract.intake import stored_record
from connectors.webhook.delivery import delivery_of
from streams.events.signature import Keyring, Verified, prove, read_claim
from streams.kafka.publisher import KafkaPublisher
from streams.ops.settings import Settings


class Floor:
    """A plain ASGI application; `publisher` None: nothing is stored."""

    def __init__(self, settings: Settings, does_verify: bool, publisher: KafkaPublisher | None) -> None:
        self._settings, self._publisher = settings, publisher
        secrets = [secret.get_secret_value() for secret in settings.endpoints[ENDPOINT]]
        self._keyring = Keyring.parse(secrets) if does_verify else None

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        assert scope["type"] == "http"
        status = 200 if scope["path"] == "/readyz" else 204
        body = await _body(receive)
        if status == 204 and self._keyring:
            await self._take(scope["headers"], body, self._keyring)
        await send({"type": "http.response.start", "status": status, "headers": [], "trailers": False})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _take(self, sent: Any, body: bytes, keyring: Keyring) -> None:
        settings, now_s = self._settings, time.time()
        pairs = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in sent)
        claim = read_claim(pairs, now_s=now_s, tolerance_s=settings.signature_tolerance_s)
        verified = prove(keyring, claim, body)
        if self._publisher:
            await self._store(self._publisher, body, verified, now_s)

    async def _store(self, publisher: KafkaPublisher, body: bytes, verified: Verified, now_s: float) -> None:
        tolerance_s = self._settings.signature_tolerance_s
        delivery = delivery_of(verified, ENDPOINT, "", now_s=now_s, tolerance_s=tolerance_s)
        made = stored_record(body, delivery, self._settings)
        await publisher.publish(made.topic, made.key, body, made.headers, made.partition)


async def _body(receive: ASGIReceiveCallable) -> bytes:
    parts = []
    while True:
        message = await receive()
        assert message["type"] == "http.request"
        parts.append(message["body"])
        if not message["more_body"]:
            return parts[0] if len(parts) == 1 else b"".join(parts)


async def serve(what: str, port: int) -> None:
    """Until SIGTERM."""
    settings = Settings()
    publisher = KafkaPublisher(settings) if what == "store" else None
    app = Floor(settings, what != "reply", publisher)
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=port,
        http="httptools",
        loop="uvloop",
        lifespan="off",
        log_config=None,
        access_log=False,
        ws="none",
        server_header=False,
        backlog=1024,
    )
    gc.freeze()
    await uvicorn.Server(config).serve()
    if publisher:
        await publisher.close(5)


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1], int(sys.argv[2])))
