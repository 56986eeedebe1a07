"""Strangers who send as much as they can."""

import gzip
import itertools
import random

from tests.attack.requests import chunk, forged, forgery, head
from tests.attack.wire import Wire

ANSWER_S = 15.0  # after so long Junction itself would give up
_CHUNK = chunk(b"x" * 65_536)
_CRUMBS = chunk(b"x") * 4_000
_DECLARED_BYTES = 500_000_000
_BOMB = gzip.compress(bytes(10_000_000), 9)
_LARGE = b"x" * 200_000
_PATHS = itertools.count()
_PIPELINED = forgery(b"{}") * 200


async def endless_chunks(wire: Wire) -> None:
    """Chunk after chunk of 64 KiB."""
    await _pour(wire, head(["Transfer-Encoding: chunked", *forged()]), _CHUNK)


async def tiny_chunks(wire: Wire) -> None:
    """Chunk after chunk of one byte."""
    await _pour(wire, head(["Transfer-Encoding: chunked", *forged()]), _CRUMBS)


async def declared(wire: Wire) -> None:
    """500 MB declared, and sent for as long as it is taken."""
    await _pour(wire, head([f"Content-Length: {_DECLARED_BYTES}", *forged()]), _CHUNK)


async def gzip_bombs(wire: Wire) -> None:
    """10 MB of zeros, packed into 10 kB."""
    await _repeat(wire, forgery(_BOMB, "Content-Encoding: gzip"))


async def forged_small(wire: Wire) -> None:
    """Fresh, well-formed, wrongly signed: 1 kB."""
    await _repeat(wire, forgery(_LARGE[:1_000]))


async def forged_large(wire: Wire) -> None:
    """The same with 200 kB: each has to be hashed."""
    await _repeat(wire, forgery(_LARGE))


async def forged_anew(wire: Wire) -> None:
    """The same with 1 kB, each on a connection of its own."""
    if await wire.send(forgery(_LARGE[:1_000])):
        await wire.wait_answer(ANSWER_S)


async def wrong_paths(wire: Wire) -> None:
    """Another path each time."""
    while await _one(wire, head(["Content-Length: 0"], path=f"/admin/{next(_PATHS)}/" + "y" * 80)):
        wire.forget()


async def pipelined_unread(wire: Wire) -> None:
    """Requests without waiting for an answer, and no answer is ever read."""
    wire.transport.pause_reading()
    while await wire.send(_PIPELINED):
        if await wire.wait(0.01):
            break


async def header_bytes(wire: Wire) -> None:
    """100 kB of headers."""
    await _one(wire, head([*(f"x-{n}: " + "a" * 1_000 for n in range(100)), *forged(), "Content-Length: 0"]))


async def header_count(wire: Wire) -> None:
    """10,000 headers."""
    await _one(wire, head([*(f"x-{n}: a" for n in range(10_000)), *forged(), "Content-Length: 0"]))


async def header_endless(wire: Wire) -> None:
    """One header line without an end."""
    await _pour(wire, b"POST /webhooks/junction HTTP/1.1\r\nHost: x\r\nx-endless: ", b"a" * 65_536)


async def target_endless(wire: Wire) -> None:
    """A request line without an end."""
    await _pour(wire, b"POST /webhooks/", b"a" * 65_536)


async def header_held(wire: Wire) -> None:
    """400 kB of headers, unfinished, and then nothing: what is kept of them costs memory."""
    for n in range(400):
        if wire.statuses or not await wire.send(b"x-%d: " % n + b"a" * 1_000 + b"\r\n" if n else head([])[:-2]):
            return
    await wire.wait(3600.0)


async def trailers_endless(wire: Wire) -> None:
    """A whole chunked body, then trailers without an end."""
    opening = head(["Transfer-Encoding: chunked", *forged()]) + chunk(b"{}") + b"0\r\n"
    await _pour(wire, opening, b"".join(b"x-%d: " % n + b"a" * 1_000 + b"\r\n" for n in range(64)))


async def trailer_line_endless(wire: Wire) -> None:
    """The same in one line."""
    opening = head(["Transfer-Encoding: chunked", *forged()]) + chunk(b"{}") + b"0\r\nx-endless: "
    await _pour(wire, opening, b"a" * 65_536)


async def extension_endless(wire: Wire) -> None:
    """A chunk's size, then an extension without end."""
    await _pour(wire, head(["Transfer-Encoding: chunked", *forged()]) + b"2;x=", b"a" * 65_536)


async def junk(wire: Wire) -> None:
    """Random bytes."""
    await wire.send(random.randbytes(random.choice([1, 10, 1_000, 100_000])))
    await wire.wait_answer(ANSWER_S)


async def tls_hello(wire: Wire) -> None:
    """A TLS handshake where none is spoken."""
    hello = bytes.fromhex("16030100c8010000c40303") + random.randbytes(32) + bytes(157)
    await wire.send(hello)
    await wire.wait_answer(ANSWER_S)


async def churn(wire: Wire) -> None:
    """Connect and close."""


async def reset_midway(wire: Wire) -> None:
    """RST in the middle of a body."""
    await wire.send(head(["Content-Length: 100000", *forged()]) + _LARGE[: random.randrange(1, 99_000)])
    if not await wire.wait(0.01):
        wire.reset()


async def closed_midway(wire: Wire) -> None:
    """FIN in the middle of a body, while still reading."""
    await wire.send(head(["Content-Length: 100000", *forged()]) + _LARGE[: random.randrange(1, 99_000)])
    if wire.is_open:
        wire.transport.write_eof()
    await wire.wait_answer(ANSWER_S)


async def _pour(wire: Wire, opening: bytes, piece: bytes) -> None:
    """Send without end, also past an answer, until the other side closes."""
    wire.tally.requests += 1
    if await wire.send(opening):
        while await wire.send(piece):
            if await wire.wait(0):
                break


async def _repeat(wire: Wire, request: bytes) -> None:
    while wire.is_open and await _one(wire, request):
        wire.forget()


async def _one(wire: Wire, request: bytes) -> bool:
    """True when an answer came and the connection goes on."""
    wire.tally.requests += 1
    if not await wire.send(request):
        return False
    return await wire.wait_answer(ANSWER_S) and wire.is_open
