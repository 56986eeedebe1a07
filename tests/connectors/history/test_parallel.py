"""Many at once, in order."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.history.parallel import map_in_order


async def listed(n: int) -> AsyncIterator[int]:
    for one in range(n):
        yield one


@given(st.lists(st.integers(0, 5), max_size=30), st.integers(1, 8))
def test_results_keep_the_order_of_the_items(turns: list[int], at_once: int) -> None:
    """However long each takes, and never more than so many are under way."""
    now = most = 0

    async def work(item: int) -> int:
        nonlocal now, most
        now += 1
        most = max(most, now)
        for _ in range(turns[item]):
            await asyncio.sleep(0)
        now -= 1
        return item

    async def run() -> list[int]:
        return [one async for one in map_in_order(listed(len(turns)), work, at_once)]

    assert asyncio.run(run()) == list(range(len(turns)))
    assert most <= at_once


@pytest.mark.parametrize("how", ["fails", "is left"])
async def test_none_stays_under_way(how: str) -> None:
    """When one fails, or nobody wants the rest, the others end before it does."""
    now = 0

    async def work(item: int) -> int:
        nonlocal now
        now += 1
        try:
            if item == 0:
                await asyncio.sleep(0)
                if how == "fails":
                    raise ValueError("0")
                return 0
            await asyncio.Event().wait()
            return item
        finally:
            now -= 1

    async def first() -> int:
        async with aclosing(map_in_order(listed(9), work, 4)) as found:
            async for one in found:
                return one
        raise AssertionError("it ends before")

    if how == "fails":
        with pytest.raises(ValueError, match="0"):
            await first()
    else:
        assert await first() == 0
    assert now == 0
