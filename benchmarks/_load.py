"""A load generator for one POST endpoint: prepared requests over keep-alive connections, one at a time on each.

Bytes in, bytes out: a real HTTP client would cost more than the gateway that it measures.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle

_END = b"\r\n\r\n"


@dataclass
class Result:
    """What came back: latencies in seconds of every reply within the measured time, and statuses."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)

    def quantile_ms(self, q: float) -> float:
        """Latency that the share `q` of the requests did not exceed."""
        ordered = sorted(self.seconds)
        return 1000 * ordered[min(int(q * len(ordered)), len(ordered) - 1)]


class _Connection(asyncio.Protocol):
    def __init__(self, requests: Iterator[bytes], result: Result, begin_s: float, end_s: float) -> None:
        self._requests, self._result = requests, result
        self._begin_s, self._end_s = begin_s, end_s
        self._received = b""
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._received.startswith(b"HTTP/1.1 204") or not self._received.endswith(_END):
            if _END in self._received:  # anything but 204 ends this connection: it is not worth parsing here
                self._result.statuses[self._received[9:12].decode()] += 1
                self._transport.close()
            return
        now_s = time.perf_counter()
        if self._begin_s <= now_s <= self._end_s:
            self._result.seconds.append(now_s - self._sent_s)
            self._result.statuses["204"] += 1
        if now_s > self._end_s:
            self._transport.close()
        else:
            self._send()

    def _send(self) -> None:
        self._received = b""
        self._sent_s = time.perf_counter()
        self._transport.write(next(self._requests))


def request(port: int, path: str, headers: dict[str, str], body: bytes) -> bytes:
    """One HTTP/1.1 request as bytes."""
    head = {"host": f"127.0.0.1:{port}", "content-length": str(len(body)), "content-type": "application/json"} | headers
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return f"POST {path} HTTP/1.1\r\n{lines}\r\n".encode() + body


async def load(
    port: int, requests: Sequence[bytes], *, connections: int, seconds: float, warm_up_s: float = 1.0
) -> Result:
    """Keeps `connections` requests under way for `seconds` after the warm-up. Loopback only."""
    result = Result()
    begin_s = time.perf_counter() + warm_up_s
    endless = cycle(requests)
    loop = asyncio.get_running_loop()
    open_ = [
        await loop.create_connection(
            lambda: _Connection(endless, result, begin_s, begin_s + seconds), "127.0.0.1", port
        )
        for _ in range(connections)
    ]
    await asyncio.gather(*(connection.done for _, connection in open_))
    return result
