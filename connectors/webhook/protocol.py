"""uvicorn's HTTP protocol with bounds: on connections, on the head of a request, and on what is logged of bad ones."""

import asyncio
import time
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from connectors.webhook.flow import Flow
from connectors.webhook.limits.bodies import SMALL_BYTES
from connectors.webhook.limits.connections import Connections, Stage
from connectors.webhook.limits.senders import Sender, Senders
from connectors.webhook.refused import RefusedAttempts
from streams.ops import metrics
from streams.ops.quiet import Quiet

HEAD_BYTES_MAX = 32 * 1024
HEADERS_MAX = 100
PIPELINED_MAX = 4  # requests that wait for the replies before theirs; senders of ours send none
CHUNKS_MAX, CHUNK_BYTES_MIN = 64, 512  # more chunks have to be so large on average: each costs the only thread time


class HeadTooLarge(Exception):
    """The head of a request has more bytes or headers than any sender of ours sends."""


class TinyChunks(Exception):
    """The body comes in chunks that cost more than they bring."""


class UnknownForm(Exception):
    """A form of HTTP that is read differently by different servers, or not used any more."""


class BoundedProtocol(HttpToolsProtocol):
    """One connection. `sender`: who is at the other end of it, which may be a proxy. `arriving`: until there is a
    transport, what makes it."""

    flow: Flow

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        *,
        sender: Sender,
        senders: Senders,
        connections: Connections,
        quiet: Quiet,
        refused: RefusedAttempts,
    ) -> None:
        super().__init__(config, server_state, app_state)
        self.arriving: asyncio.Task[None] | None = None
        self.sender = sender
        self._senders = senders
        self._connections = connections
        self._quiet = quiet
        self._refused = refused
        self.is_refused = False  # by the server, before the door saw the whole request
        self._head_bytes = self._unfinished_bytes = self._body_bytes = self._n_chunks = 0
        self._has_body_come = False
        self._awaits = Stage.HEAD  # what the parser waits for
        self._status = 400
        self._held: asyncio.Future[None] | None = None
        self.stage = Stage.ANSWER

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]  # because uvicorn says Transport, which it is
        self.arriving = None
        self.flow = Flow(self.transport)
        if self.stage is Stage.CLOSED:  # given up while it arrived: `connection_lost` may not be called
            self.connections.discard(self)
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.closed(self, time.monotonic())
        self.flow.close()
        self._let_go(self._held)
        super().connection_lost(exc)

    def give_up(self, why: str) -> None:
        """See `limits.connections.Connection`."""
        self._count_closed(why)
        if self.arriving:
            self.arriving.cancel()
        else:
            self.transport.abort()

    def hold(self, sender: Sender, seconds: float) -> "asyncio.Future[None]":
        """A refusal of this sender, done after so long, or when the connection ends. When there are too many, it is
        closed first."""
        held = self.loop.create_future()
        if self.transport.is_closing():
            held.set_result(None)
            return held
        self._held = held
        self.flow.pause_reading()  # what comes meanwhile is in no bound of bodies
        self._connections.move(self, Stage.HELD, time.monotonic())
        sender.n_held += 1
        timer = self.loop.call_later(seconds, self._let_go, held)  # not of a later one behind it

        def end(_: "asyncio.Future[None]") -> None:
            timer.cancel()
            sender.n_held -= 1

        held.add_done_callback(end)
        return held

    def _let_go(self, held: "asyncio.Future[None] | None") -> None:
        if held and not held.done():
            held.set_result(None)

    def shutdown(self) -> None:
        """uvicorn calls it when the server stops: who is held back is answered."""
        self._let_go(self._held)
        super().shutdown()

    def _close(self) -> None:
        self.transport.close()
        self._connections.move(self, Stage.CLOSING, time.monotonic())

    def _count_closed(self, why: str) -> None:
        metrics.CONNECTIONS_CLOSED.labels(why).inc()
        if why != "idle":
            self._quiet.warn(why, address=self.sender.site)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._awaits is Stage.HEAD or (self._awaits is Stage.BODY and not self._has_body_come):
            # A line without end is in no callback: a header, a trailer, an extension of a chunk.
            self._unfinished_bytes += len(data)
            if self._unfinished_bytes > HEAD_BYTES_MAX and not self.transport.is_closing():
                self._refuse(431)
        elif self._body_bytes > SMALL_BYTES and self._awaits is Stage.BODY:
            self._rest(len(data))
        self._has_body_come = False
        # Moves are made once a read: most requests are in one, and never wait for a rest.
        if self._awaits is not self.stage and self.stage is not Stage.HELD and not self.transport.is_closing():
            self._connections.move(self, self._awaits, time.monotonic())

    def _rest(self, n_bytes: int) -> None:
        now_s = time.monotonic()
        if not self.sender.is_proven(now_s) and (seconds := self._senders.rest_s(self.sender, n_bytes, now_s)):
            self.flow.rest(seconds)

    def pause_writing(self) -> None:
        """So many replies are unread that no sender of ours is at the other end: they would wait for ever."""
        self.give_up("unread")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_bytes = self._unfinished_bytes = self._body_bytes = self._n_chunks = 0
        self._awaits = Stage.HEAD
        self.scope["state"]["connection"] = self

    def on_url(self, url: bytes) -> None:
        self._count_head(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count_head(len(name) + len(value) + 4)
        if self._awaits is Stage.HEAD:  # else a trailer, which is no header (RFC 9110, 6.5.1)
            super().on_header(name, value)

    def _count_head(self, n_bytes: int) -> None:
        self._head_bytes += n_bytes
        if self._head_bytes > HEAD_BYTES_MAX or len(self.headers) >= HEADERS_MAX:
            self._status = 431
            raise HeadTooLarge

    def on_headers_complete(self) -> None:
        version = self.parser.get_http_version()
        codings = [value.lower() for name, value in self.headers if name == b"transfer-encoding"]
        # HTTP/1.0 knows no transfer codings (RFC 9112, 6.1), and the parser reads chunked alone: of `gzip, chunked`
        # it would hand on what it cannot unpack, and of two lines take the last.
        if codings not in ([], [b"chunked"]) or (version != "1.1" and (version != "1.0" or codings)):
            raise UnknownForm
        super().on_headers_complete()
        if len(self.pipeline) > PIPELINED_MAX:  # each reply lets in another read full of them
            raise UnknownForm
        self._unfinished_bytes = 0
        self._awaits = Stage.BODY

    def on_chunk_header(self) -> None:
        """httptools calls it for each chunk. Raises TinyChunks."""
        self._n_chunks += 1
        if self._n_chunks > CHUNKS_MAX and self._body_bytes < self._n_chunks * CHUNK_BYTES_MIN:
            self._status = 413
            raise TinyChunks

    def on_body(self, body: bytes) -> None:
        self._has_body_come = True
        self._unfinished_bytes = 0
        self._body_bytes += len(body)
        super().on_body(body)

    def _unsupported_upgrade_warning(self) -> None:
        self.cycle.keep_alive = False  # the parser takes what follows for another protocol, and reads no request in it

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._awaits = Stage.ANSWER

    def send_400_response(self, msg: str) -> None:
        """Called for what is no HTTP, and for what a callback above refuses."""
        self._refuse(self._status)

    def _refuse(self, status: int) -> None:
        why = {413: "tiny_chunks", 431: "head_too_large"}.get(status, "malformed")
        self._count_closed(why)
        is_free = self.cycle is None or self.cycle.response_complete or not self.cycle.response_started
        if is_free:
            self._remember(why, status)
        if self.cycle is not None:
            self.cycle.disconnected = True  # its own reply would be a second one
            self.cycle.message_event.set()
        now_s = time.monotonic()
        hold_s = 0.0 if self.sender.is_proven(now_s) else self._senders.hold_s(self.sender, now_s)
        if hold_s:
            self.hold(self.sender, hold_s).add_done_callback(lambda _: self._answer(status, is_free))
        else:
            self._answer(status, is_free)

    def _remember(self, why: str, status: int) -> None:
        self.is_refused = True
        # Between two requests the headers are still those of the one before.
        headers = self.headers if self._awaits in (Stage.HEAD, Stage.BODY) else ()
        self._refused.add(why, status, headers or (), body_bytes=self._body_bytes)

    def _answer(self, status: int, is_free: bool) -> None:
        if is_free and not self.transport.is_closing():
            self.transport.write(STATUS_LINE[status] + b"content-length: 0\r\nconnection: close\r\n\r\n")
        self._close()

    def on_response_complete(self) -> None:
        """As in uvicorn, but for the timer of an idle connection: `Connections.sweep` closes it."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            self._close()
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif self.cycle.more_body:  # what is left of the body would be read to its end, without a bound
            self._close()
        else:
            if self._awaits is Stage.ANSWER:
                self._awaits = Stage.IDLE
            self._connections.move(self, self._awaits, time.monotonic())
