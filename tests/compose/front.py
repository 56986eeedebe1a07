"""One port in front of several gateways, as a proxy has it: each connection goes to the next one that answers."""

import asyncio
import threading
from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from ssl import SSLContext
from types import TracebackType
from typing import Self

from streams.demo.cluster.ports import LOOPBACK, random_free

CHUNK_BYTES = 64 * 1024


class Front:
    """`doors`: ports behind it; those on which nobody listens are passed over. `tls`: how to speak to them."""

    def __init__(self, doors: Sequence[int], tls: SSLContext | None = None) -> None:
        self.port, self._tls = random_free(), tls
        self._doors, self._next = doors, count()
        self._listening, self._end = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="front", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._listening.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join(5)

    async def _run(self) -> None:
        """What is under way when it ends is cancelled."""
        await asyncio.start_server(self._serve, LOOPBACK, self.port)
        self._listening.set()
        await asyncio.to_thread(self._end.wait)

    async def _serve(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        with suppress(asyncio.CancelledError):  # asyncio would print the end of a front as an error
            await self._lead(from_client, to_client)

    async def _lead(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        first = next(self._next)
        for turn in range(len(self._doors)):
            door = self._doors[(first + turn) % len(self._doors)]
            with suppress(OSError):
                from_door, to_door = await asyncio.open_connection(LOOPBACK, door, ssl=self._tls)
                await asyncio.gather(_pass(from_client, to_door), _pass(from_door, to_client))
                return
        to_client.close()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until one side has ended; then the other side is told."""
    with suppress(OSError):
        while data := await reader.read(CHUNK_BYTES):
            writer.write(data)
            await writer.drain()
    writer.close()
