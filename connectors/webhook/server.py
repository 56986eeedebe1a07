"""The HTTP server: uvicorn with `BoundedProtocol`, on sockets that are given, without signals or logs of its own."""

import asyncio
import contextlib
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import cast

import uvicorn
from starlette.types import ASGIApp

from connectors.webhook.limits.connections import HEAD_S, Connections
from connectors.webhook.limits.senders import Senders
from connectors.webhook.protocol import BoundedProtocol
from streams.ops import log
from streams.ops.quiet import Quiet

BACKLOG = 4096
_SWEEP_S = 0.5
_SHUTDOWN_S = 2


class Server(uvicorn.Server):
    """uvicorn's server, stopped by `should_exit` alone: the signals are the command's."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, but that a TLS handshake may take no minute: until its end a connection is nobody's."""
        if not sockets or not self.config.ssl:
            await super().startup(sockets)
            return
        await self.lifespan.startup()
        make = partial(
            cast("Callable[..., asyncio.Protocol]", self.config.http_protocol_class),
            config=self.config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
        )
        loop = asyncio.get_running_loop()
        self.servers = [
            await loop.create_server(
                make, sock=one, ssl=self.config.ssl, ssl_handshake_timeout=HEAD_S, backlog=self.config.backlog
            )
            for one in sockets
        ]
        self.started = True

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """No signals."""
        yield


def public_server(
    app: ASGIApp, senders: Senders, connections: Connections, context: ssl.SSLContext | None = None
) -> Server:
    """The server that strangers reach. `connections` has to be swept: `sweep`."""
    protocol = partial(
        BoundedProtocol, senders=senders, connections=connections, quiet=Quiet(log.get("gateway"), "connections_closed")
    )
    return _server(app, protocol, context)


def admin_server(app: ASGIApp, uds: str | None = None) -> Server:
    """A server for our own: probes, Prometheus, operators."""
    return _server(app, "httptools", uds=uds)


def _server(
    app: ASGIApp,
    protocol: "str | Callable[..., asyncio.Protocol]",
    context: ssl.SSLContext | None = None,
    uds: str | None = None,
) -> Server:
    config = uvicorn.Config(
        app,
        uds=uds,
        http=protocol,  # type: ignore[arg-type]  # because it says class where anything that makes a protocol does
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
    config.ssl = context
    return Server(config)


async def sweep(connections: Connections) -> None:
    """Close connections that wait for too long, until cancelled."""
    while True:
        await asyncio.sleep(_SWEEP_S)
        connections.sweep(time.monotonic())


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
