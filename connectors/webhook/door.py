"""`POST /webhooks/{endpoint}`: one request from first byte to reply.

Guarantee: 2xx only after every in-sync replica has the record; 503 when that is not known in time, and the sender comes
again. Without a right signature nobody can tell an endpoint that we have from one that we have not: both go the same
way to the end, which is one 401, or 413, 408 and 503 for bodies that are too large, too slow, or too many. A verified
body that we cannot read is kept as a dead letter and answered 2xx: five days of failures make Junction switch the
endpoint off (domain file, 7.4).
"""

import asyncio
import base64
import contextlib
import os
import time
import traceback
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from starlette.types import Receive, Scope, Send

from connectors.contract.intake import Intake, child, unhurried
from connectors.webhook import trace
from connectors.webhook.body import Budget, Busy, Gone, TooLarge, check_length, read_body
from connectors.webhook.delivery import delivery_of
from connectors.webhook.endpoints import Endpoint, Endpoints
from connectors.webhook.watch import Watch
from streams.events.signature import Claim, Keyring, Verified, prove, read_claim
from streams.kafka.publisher import Publisher
from streams.ops import log, metrics
from streams.ops.errors import Overloaded, SignatureError, Unavailable
from streams.ops.settings import Settings

Clock = Callable[[], float]

_STRANGER = "-"  # the label of every endpoint that we do not have: labels stay few
_BODIES_MAX = 4  # bodies of the greatest size that may be under way at once
_SAY_AGAIN_S = 60.0


class Reply(NamedTuple):
    status: int
    body: bytes
    outcome: str
    is_retry_welcome: bool = False
    is_last: bool = False  # the rest of the body is not wanted: close, or the server reads it to its end


ACCEPTED = Reply(204, b"", "accepted")
KEPT = Reply(204, b"", "dead_letter")
REFUSED = Reply(401, b"signature required\n", "refused")
TOO_LARGE = Reply(413, b"body too large\n", "too_large", is_last=True)
TOO_SLOW = Reply(408, b"body too slow\n", "too_slow", is_last=True)
GONE = Reply(408, b"", "gone", is_last=True)
BUSY = Reply(503, b"try again later\n", "busy", True)
OVERLOAD = Reply(503, b"try again later\n", "overload", True)
UNAVAILABLE = Reply(503, b"try again later\n", "unavailable", True)
BROKEN = Reply(503, b"try again later\n", "error", True)
_REPLIES = (ACCEPTED, KEPT, REFUSED, TOO_LARGE, TOO_SLOW, GONE, BUSY, OVERLOAD, UNAVAILABLE, BROKEN)
OUTCOMES = tuple(reply.outcome for reply in _REPLIES)


class Door:
    """The ASGI application behind the route. `endpoint` is in the path parameters."""

    def __init__(
        self, settings: Settings, endpoints: Endpoints, publisher: Publisher, watch: Watch, clock: Clock
    ) -> None:
        self._settings = settings
        self._endpoints = endpoints
        self._watch = watch
        self._clock = clock
        self._nobody = _nobody()
        self._budget = Budget(_BODIES_MAX * settings.body_bytes_max)
        self._retry_after = str(settings.retry_after_s).encode()
        self._logger = log.get("gateway")
        self._intake = Intake(settings, publisher, self._logger)
        self._said_s: dict[str, float] = {}
        self._n_under_way = 0
        self.accepted = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def drain(self, timeout_s: float) -> None:
        """Refuse new posts with 503 and wait for those under way: only a reply tells Junction that an event is safe."""
        self._watch.stop("the gateway is stopping")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), timeout_s)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began_s = time.perf_counter()
        endpoint = self._endpoints.get(scope["path_params"]["endpoint"])
        self._n_under_way += 1
        self._idle.clear()
        try:
            reply = await self._reply(endpoint, scope, receive)
            await self._send(reply, send)
        finally:
            self._n_under_way -= 1
            if not self._n_under_way:
                self._idle.set()
        self._count(endpoint, reply, time.perf_counter() - began_s)

    async def _reply(self, endpoint: Endpoint | None, scope: Scope, receive: Receive) -> Reply:
        """Every way a request can end, by what the sender should do next."""
        try:
            return await self._accept(endpoint, scope, receive)
        except SignatureError as error:
            self._say(endpoint, str(error) if endpoint else "unknown endpoint")
            return REFUSED
        except TooLarge:
            return TOO_LARGE
        except Busy:
            return BUSY
        except Gone:
            return GONE
        except Overloaded as error:
            self._say(endpoint, str(error))
            return OVERLOAD
        except Unavailable as error:
            self._say(endpoint, str(error))
            return UNAVAILABLE
        except Exception as error:
            self._logger.error("unexpected", kind=type(error).__name__, at=_place(error))
            return BROKEN

    async def _accept(self, endpoint: Endpoint | None, scope: Scope, receive: Receive) -> Reply:
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        claim = self._claim(headers)
        check_length(headers, self._settings.body_bytes_max)
        with self._budget.lease() as lease:
            try:
                async with asyncio.timeout(self._settings.publish_timeout_s):
                    body = await read_body(receive, lease, self._settings.body_bytes_max)
                    keyring = endpoint.keyring if endpoint else self._nobody
                    verified = await unhurried(partial(prove, keyring, claim, body), body)
                    if endpoint is None:
                        raise SignatureError("unknown endpoint")
                    endpoint.uses[verified.secret_position].count()
                    endpoint.body_bytes.observe(len(body))
                    return await self._store(endpoint, body, verified, trace.of(headers))
            except TimeoutError:
                if not lease.is_complete:
                    return TOO_SLOW
                raise Unavailable("Kafka did not confirm the record before the reply was due") from None

    def _claim(self, headers: list[tuple[bytes, bytes]]) -> Claim:
        """What can be refused without reading a body is refused without reading it."""
        candidates = [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in headers
            if name.startswith((b"svix-", b"webhook-"))
        ]
        return read_claim(candidates, now_s=self._clock(), tolerance_s=self._settings.signature_tolerance_s)

    async def _store(self, endpoint: Endpoint, body: bytes, verified: Verified, traced: tuple[str, str]) -> Reply:
        if self._watch.trouble:
            raise Unavailable(self._watch.trouble)
        delivery = delivery_of(
            verified, endpoint.name, *traced, now_s=self._clock(), tolerance_s=self._settings.signature_tolerance_s
        )
        reason = await self._intake.accept(body, delivery)
        self.accepted += 1
        return KEPT if reason else ACCEPTED

    async def _send(self, reply: Reply, send: Send) -> None:
        headers = []
        if reply.body:
            headers += [(b"content-type", b"text/plain"), (b"content-length", str(len(reply.body)).encode())]
        if reply.is_retry_welcome:
            headers.append((b"retry-after", self._retry_after))
        if reply.is_last:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.body})

    def _count(self, endpoint: Endpoint | None, reply: Reply, seconds: float) -> None:
        name = endpoint.name if endpoint else _STRANGER
        child(metrics.REQUESTS, name, reply.outcome).inc()
        if endpoint:
            endpoint.seconds.observe(seconds)

    def _say(self, endpoint: Endpoint | None, why: str) -> None:
        """One line a minute for each reason: a stranger must not be able to fill the log."""
        now_s = time.monotonic()
        if now_s - self._said_s.get(why, -_SAY_AGAIN_S) >= _SAY_AGAIN_S:
            self._said_s[why] = now_s
            self._logger.warning("not_accepted", endpoint=endpoint.name if endpoint else _STRANGER, why=why)


def _nobody() -> Keyring:
    """Of every endpoint that we do not have: a key that nobody knows, so that refusing takes as long."""
    return Keyring.parse([base64.b64encode(os.urandom(32)).decode()])


def _place(error: Exception) -> str:
    """`file:line` of where an exception was raised. Its text may hold values, so it is not logged."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{frame.filename.rpartition('/')[2]}:{frame.lineno}"
