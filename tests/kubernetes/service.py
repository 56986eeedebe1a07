"""A Service of the kind that a cluster has: connections to one port, each led to one of the pods that are ready."""

import asyncio
import contextlib
import random
import threading
from collections.abc import Callable, Iterator

from streams.demo.cluster.ports import random_free


@contextlib.contextmanager
def leading(to: Callable[[], list[int]]) -> Iterator[int]:
    """The port, until the end of the block. `to`: ports of the pods that are ready now."""
    loop = asyncio.new_event_loop()
    port = random_free()

    async def serve() -> None:
        await asyncio.start_server(lambda reader, writer: _led(to(), reader, writer), "127.0.0.1", port)

    loop.run_until_complete(serve())
    thread = threading.Thread(target=loop.run_forever, name="service")
    thread.start()
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


async def _led(ports: list[int], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        if ports:
            inner, outer = await asyncio.open_connection("127.0.0.1", random.choice(ports))
            await asyncio.gather(_copied(reader, outer), _copied(inner, writer), return_exceptions=True)
    writer.close()


async def _copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()
