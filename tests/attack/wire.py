"""One connection of a stranger, and the count of what all of them were answered."""

import asyncio
import re
import socket
import struct
from collections import Counter
from dataclasses import dataclass, field

STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")
_STATUS_BYTES = 12
_BUFFERED_BYTES_MAX = 1 << 20
_CONNECT_S = 5.0


@dataclass
class Tally:
    """`answers`: by status, or `closed` (without an answer), `no connection`, `held open` (to the end). `lives_s`: how
    long the other side has kept each connection that it closed."""

    connections: int = 0
    sent_bytes: int = 0
    requests: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    lives_s: list[float] = field(default_factory=list)


class Wire(asyncio.Protocol):
    """Counts statuses as they arrive and never stops reading. Made by `open`, for one stranger."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self.statuses: list[str] = []
        self.ended = asyncio.Event()
        self.answered = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._rest = b""
        self._is_left = False
        self._began_s = 0.0
        self.transport: asyncio.Transport

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._began_s = asyncio.get_running_loop().time()
        transport.set_write_buffer_limits(_BUFFERED_BYTES_MAX)
        self.tally.connections += 1

    def data_received(self, data: bytes) -> None:
        text, end = self._rest + data, 0
        for found in STATUS.finditer(text):
            self.statuses.append(found[1].decode())
            self.tally.answers[found[1].decode()] += 1
            end = found.end()
        self._rest = text[max(end, len(text) - _STATUS_BYTES + 1) :]
        if {*self.statuses} - {"100"}:  # which asks for the body, and is no answer yet
            self.answered.set()

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, error: Exception | None) -> None:
        if not self._is_left:
            self.tally.lives_s.append(asyncio.get_running_loop().time() - self._began_s)
            if not self.statuses:
                self.tally.answers["closed"] += 1
        self.ended.set()
        self._writable.set()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    # What a stranger does

    @property
    def is_open(self) -> bool:
        return not self.ended.is_set()

    async def send(self, data: bytes) -> bool:
        """False once the other side has closed."""
        await self._writable.wait()
        if self.transport.is_closing():
            return False
        self.transport.write(data)
        self.tally.sent_bytes += len(data)
        return True

    async def wait(self, seconds: float) -> bool:
        """True when the other side has closed within this time."""
        try:
            await asyncio.wait_for(self.ended.wait(), seconds)
        except TimeoutError:
            return False
        return True

    async def wait_answer(self, seconds: float) -> bool:
        """True when an answer or the end has come within this time."""
        waits = [asyncio.ensure_future(self.answered.wait()), asyncio.ensure_future(self.ended.wait())]
        try:
            done, _ = await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waits:
                one.cancel()
        return bool(done)

    def forget(self) -> None:
        """The next answer is that of the next request."""
        self.answered.clear()
        self.statuses.clear()

    def leave(self) -> None:
        """Close; whoever still waited for an answer is counted as held open."""
        if self.is_open and not self._is_left:
            if not self.statuses:
                self.tally.answers["held open"] += 1
            self._is_left = True
            self.transport.abort()

    def reset(self) -> None:
        """RST instead of FIN."""
        self._is_left = True
        sock = self.transport.get_extra_info("socket")
        if self.is_open and sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()


async def connect(target: tuple[str, int], source: str, tally: Tally) -> Wire | None:
    """A connection from that loopback address; None, counted, where there is none to be had."""
    loop = asyncio.get_running_loop()
    sock = socket.socket()
    sock.setblocking(False)
    try:
        sock.setsockopt(socket.IPPROTO_IP, getattr(socket, "IP_BIND_ADDRESS_NO_PORT", 24), 1)
        sock.bind((source, 0))
        await asyncio.wait_for(loop.sock_connect(sock, target), _CONNECT_S)
        _, wire = await loop.create_connection(lambda: Wire(tally), sock=sock)
    except OSError:
        sock.close()
        tally.answers["no connection"] += 1
        return None
    except BaseException:
        sock.close()
        raise
    return wire
