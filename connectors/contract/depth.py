"""How many messages wait in a source, as a metric: asked now and then, beside the loop."""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator

from connectors.contract.source import Source, TellsWaiting
from streams.ops import metrics
from streams.ops.errors import Unavailable

ASK_EVERY_S = 15.0  # as often as Prometheus looks


@contextlib.asynccontextmanager
async def depth_told(source: Source, every_s: float = ASK_EVERY_S) -> AsyncIterator[None]:
    """While it lasts, `junction_source_waiting` says what the source says; NaN while that cannot be asked.

    Of a source that cannot tell there is no such series: 0 would say that nothing waits.
    """
    if not isinstance(source, TellsWaiting):
        yield
        return
    asking = asyncio.create_task(_ask(source.name, source, every_s))
    try:
        yield
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)


async def _ask(source_name: str, source: TellsWaiting, every_s: float) -> None:
    while True:
        try:
            found = await source.waiting()
        except Unavailable:  # said by the loop, which sees the same
            found = None
        metrics.SOURCE_WAITING.labels(source_name).set(math.nan if found is None else found)
        await asyncio.sleep(every_s)
