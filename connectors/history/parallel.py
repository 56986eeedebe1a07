"""Work on many items at once, with results in the order of the items."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


async def in_order(items: AsyncIterator[T], work: Callable[[T], Awaitable[R]], at_once: int) -> AsyncGenerator[R]:
    """What `work` makes of each item; at most `at_once` are under way. Raises what the first one raises that failed,
    in the order of the items; whoever stops early, or is cancelled, has none left under way."""
    under_way: deque[asyncio.Future[R]] = deque()
    try:
        async for item in items:
            under_way.append(asyncio.ensure_future(work(item)))
            if len(under_way) >= at_once:
                yield await under_way.popleft()
        while under_way:
            yield await under_way.popleft()
    finally:
        for one in under_way:
            one.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
