"""Reading a request body within limits: its own size, its rate, and all bodies of the process together."""

import asyncio
import time

from starlette.types import Receive

from connectors.webhook.limits.bodies import Lease, TooLarge, TooSlow


class Gone(Exception):
    """The sender disconnected before the body was complete."""


def check_length(length: int, bytes_max: int) -> None:
    """Raises TooLarge for a Content-Length above the limit, before a byte of the body is read."""
    if length > bytes_max:
        raise TooLarge


async def read_piece(receive: Receive) -> tuple[bytes, bool]:
    """The next piece of the body, and whether more follow. Raises Gone."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise Gone
    return message.get("body", b""), message.get("more_body", False)


async def read_rest(first: bytes, receive: Receive, lease: Lease, bytes_max: int) -> bytes:
    """The whole body, which begins with `first`. Raises TooLarge, TooSlow, Busy, Gone."""
    pieces, has_more = [first], True
    began_s = time.monotonic()
    lease.take(len(first))
    while has_more:
        if lease.held_bytes > bytes_max:
            raise TooLarge
        try:
            async with asyncio.timeout(lease.due_s(began_s) - time.monotonic()):
                piece, has_more = await read_piece(receive)
        except TimeoutError:
            raise TooSlow from None
        lease.take(len(piece))
        pieces.append(piece)
    lease.complete()
    if lease.held_bytes > bytes_max:
        raise TooLarge
    return b"".join(pieces)
