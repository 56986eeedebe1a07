"""How fast attempts are made."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

from streams.simulator.delivery.schedule import Attempt


class Pace:
    """Hands out attempts to one or many workers, each once, no faster than the rate; 0: as fast as they are taken."""

    def __init__(self, attempts: Iterator[Attempt], rate_per_s: float) -> None:
        self._attempts = attempts
        self._gap_s = 1 / rate_per_s if rate_per_s > 0 else 0.0
        self._next_s = time.monotonic()

    async def __aiter__(self) -> AsyncIterator[Attempt]:
        for attempt in self._attempts:
            if self._gap_s:
                self._next_s = max(self._next_s + self._gap_s, time.monotonic() - 1.0)
                await asyncio.sleep(max(self._next_s - time.monotonic(), 0))
            yield attempt
