"""uvicorn's HTTP protocol with bounds: on connections, on the head of a request, and on what is logged of bad ones."""

import asyncio
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from connectors.webhook.limits.connections import Connections, Stage
from connectors.webhook.limits.senders import Senders
from streams.ops import metrics

HEAD_BYTES_MAX = 32 * 1024
HEADERS_MAX = 100


class HeadTooLarge(Exception):
    """The head of a request has more bytes or headers than any sender of ours sends."""


class UnknownForm(Exception):
    """A form of HTTP that is read differently by different servers, or not used any more."""


class BoundedProtocol(HttpToolsProtocol):
    """One connection. `sender`: who is at the other end of it, which may be a proxy."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        senders: Senders,
        connections: Connections,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._senders = senders
        self._open = connections
        self._head_bytes = self._unfinished_bytes = 0
        self._state = Stage.HEAD  # what the parser waits for
        self._status = 400
        self.stage = Stage.ANSWER

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]  # because uvicorn says Transport, which it is
        self.sender = self._senders.at(self.client[0] if self.client else "")
        if not self._open.opened(self, self.loop.time()):
            self.give_up("refused")

    def connection_lost(self, exc: Exception | None) -> None:
        self._open.closed(self, self.loop.time())
        super().connection_lost(exc)

    def give_up(self, why: str) -> None:
        """See `limits.connections.Connection`."""
        metrics.CONNECTIONS_CLOSED.labels(why).inc()
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._state is Stage.HEAD:
            self._unfinished_bytes += len(data)
            if self._unfinished_bytes > HEAD_BYTES_MAX and not self.transport.is_closing():
                self._refuse(431)
        # Moves are made once a read: most requests are in one, and never wait for a rest.
        if self._state is not self.stage and not self.transport.is_closing():
            self._open.move(self, self._state, self.loop.time())

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_bytes = 0
        self._state = Stage.HEAD

    def on_url(self, url: bytes) -> None:
        self._count_head(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count_head(len(name) + len(value) + 4)
        if self._state is Stage.HEAD:  # else a trailer, which is no header (RFC 9110, 6.5.1)
            super().on_header(name, value)

    def _count_head(self, n_bytes: int) -> None:
        self._head_bytes += n_bytes
        if self._head_bytes > HEAD_BYTES_MAX or len(self.headers) >= HEADERS_MAX:
            self._status = 431
            raise HeadTooLarge

    def on_headers_complete(self) -> None:
        version = self.parser.get_http_version()
        if version != "1.1" and (version != "1.0" or any(name == b"transfer-encoding" for name, _ in self.headers)):
            raise UnknownForm  # HTTP/1.0 knows no transfer codings (RFC 9112, 6.1)
        super().on_headers_complete()
        self._unfinished_bytes = 0
        self._state = Stage.BODY

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._state = Stage.ANSWER

    def send_400_response(self, msg: str) -> None:
        """Called for what is no HTTP, and for what a callback above refuses."""
        self._refuse(self._status)

    def _refuse(self, status: int) -> None:
        metrics.CONNECTIONS_CLOSED.labels("head_too_large" if status == 431 else "malformed").inc()
        if self.cycle is None or not self.cycle.response_started:
            self.transport.write(STATUS_LINE[status] + b"content-length: 0\r\nconnection: close\r\n\r\n")
        if self.cycle is not None:
            self.cycle.disconnected = True  # its own reply would be a second one
        self.transport.close()

    def on_response_complete(self) -> None:
        """As in uvicorn, but for the timer of an idle connection: `Connections.sweep` closes it."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif self.cycle.more_body:  # what is left of the body would be read to its end, without a bound
            self.transport.close()
        else:
            if self._state is Stage.ANSWER:
                self._state = Stage.IDLE
            self._open.move(self, self._state, self.loop.time())
