"""`POST /webhooks/{endpoint}`: one request from its head to the reply, as an ASGI application.

Guarantee: 2xx only after every in-sync replica has the record; 503 when that is not known in time, and the sender comes
again. Without a right signature nobody can tell an endpoint that we have from one that we have not: both go the same
way to the end, which is one 401, or 413, 408 and 503 for bodies that are too large, too slow, or too many. A verified
body that we cannot read is kept as a dead letter and answered 2xx: five days of failures make Junction switch the
endpoint off (domain file, 7.4). A probe of our own goes the same way as far as its signature, and is stored nowhere.
"""

import asyncio
import base64
import contextlib
import os
import time
from collections.abc import Callable
from functools import partial

from starlette.types import Receive, Scope, Send

from connectors.contract.intake import Intake, child, unhurried
from connectors.webhook.body import Gone, check_length, read_piece, read_rest
from connectors.webhook.delivery import delivery_of
from connectors.webhook.endpoints import Endpoint, Endpoints
from connectors.webhook.head import Head, endpoint_of, read_head
from connectors.webhook.limits.bodies import Budget, Busy, TooLarge, TooSlow
from connectors.webhook.limits.senders import Sender, Senders
from connectors.webhook.probe import ProbeReplies
from connectors.webhook.refused import RefusedAttempts
from connectors.webhook.replies import (
    ACCEPTED,
    BROKEN,
    BUSY,
    EVERY,
    GONE,
    KEPT,
    NOT_ALLOWED,
    NOT_FOUND,
    NOT_POST,
    OVERLOAD,
    REFUSED,
    REFUSED_UNREAD,
    TOO_LARGE,
    TOO_SLOW,
    UNAVAILABLE,
    Reply,
    messages,
)
from connectors.webhook.request_span import answering
from connectors.webhook.under_way import Request, UnderWay
from connectors.webhook.watch import Watch
from streams.events import Delivery
from streams.events.probe import is_probe
from streams.events.signature import Claim, Keyring, prove, read_claim
from streams.kafka.publisher import Publisher
from streams.ops import log, metrics, tracing
from streams.ops.errors import Overloaded, SignatureError, Unavailable, place
from streams.ops.quiet import Quiet
from streams.ops.settings import Settings

Clock = Callable[[], float]

_STRANGER = "-"  # the label of every endpoint that we do not have: labels stay few
_BODIES_MAX = 4  # bodies of the greatest size that may be under way at once
_PATH_CHARS_SHOWN = 64
_WHY_CUT = {
    BUSY: "the bodies under way hold all the memory that they may",
    TOO_SLOW: "body too slow",
    UNAVAILABLE: "Kafka did not confirm the record before the reply was due",
}


_FORGED = frozenset((REFUSED, REFUSED_UNREAD))  # a right signature proves nothing of the next one
_STRANGE = frozenset((NOT_FOUND, NOT_POST, NOT_ALLOWED, TOO_LARGE, TOO_SLOW, BUSY))


class Door:
    """`accepted`: how many deliveries were answered 2xx; `refused`: the last that were not. `run` runs beside it."""

    def __init__(
        self,
        settings: Settings,
        endpoints: Endpoints,
        publisher: Publisher,
        watch: Watch,
        senders: Senders,
        clock: Clock = time.time,
    ) -> None:
        self._settings = settings
        self._endpoints = endpoints
        self._watch = watch
        self._senders = senders
        self._clock = clock
        self._nobody = _nobody()
        self._budget = Budget(_BODIES_MAX * settings.body_bytes_max)
        self._messages = {reply: messages(reply, settings.retry_after_s) for reply in EVERY}
        self._probes = ProbeReplies(settings, lambda: watch.trouble or publisher.broken, clock)
        self._logger = log.get("gateway")
        self._intake = Intake(settings, publisher, self._logger)
        self._quiet = Quiet(self._logger, "not_accepted")
        self._under_way = UnderWay(settings.publish_timeout_s)
        self._is_draining = False
        self.refused = RefusedAttempts(clock)
        self.accepted = 0

    async def run(self) -> None:
        """Cut off requests whose reply is due, and tell what was refused, until cancelled."""
        try:
            await asyncio.gather(self._under_way.sweep(), self._quiet.run())
        finally:
            self._quiet.close()

    async def drain(self, timeout_s: float) -> None:
        """Refuse new posts with 503 and wait for those under way: only a reply tells Junction that an event is safe."""
        self._is_draining = True
        self._watch.stop("the gateway is stopping")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._under_way.wait_until_empty(), timeout_s)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = endpoint_of(scope["path"])
        head = read_head(scope["headers"])
        sender = self._senders.of(scope["client"][0] if scope["client"] else "", head.forwarded_for)
        if name is None or scope["method"] != "POST":
            await self._elsewhere(scope, NOT_FOUND if name is None else NOT_POST, sender, send)
            return
        endpoint = self._endpoints.get(name)
        request = self._under_way.begin()
        try:
            reply = await self._reply(request, endpoint, head, sender, receive)
        finally:
            self._under_way.end(request)
        if reply.status >= 400:
            self._remember(scope, reply, endpoint, max(request.body_bytes, head.length), request.is_signed)
            await self._hold(reply, sender, scope, request.body_bytes)
        start, body = self._messages.get(reply) or messages(reply, self._settings.retry_after_s)
        await send(start)
        await send(body)
        child(metrics.REQUESTS, endpoint.name if endpoint else _STRANGER, reply.outcome).inc()
        if endpoint:
            endpoint.seconds.observe(time.monotonic() - request.began_s)

    async def _elsewhere(self, scope: Scope, reply: Reply, sender: Sender, send: Send) -> None:
        """A URL that was set wrong is found in the log: Junction does not show what we answer."""
        if reply is NOT_FOUND:
            self._say(None, "wrong path", path=ascii(scope["path"][:_PATH_CHARS_SHOWN]))
        self._remember(scope, reply, self._endpoints.get(endpoint_of(scope["path"]) or ""))
        await self._hold(reply, sender, scope, 0)
        child(metrics.REQUESTS, _STRANGER, reply.outcome).inc()
        for message in self._messages[reply]:
            await send(message)

    async def _reply(
        self, request: Request, endpoint: Endpoint | None, head: Head, sender: Sender, receive: Receive
    ) -> Reply:
        """Every way a request can end, by what the sender should do next."""
        try:
            return await self._accept(request, endpoint, head, sender, receive)
        except SignatureError as error:
            self._say(endpoint, str(error) if endpoint else "unknown endpoint", address=sender.site)
            request.is_signed = False if endpoint and request.is_complete else None
            return REFUSED_UNREAD if head.has_body and not request.is_complete else REFUSED
        except TooLarge:
            self._say(endpoint, "body too large", address=sender.site)
            return TOO_LARGE
        except TooSlow:
            return self._cut(endpoint, TOO_SLOW, sender)
        except Busy:
            return self._cut(endpoint, BUSY, sender)
        except Gone:
            return GONE
        except Overloaded as error:
            self._say(endpoint, str(error))
            return OVERLOAD
        except Unavailable as error:
            self._say(endpoint, str(error))
            return UNAVAILABLE
        except asyncio.CancelledError:
            reply = request.was_cut()
            if reply is None:
                raise
            return self._cut(endpoint, reply, sender)
        except Exception as error:
            self._logger.error("unexpected", kind=type(error).__name__, at=place(error))
            return BROKEN

    async def _accept(
        self, request: Request, endpoint: Endpoint | None, head: Head, sender: Sender, receive: Receive
    ) -> Reply:
        if not sender.is_allowed:
            self._say(endpoint, "address not allowed", address=sender.site)
            return NOT_ALLOWED
        # What can be refused without reading a body is refused without reading it.
        claim = read_claim(head.signature, now_s=self._clock(), tolerance_s=self._settings.signature_tolerance_s)
        check_length(head.length, self._settings.body_bytes_max)
        first, has_more = await read_piece(receive)
        request.has_begun = True
        if not has_more:  # nearly all of them: there is nothing to hold
            return await self._store(request, endpoint, head, sender, claim, first)
        evict = partial(request.cut, BUSY)
        with self._budget.lease(sender, evict, time.monotonic()) as lease:
            body = await read_rest(first, receive, lease, self._settings.body_bytes_max)
            return await self._store(request, endpoint, head, sender, claim, body)

    async def _store(
        self, request: Request, endpoint: Endpoint | None, head: Head, sender: Sender, claim: Claim, body: bytes
    ) -> Reply:
        check_length(len(body), self._settings.body_bytes_max)
        request.is_complete, request.body_bytes = True, len(body)
        keyring = endpoint.keyring if endpoint else self._nobody
        verified = await unhurried(partial(prove, keyring, claim, body), body)
        if endpoint is None:
            raise SignatureError("unknown endpoint")
        request.is_signed = True
        sender.proven_s = time.monotonic()
        if is_probe(verified.id, body):  # no delivery: it is no use of a secret, and says nothing of Junction
            return self._probes.reply(endpoint, verified.secret_position)
        endpoint.uses[verified.secret_position].count()
        endpoint.body_bytes.observe(len(body))
        if self._watch.trouble:
            raise Unavailable(self._watch.trouble)
        delivery = delivery_of(
            verified,
            endpoint.name,
            head.traceparent,
            head.tracestate,
            now_s=self._clock(),
            tolerance_s=self._settings.signature_tolerance_s,
        )
        reason = await self._keep(delivery, body, request)
        self.accepted += 1
        if self._settings.log_level == "DEBUG":
            self._logger.debug("accepted", endpoint=endpoint.name, delivery=verified.id, reason=reason)
        return KEPT if reason else ACCEPTED

    async def _keep(self, delivery: Delivery, body: bytes, request: Request) -> str:
        if tracing.active is None:
            return await self._intake.accept(body, delivery)
        with answering(delivery, time.monotonic() - request.began_s, len(body)) as traced:
            return await self._intake.accept(body, traced)

    def _remember(
        self,
        scope: Scope,
        reply: Reply,
        endpoint: Endpoint | None,
        body_bytes: int = 0,
        is_signed: bool | None = None,
    ) -> None:
        connection = scope.get("state", {}).get("connection")
        if connection and connection.is_refused:
            return  # the server has answered in our place, and remembers it
        name = endpoint.name if endpoint else ""
        self.refused.add(
            reply.outcome, reply.status, scope["headers"], endpoint=name, body_bytes=body_bytes, is_signed=is_signed
        )

    def _is_held(self, reply: Reply, sender: Sender) -> bool:
        return reply in _FORGED or (reply in _STRANGE and not sender.is_proven(time.monotonic()))

    async def _hold(self, reply: Reply, sender: Sender, scope: Scope, body_bytes: int) -> None:
        """Hold a refusal back where there are many: who is refused again and again waits, others do not wait for it."""
        if not self._is_held(reply, sender):
            return
        hold_s = self._senders.hold_s(sender, time.monotonic(), body_bytes)
        connection = scope.get("state", {}).get("connection")
        if hold_s and connection and not self._is_draining:
            await connection.hold(sender, hold_s)

    def _cut(self, endpoint: Endpoint | None, reply: Reply, sender: Sender) -> Reply:
        self._say(endpoint, _WHY_CUT[reply], address=sender.site)
        return reply

    def _say(self, endpoint: Endpoint | None, why: str, **named: str) -> None:
        self._quiet.warn(why, endpoint=endpoint.name if endpoint else _STRANGER, **named)


def _nobody() -> Keyring:
    """Of every endpoint that we do not have: a key that nobody knows, so that refusing takes as long."""
    return Keyring.parse([base64.b64encode(os.urandom(32)).decode()])
