"""One run: load, the outage under load, load again, then only retries until each delivery is there."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from tests.chaos.outage.samples import Samples
from tests.chaos.outage.sender import RETRIES_S, Sender
from tests.chaos.outage.stage import ACTS, Stage

PATIENCE_S = 240.0


@dataclass(frozen=True)
class Plan:
    """`rate`: new deliveries a second. `before_s`, `after_s`: of load without an outage."""

    act: str
    seconds: float
    rate: float
    seed: int = 1
    before_s: float = 8.0
    after_s: float = 15.0
    retries_s: tuple[float, ...] = RETRIES_S


async def run(stage: Stage, plan: Plan) -> Samples:
    """What was seen; `sender.sent` of it has all deliveries."""
    sender = Sender(stage.url, stage.secret, plan.rate, plan.seed, plan.retries_s)
    samples = Samples(stage, sender)
    tasks = [asyncio.create_task(sender.run()), asyncio.create_task(samples.run())]
    await asyncio.sleep(plan.before_s)
    samples.mark("begin")
    await ACTS[plan.act](stage, plan.seconds)
    samples.mark("end")
    await asyncio.sleep(plan.after_s)
    await sender.finish(PATIENCE_S)
    samples.overload = await stage.metric("junction_gateway_overload_total")
    samples.waiting_bytes = sum((await stage.metric("junction_gateway_queue_bytes")).values())
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    return samples
