"""The HTTP server: uvicorn with `BoundedProtocol`, on sockets that are given, without signals or logs of its own."""

import asyncio
import contextlib
import socket
import ssl
import time
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from connectors.webhook.acceptor import Acceptor
from connectors.webhook.door import Door
from connectors.webhook.limits.connections import Connections
from connectors.webhook.limits.senders import Sender, Senders
from connectors.webhook.protocol import BoundedProtocol
from connectors.webhook.refused import RefusedAttempts
from streams.ops import log
from streams.ops.quiet import Quiet

BACKLOG = 4096
_SWEEP_S = 0.5
_BETWEEN_S = 0.01
_SHUTDOWN_S = 2


class Server(uvicorn.Server):
    """uvicorn's server, stopped by `should_exit` alone: the signals are the command's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """No signals."""
        yield


class PublicServer(Server):
    """The server that strangers reach, which accepts by `Acceptor`. `connections` has to be swept: `sweep`."""

    def __init__(
        self,
        config: uvicorn.Config,
        senders: Senders,
        connections: Connections,
        refused: RefusedAttempts,
        context: ssl.SSLContext | None,
    ) -> None:
        super().__init__(config)
        self._refused = refused
        self._senders, self._connections, self._context = senders, connections, context
        self._quiet = Quiet(log.get("gateway"), "connections_closed")
        self._telling: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, on sockets that are given. There is no lifespan."""
        acceptors = [self._acceptor(one) for one in sockets or []]
        for acceptor in acceptors:
            acceptor.begin(self.config.backlog)
        self._telling = asyncio.create_task(self._quiet.run())
        self.servers = acceptors  # type: ignore[assignment]  # because uvicorn closes them and waits, no more
        self.started = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's; then the last lines of what was closed."""
        await super().shutdown(sockets)
        if self._telling:
            self._telling.cancel()
        self._quiet.close()

    def _acceptor(self, listening: socket.socket) -> Acceptor:
        def make(sender: Sender) -> BoundedProtocol:
            return BoundedProtocol(
                self.config,
                self.server_state,
                {},
                sender=sender,
                senders=self._senders,
                connections=self._connections,
                quiet=self._quiet,
                refused=self._refused,
            )

        return Acceptor(listening, make, self._senders, self._connections, self._quiet, self._context)


def public_server(
    door: Door, senders: Senders, connections: Connections, context: ssl.SSLContext | None = None
) -> PublicServer:
    """See PublicServer. `context`: for TLS."""
    return PublicServer(_config(door), senders, connections, door.refused, context)


def admin_server(app: ASGIApp, uds: str | None = None) -> Server:
    """A server for our own: probes, Prometheus, operators."""
    return Server(_config(app, uds))


def _config(app: ASGIApp, uds: str | None = None) -> uvicorn.Config:
    config = uvicorn.Config(
        app,
        uds=uds,
        http="httptools",
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,  # its lines have another form than ours, and one for each bad request
        log_level="critical",
        access_log=False,
        proxy_headers=False,  # `limits.networks` reads them
        server_header=False,
        date_header=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=_SHUTDOWN_S,
    )
    config.load()
    return config


async def sweep(connections: Connections) -> None:
    """Close connections that wait for too long, until cancelled."""
    has_more = False
    while True:
        await asyncio.sleep(_BETWEEN_S if has_more else _SWEEP_S)
        has_more = connections.sweep(time.monotonic())


def listener(host: str, port: int, *, is_shared: bool = False) -> socket.socket:
    """A socket that is bound. `is_shared`: other processes of ours may bind the same port. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if is_shared:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        made.bind((host, port))
    except OSError:
        made.close()
        raise
    return made


def port_of(listening: socket.socket) -> int:
    """The port that a socket is bound to."""
    port: int = listening.getsockname()[1]
    return port
