"""How many messages wait in a source: told as it says, and never 0 for what is not known."""

import asyncio
import math

from connectors.contract.depth import depth_told
from streams.ops import metrics
from streams.ops.errors import Unavailable
from tests.connectors.contract.test_receiving import LAYOUT, Kafka, Queue


class Deep(Queue):
    """A source that tells; `answers`: one for each time that it is asked, then none ever."""

    name = "deep"

    def __init__(self, *answers: int | None) -> None:
        super().__init__([], Kafka(LAYOUT))
        self._answers, self.is_asked_enough = list(answers), asyncio.Event()

    async def waiting(self) -> int | None:
        if not self._answers:
            self.is_asked_enough.set()
            await asyncio.Event().wait()
        found = self._answers.pop(0)
        if found == -1:
            raise Unavailable("away")
        return found


async def told(*answers: int | None) -> float:
    """The metric after these answers."""
    source = Deep(*answers)
    async with depth_told(source, every_s=0):
        await source.is_asked_enough.wait()
    value: float = metrics.SOURCE_WAITING.labels("deep")._value.get()
    return value


async def test_the_newest_answer_counts() -> None:
    """What the source said last."""
    assert await told(7, 3) == 3


async def test_what_is_not_known_is_no_zero() -> None:
    """While it is away, or cannot be asked: an alert on what waits must neither fire nor rest on an old number."""
    assert math.isnan(await told(7, -1))
    assert math.isnan(await told(7, None))


async def test_a_source_that_cannot_tell_has_no_series() -> None:
    """0 would say that nothing waits."""
    source = Queue([], Kafka(LAYOUT))
    async with depth_told(source):
        pass
    found = {sample.labels["door"] for metric in metrics.SOURCE_WAITING.collect() for sample in metric.samples}
    assert source.name not in found
