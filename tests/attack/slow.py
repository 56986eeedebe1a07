"""Strangers who hold a connection and say little or nothing."""

from tests.attack.requests import forged, forgery, head
from tests.attack.wire import Wire

FOREVER_S = 3600.0
STEP_S = 1.0
HELD_BYTES = 16 * 1024 * 1024
HELD_BACK_BYTES = 36
_PIECE = b"x" * 65_536


async def silent(wire: Wire) -> None:
    """Nothing at all."""
    await wire.wait(FOREVER_S)


async def idle(wire: Wire) -> None:
    """One whole request, then nothing: a kept connection."""
    await wire.send(forgery(b"{}"))
    await wire.wait(FOREVER_S)


async def slow_headers(wire: Wire) -> None:
    """One byte of the headers a second."""
    await _drip(wire, head(["x-padding: " + "a" * 4000, *forged(), "Content-Length: 2"]))


async def slow_bodies(wire: Wire) -> None:
    """Whole headers, then one byte of the body a second."""
    if await wire.send(head(["Content-Length: 10000", *forged()])):
        await _drip(wire, b"x" * 10_000)


async def slow_chunks(wire: Wire) -> None:
    """Whole headers, then the line of a chunk's size, one byte a second, padded with zeros as the grammar allows."""
    if await wire.send(head(["Transfer-Encoding: chunked", *forged()])):
        await _drip(wire, b"0" * 10_000)


async def held(wire: Wire) -> None:
    """A body of the greatest size but for its last bytes, which never come."""
    if not await wire.send(head([f"Content-Length: {HELD_BYTES}", *forged()])):
        return
    left = HELD_BYTES - HELD_BACK_BYTES
    while left > 0 and not wire.statuses:
        piece = _PIECE[:left]
        if not await wire.send(piece):
            return
        left -= len(piece)
    await wire.wait(FOREVER_S)


async def _drip(wire: Wire, data: bytes) -> None:
    for byte in data:
        if wire.statuses or not await wire.send(bytes([byte])):
            break
        if await wire.wait(STEP_S):
            break
    await wire.wait(STEP_S)
