"""Calls a second, and calls at once: one object for all calls of a team.

Not a library: those on PyPI fix the rate when they are made. Ours follows the share of the work that a process has, and
blocks all calls when Junction asks one of them to wait.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Limits:
    """Calls start in the order of `turn`, at least 1/rate seconds apart; at most `at_once` run."""

    def __init__(self, rate_per_s: float, at_once: int) -> None:
        self._rate_per_s = rate_per_s
        self._slots = asyncio.Semaphore(at_once)
        self._order = asyncio.Lock()
        self._changed = asyncio.Event()
        self._last_s = self._held_until_s = 0.0

    @property
    def rate_per_s(self) -> float:
        return self._rate_per_s

    def set_rate(self, rate_per_s: float) -> None:
        """Change the rate, for calls that wait already too; 0 blocks all calls until it is changed again."""
        self._rate_per_s = rate_per_s
        self._changed.set()

    def hold(self, wait_s: float) -> None:
        """Block all calls for `wait_s` seconds, after a 429."""
        self._held_until_s = max(self._held_until_s, _now_s() + wait_s)
        self._changed.set()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a slot and then for the turn; the slot is held until the block ends."""
        async with self._slots:
            async with self._order:  # first come, first served: the lock wakes its waiters in order
                while (wait_s := self._due_s() - _now_s()) > 0:
                    self._changed.clear()
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._changed.wait(), None if self._rate_per_s <= 0 else wait_s)
                self._last_s = _now_s()
            yield

    def _due_s(self) -> float:
        """When the next call may start."""
        if self._rate_per_s <= 0:
            return float("inf")
        return max(self._last_s + 1 / self._rate_per_s, self._held_until_s)


def _now_s() -> float:
    return asyncio.get_running_loop().time()
