"""One port in front of several gateways, as a proxy has it: each connection goes to the next one that answers."""

import asyncio
import threading
from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from types import TracebackType
from typing import Self

from streams.demo.cluster.ports import LOOPBACK, random_free

CHUNK_BYTES = 64 * 1024


class Front:
    """`doors`: ports behind it; those on which nobody listens are passed over."""

    def __init__(self, doors: Sequence[int]) -> None:
        self.port = random_free()
        self._doors, self._next = doors, count()
        self._loop = asyncio.new_event_loop()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._run, name="front", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._listening.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(asyncio.start_server(self._serve, LOOPBACK, self.port))
        self._listening.set()
        self._loop.run_forever()

    async def _serve(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        first = next(self._next)
        for turn in range(len(self._doors)):
            door = self._doors[(first + turn) % len(self._doors)]
            with suppress(OSError):
                from_door, to_door = await asyncio.open_connection(LOOPBACK, door)
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
