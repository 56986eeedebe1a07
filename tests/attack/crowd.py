"""Many connections that each do the same, again and again, until the time is over."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.attack.wire import Tally, Wire, connect

_PAUSE_S = 0.05  # before the next try, where a connection was refused or closed at once


@dataclass(frozen=True)
class Aim:
    """Whom, from where, how many at once, for how long."""

    target: tuple[str, int]
    sources: tuple[str, ...]
    sockets: int
    seconds: float


Behaviour = Callable[[Wire], Awaitable[None]]


async def crowd(aim: Aim, behave: Behaviour) -> Tally:
    """Keep `sockets` strangers busy: each connects, behaves, leaves, and comes again."""
    tally, wires = Tally(), set[Wire]()
    loop = asyncio.get_running_loop()
    until_s = loop.time() + aim.seconds
    sources = itertools.cycle(aim.sources)

    async def stranger(source: str) -> None:
        while loop.time() < until_s:
            wire = await connect(aim.target, source, tally)
            if wire is not None:
                wires.add(wire)
                await behave(wire)
                wire.leave()
                wires.discard(wire)
                if wire.statuses:
                    continue
            await asyncio.sleep(_PAUSE_S)

    tasks = [asyncio.create_task(stranger(next(sources))) for _ in range(aim.sockets)]
    await asyncio.wait(tasks, timeout=aim.seconds)
    for task in tasks:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, Exception):
            raise result
    for wire in wires:
        wire.leave()
    await asyncio.sleep(0)
    return tally
