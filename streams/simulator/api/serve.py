"""The fake API on a port: beside a test or a demo, or as a command until Ctrl-C."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from streams.ops.errors import Misconfigured
from streams.simulator.api.app import FakeApi

HOST = "127.0.0.1"


@asynccontextmanager
async def running(api: FakeApi, port: int = 0, host: str = HOST) -> AsyncIterator[str]:
    """Its base URL; 0 takes a free port. Raises Misconfigured for a port that is not free."""
    port = free_port(host, port)
    server = Server(
        api.app,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        log_enabled=False,
    )
    task = asyncio.create_task(server.serve())
    try:
        await _answering(host, port, task)
        yield f"http://{host}:{port}"
    finally:
        api.closing.set()
        server.stop()  # type: ignore[no-untyped-call]  # because Granian leaves this one method untyped
        await task


async def _answering(host: str, port: int, task: "asyncio.Task[None]") -> None:
    """Until somebody listens."""
    while not task.done():
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(0.01)
            continue
        writer.close()
        return
    await task


def free_port(host: str, port: int) -> int:
    """The port, or any free one for 0."""
    try:
        with socket.create_server((host, port)) as probe:
            found: int = probe.getsockname()[1]
            return found
    except OSError as error:
        raise Misconfigured(f"cannot listen on {host}:{port} ({error.strerror}); give another --port") from None
