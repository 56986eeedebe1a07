"""The rate holds, follows its setting, and stands still when told; so does the number at once. In virtual time."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from connectors.junction.limits import Limits


class Clock(asyncio.SelectorEventLoop):
    """A loop whose time jumps to the next timer: nobody waits, and the figures are exact."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 1000.0

    def time(self) -> float:
        return self.now_s

    def _run_once(self) -> None:
        scheduled = [timer.when() for timer in self._scheduled if not timer.cancelled()]  # type: ignore[attr-defined]  # because the loop's timers have no public name
        if not self._ready and scheduled:  # type: ignore[attr-defined]  # because neither has what is ready
            self.now_s = max(self.now_s, min(scheduled))
        super()._run_once()  # type: ignore[misc]  # because the step of a loop is private


def in_virtual_time(work: Coroutine[Any, Any, Any]) -> Any:
    with asyncio.Runner(loop_factory=Clock) as runner:
        return runner.run(work)


def now_s() -> float:
    return asyncio.get_running_loop().time()


async def leave(limits: Limits, left: list[float], stays_s: float = 0) -> None:
    async with limits.turn():
        left.append(now_s())
        await asyncio.sleep(stays_s)


async def crowd(limits: Limits, number: int, stays_s: float = 0) -> list[float]:
    """When each of so many left, from the first on."""
    left: list[float] = []
    async with asyncio.TaskGroup() as group:
        for _ in range(number):
            group.create_task(leave(limits, left, stays_s))
    return [at - left[0] for at in left]


def test_calls_leave_one_by_one() -> None:
    """Four a second: a quarter of a second apart, the first at once."""

    async def work() -> list[float]:
        return await crowd(Limits(4, 100), 5)

    assert in_virtual_time(work()) == pytest.approx([0, 0.25, 0.5, 0.75, 1.0])


def test_only_so_many_at_once() -> None:
    """Two slots, each kept for a second: pairs."""

    async def work() -> list[float]:
        return await crowd(Limits(1000, 2), 6, stays_s=1)

    assert [round(at) for at in in_virtual_time(work())] == [0, 0, 1, 1, 2, 2]


def test_another_rate_counts_for_those_who_wait() -> None:
    """From one in ten seconds to ten a second, while the second call waits; and from nothing to something."""

    async def work(first: float) -> list[float]:
        limits = Limits(first, 100)
        asyncio.get_running_loop().call_later(3, limits.set_rate, 10)
        began = now_s()
        left: list[float] = []
        await asyncio.gather(*(leave(limits, left) for _ in range(3)))
        return [at - began for at in left]

    assert in_virtual_time(work(0.1)) == pytest.approx([0, 3, 3.1])
    assert in_virtual_time(work(0)) == pytest.approx([3, 3.1, 3.2])


def test_a_hold_is_for_everybody() -> None:
    """When Junction asks one call to wait, nobody leaves before; a shorter hold does not end a longer one."""

    async def work() -> list[float]:
        limits, left = Limits(1000, 100), list[float]()
        began = now_s()
        limits.hold(5)
        limits.hold(1)
        await asyncio.gather(*(leave(limits, left) for _ in range(3)))
        return [round(at - began) for at in left]

    assert in_virtual_time(work()) == [5, 5, 5]


def test_who_gives_up_leaves_no_gap() -> None:
    """A call that is cancelled while it waits takes neither slot nor turn from the others."""

    async def work() -> list[float]:
        limits, left = Limits(1, 2), list[float]()
        began = now_s()
        tasks = [asyncio.create_task(leave(limits, left)) for _ in range(5)]
        await asyncio.sleep(0.5)
        tasks[1].cancel()
        tasks[2].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return [at - began for at in left]

    assert in_virtual_time(work()) == pytest.approx([0, 1, 2])
