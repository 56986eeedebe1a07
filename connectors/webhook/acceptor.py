"""Accepting connections: counted before anything is made for them, and a few at a time.

A server of asyncio takes all that wait at once, thousands in one turn of the loop, and counts none before the TLS
handshake has ended. What is accepted here is in the bounds of `limits.connections` from its first moment.
"""

import asyncio
import contextlib
import socket
import ssl
import time
from collections.abc import Callable
from functools import partial

from connectors.contract.intake import child
from connectors.webhook.limits.connections import HEAD_S, Connections
from connectors.webhook.limits.senders import Sender, Senders
from connectors.webhook.protocol import BoundedProtocol
from streams.ops import metrics
from streams.ops.quiet import Quiet

_AT_ONCE = 4  # between them those that are open get their turn
_PAUSE_S = 0.5  # after an accept that failed: no file is left, or no memory

Make = Callable[[Sender], BoundedProtocol]


class Acceptor:
    """One listening socket. `context`: for TLS; None for plain HTTP."""

    def __init__(
        self,
        listening: socket.socket,
        make: Make,
        senders: Senders,
        connections: Connections,
        quiet: Quiet,
        context: ssl.SSLContext | None,
    ) -> None:
        self._socket, self._make, self._senders, self._connections, self._quiet = (
            listening,
            make,
            senders,
            connections,
            quiet,
        )
        self._context = context
        self._loop = asyncio.get_running_loop()
        self._pause: asyncio.TimerHandle | None = None
        self._arriving: set[asyncio.Task[None]] = set()

    def begin(self, backlog: int) -> None:
        """Listen, and accept until `close`."""
        self._socket.setblocking(False)
        self._socket.listen(backlog)
        self._go_on()

    def close(self) -> None:
        """Accept no more, and end what has not arrived: its handshake may never end. The socket is the caller's."""
        self._loop.remove_reader(self._socket)
        if self._pause:
            self._pause.cancel()
        for task in self._arriving:
            task.cancel()

    async def wait_closed(self) -> None:
        """Return when nothing is arriving."""
        if self._arriving:
            await asyncio.wait(self._arriving)

    def _go_on(self) -> None:
        self._pause = None
        self._loop.add_reader(self._socket, self._accept)

    def _accept(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                accepted, address = self._socket.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:  # the kernel calls again at once, for ever
                self._quiet.warn(f"accept failed: {error.strerror}")
                self._loop.remove_reader(self._socket)
                self._pause = self._loop.call_later(_PAUSE_S, self._go_on)
                return
            self._let_in(accepted, address[0])

    def _let_in(self, accepted: socket.socket, host: str) -> None:
        sender, now_s = self._senders.at(host), time.monotonic()
        if not self._connections.make_room(sender, now_s):
            accepted.close()
            child(metrics.CONNECTIONS_CLOSED, "refused").inc()
            self._quiet.warn("refused", address=sender.site)
            return
        protocol = self._make(sender)
        self._connections.opened(protocol, now_s)
        protocol.arriving = task = self._loop.create_task(self._arrive(accepted, protocol))
        self._arriving.add(task)
        task.add_done_callback(partial(self._arrived, accepted, protocol))

    async def _arrive(self, accepted: socket.socket, protocol: BoundedProtocol) -> None:
        handshake_s = HEAD_S if self._context else None
        # What fails is the other end's: no TLS, no end of its handshake, gone meanwhile. An SSLError is an OSError.
        with contextlib.suppress(OSError):
            await self._loop.connect_accepted_socket(
                lambda: protocol, accepted, ssl=self._context, ssl_handshake_timeout=handshake_s
            )

    def _arrived(self, accepted: socket.socket, protocol: BoundedProtocol, task: "asyncio.Task[None]") -> None:
        # Not at the end of the task's own code, of which nothing runs where it is cancelled before it began.
        self._arriving.discard(task)
        if protocol.arriving:  # it never arrived: its end is told to nobody
            protocol.arriving = None
            accepted.close()
            self._connections.closed(protocol, time.monotonic())
