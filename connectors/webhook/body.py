"""Reading a request body within limits: its own size, and all bodies of the process together."""

from collections.abc import Iterator
from contextlib import contextmanager

from starlette.types import Receive


class TooLarge(Exception):
    """The body is longer than the limit, by its Content-Length or by the bytes received."""


class Busy(Exception):
    """The bodies of all requests together hold as many bytes as they may."""


class Gone(Exception):
    """The sender disconnected before the body was complete."""


class Budget:
    """Bytes held by all requests under way. One event loop, so no lock."""

    def __init__(self, bytes_max: int) -> None:
        self.bytes_max = bytes_max
        self.held_bytes = 0

    @contextmanager
    def lease(self) -> "Iterator[Lease]":
        """Room for one body, given back at the end, also after an exception."""
        lease = Lease(self)
        try:
            yield lease
        finally:
            self.held_bytes -= lease.held_bytes


class Lease:
    """What one request holds of a budget. `is_complete`: the whole body is here."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self.held_bytes = 0
        self.is_complete = False

    def take(self, n_bytes: int) -> None:
        """Reserve bytes that have arrived. Raises Busy when the budget is spent."""
        # Not by Content-Length: to promise much costs a stranger nothing.
        if self._budget.held_bytes + n_bytes > self._budget.bytes_max:
            raise Busy
        self._budget.held_bytes += n_bytes
        self.held_bytes += n_bytes


def check_length(headers: list[tuple[bytes, bytes]], bytes_max: int) -> None:
    """Raises TooLarge for a Content-Length above the limit, before a byte of the body is read."""
    for name, value in headers:
        if name == b"content-length" and value.isdigit() and int(value[:20]) > bytes_max:
            raise TooLarge


async def read_body(receive: Receive, lease: Lease, bytes_max: int) -> bytes:
    """The whole body. Raises TooLarge, Busy, Gone."""
    chunks: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        chunk = message.get("body", b"")
        lease.take(len(chunk))
        if lease.held_bytes > bytes_max:
            raise TooLarge
        chunks.append(chunk)
        if not message.get("more_body", False):
            lease.is_complete = True
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)
