"""The fake API on a port: beside a test or a demo, or as a command until Ctrl-C."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn

from streams.ops.errors import Misconfigured
from streams.simulator.api.app import FakeApi

HOST = "127.0.0.1"


@asynccontextmanager
async def running(api: FakeApi, port: int = 0, host: str = HOST) -> AsyncIterator[str]:
    """Its base URL; 0 takes a free port. Raises Misconfigured for a port that is not free."""
    port = free_port(host, port)
    server = _Server(
        uvicorn.Config(
            api.app, host=host, port=port, ws="none", log_config=None, log_level="critical", access_log=False
        )
    )
    task = asyncio.create_task(server.serve())
    try:
        await _answering(host, port, task)
        yield f"http://{host}:{port}"
    finally:
        api.closing.set()
        server.should_exit = True
        await task


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """No signals: they are whose process it is."""
        yield


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
