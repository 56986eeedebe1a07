"""One thread for calls that block: transactions, and writes of the tables behind them.

A daemon, for which no exit waits: ending the process is safe, the next start fences what a call may still do.
"""

import asyncio
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

Call = Callable[[], Any]


class Blocking:
    """Runs jobs one after the other, in a daemon thread."""

    def __init__(self, name: str) -> None:
        self._jobs: SimpleQueue[tuple[asyncio.AbstractEventLoop, asyncio.Future[Any], Call]] = SimpleQueue()
        threading.Thread(target=self._work, name=name, daemon=True).start()

    async def run(self, call: Callable[..., Any], *args: Any) -> Any:
        """The result of a job. Raises what it raises."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Any] = loop.create_future()
        self._jobs.put((loop, done, lambda: call(*args)))
        return await done

    def _work(self) -> None:
        while True:
            loop, done, call = self._jobs.get()
            try:
                result, error = call(), None
            except BaseException as raised:  # `run` raises it
                result, error = None, raised
            if not loop.is_closed():
                loop.call_soon_threadsafe(_resolve, done, result, error)


def _resolve(done: "asyncio.Future[Any]", result: Any, error: BaseException | None) -> None:
    if done.cancelled():
        return
    if error is None:
        done.set_result(result)
    else:
        done.set_exception(error)
