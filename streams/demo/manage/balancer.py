"""One address before several gateways, connection by connection: what stands at the public URL of an endpoint."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

HOST = "127.0.0.1"
_PIECE = 65_536

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def balanced(ports: Sequence[int]) -> AsyncIterator[int]:
    """Its port. Each connection goes to the next that answers; where none does, it is closed."""
    turn = itertools.count()
    open_ones: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_ones.add(writer)
        if gateway := await _next(ports, next(turn)):
            open_ones.add(gateway[1])
            await asyncio.gather(_pump(reader, gateway[1]), _pump(gateway[0], writer))
            open_ones.discard(gateway[1])
        writer.close()
        open_ones.discard(writer)

    server = await asyncio.start_server(serve, HOST)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in open_ones:  # which ends what serves them
            writer.transport.abort()


async def _next(ports: Sequence[int], turn: int) -> Streams | None:
    for n in range(len(ports)):
        with suppress(OSError):
            return await asyncio.open_connection(HOST, ports[(turn + n) % len(ports)])
    return None


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until one side ends, which then ends the other."""
    with suppress(OSError):
        while piece := await reader.read(_PIECE):
            writer.write(piece)
            await writer.drain()
    writer.close()
