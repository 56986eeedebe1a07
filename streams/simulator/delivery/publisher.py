"""Events published into a pipeline's broker as Junction does it, and counted as the courier counts its posts.

Delivery guarantee: an event is accepted only after the broker's confirmation. One whose confirmation is lost is
published again at once, under the same id, before anything else of its user: a pipeline's only word about time is the
order of publishing, so that of one user's events is kept, whatever happens.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Protocol
from zlib import crc32

import stamina

from streams.ops.errors import Unavailable
from streams.simulator.delivery.courier import NotAccepted, Tally
from streams.simulator.delivery.pace import Pace
from streams.simulator.delivery.pipeline_message import PipelineMessage, message_of
from streams.simulator.delivery.schedule import Attempt

LANES = 32  # each has one message under way
AHEAD = 64  # attempts that wait in a lane
PATIENCE_S = 60.0
_WAIT_FIRST_S, _WAIT_MAX_S, _JITTER_S = 0.01, 3.0, 0.01
_Progress = Callable[[Tally], None] | None


class PipelineBroker(Protocol):
    """A broker that takes messages. `name`: for people."""

    name: str

    async def publish(self, message: PipelineMessage) -> None:
        """Return when it is confirmed. Raises NotAccepted where nobody knows, Misconfigured where a person acts."""


class PipelinePublisher:
    """`patience_s`: when an event is given up; then, if nothing else was accepted in that time, the whole run."""

    def __init__(self, broker: PipelineBroker, tally: Tally | None = None, patience_s: float = PATIENCE_S) -> None:
        self.tally = tally or Tally()
        self._broker, self._patience_s = broker, patience_s
        self._accepted_at = time.monotonic()

    async def deliver(self, attempts: Iterable[Attempt], rate_per_s: float = 0, progress: _Progress = None) -> Tally:
        """Publish them all, each user's in their order; 0 as rate: as fast as the broker takes them.

        Raises Unavailable when nothing was accepted for `patience_s`.
        """
        lanes: list[asyncio.Queue[Attempt | None]] = [asyncio.Queue(AHEAD) for _ in range(LANES)]
        try:
            async with asyncio.TaskGroup() as group:
                for lane in lanes:
                    group.create_task(self._work(lane, progress))
                async for attempt in Pace(iter(attempts), rate_per_s):
                    await lanes[crc32(attempt.event.user_id.encode()) % LANES].put(attempt)
                for lane in lanes:
                    await lane.put(None)
        except* Exception as failed:
            raise _first(failed) from None
        return self.tally

    async def _work(self, lane: "asyncio.Queue[Attempt | None]", progress: _Progress) -> None:
        while (attempt := await lane.get()) is not None:
            self.tally.causes[attempt.cause] += 1
            await self._insist(message_of(attempt))
            self.tally.virtual_ms = max(self.tally.virtual_ms, attempt.due_ms)
            if progress is not None:
                progress(self.tally)

    async def _insist(self, message: PipelineMessage) -> None:
        waits = {"wait_initial": _WAIT_FIRST_S, "wait_max": _WAIT_MAX_S, "wait_jitter": _JITTER_S}
        try:
            async for trial in stamina.retry_context(on=NotAccepted, attempts=None, timeout=self._patience_s, **waits):
                with trial:
                    self.tally.retried += trial.num > 1
                    await self._publish(message)
        except NotAccepted as last:
            self.tally.given_up += 1
            if time.monotonic() - self._accepted_at > self._patience_s:
                raise Unavailable(f"{self._broker.name} takes nothing ({last}); see whether it runs") from None

    async def _publish(self, message: PipelineMessage) -> None:
        self.tally.sent += 1
        self.tally.body_bytes += len(message.body)
        try:
            await self._broker.publish(message)
        except NotAccepted as error:
            self.tally.statuses[str(error)] += 1
            raise
        self.tally.statuses["confirmed"] += 1
        self.tally.accepted += 1
        self._accepted_at = time.monotonic()


def _first(failed: BaseExceptionGroup[BaseException]) -> BaseException:
    """What a group is about."""
    error = failed.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
