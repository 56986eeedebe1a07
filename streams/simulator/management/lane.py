"""What waits to be sent to one endpoint: by when it is due, and no faster than the endpoint's rate."""

import asyncio
import itertools
import time
from contextlib import suppress
from dataclasses import dataclass
from heapq import heappop, heappush

from streams.simulator.management.endpoint import SvixEndpoint
from streams.simulator.management.messages import SvixMessage, Trigger


@dataclass(frozen=True, slots=True)
class Errand:
    """`number`: of the attempt, 0 the first."""

    message: SvixMessage
    trigger: Trigger
    number: int = 0


class Lane:
    """`at_once`: attempts under way."""

    def __init__(self, endpoint: SvixEndpoint, at_once: int) -> None:
        self.endpoint = endpoint
        self.slots = asyncio.Semaphore(at_once)
        self.under_way = 0
        self._heap: list[tuple[float, int, Errand]] = []
        self._numbers = itertools.count()
        self._news = asyncio.Event()
        self._free_s = 0.0

    def add(self, errand: Errand, wait_s: float = 0.0) -> None:
        """To be sent in so many seconds."""
        heappush(self._heap, (time.monotonic() + wait_s, next(self._numbers), errand))
        self._news.set()

    def waiting(self, within_s: float) -> int:
        """How many are under way or due within so many seconds."""
        end_s = time.monotonic() + within_s
        return self.under_way + sum(due_s <= end_s for due_s, _, _ in self._heap)

    async def next(self) -> Errand:
        """The next that is due, when the rate lets it go."""
        while not self._heap or self._heap[0][0] > time.monotonic():
            self._news.clear()
            wait_s = self._heap[0][0] - time.monotonic() if self._heap else None
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), wait_s)
        await self._pace()
        self.under_way += 1
        return heappop(self._heap)[2]

    async def _pace(self) -> None:
        """The rate is that of now: who lowers it is heard at the next."""
        await asyncio.sleep(max(0.0, self._free_s - time.monotonic()))
        rate = self.endpoint.rate_limit
        self._free_s = max(self._free_s, time.monotonic() - 1 / rate) + 1 / rate if rate else 0.0
