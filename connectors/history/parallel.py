"""Work on many items at once, with results in the order of the items."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


async def map_in_order(items: AsyncIterator[T], work: Callable[[T], Awaitable[R]], at_once: int) -> AsyncGenerator[R]:
    """The results of `work`, in the order of the items, at most `at_once` at a time.

    Raises what the first failed item raised. A caller that stops early, or is cancelled, leaves no task behind.
    """
    running: deque[asyncio.Future[R]] = deque()
    try:
        async for item in items:
            running.append(asyncio.ensure_future(work(item)))
            if len(running) >= at_once:
                yield await running.popleft()
        while running:
            yield await running.popleft()
    finally:
        for future in running:
            future.cancel()
        await asyncio.gather(*running, return_exceptions=True)
