"""The fake Junction's deliveries, sent while the screen is shown."""

import asyncio
import threading
from collections.abc import Iterable

from streams.demo import stack
from streams.demo.options import Options
from streams.demo.score import Score
from streams.ops.errors import StreamsError
from streams.simulator.delivery.courier import Target, open_courier
from streams.simulator.delivery.schedule import Faults, schedule
from streams.simulator.world.world import Event

FAULTS = {"duplicates": 0.2, "late": 0.02, "lost_ack": 0.03, "reorder_window_s": 7200.0}


class Sender(threading.Thread):
    """Delivers the world's events in a loop of its own, so that the screen stays alive."""

    def __init__(self, events: Iterable[Event], running: stack.Stack, options: Options, score: Score) -> None:
        super().__init__(name="sender", daemon=True)
        self._events, self._stack, self._options, self._score = events, running, options, score
        self.failure: StreamsError | None = None

    def run(self) -> None:
        try:
            asyncio.run(self._deliver())
        except StreamsError as error:
            self.failure = error

    async def _deliver(self) -> None:
        target = Target(f"{self._stack.gateway_url}/webhooks/{stack.ENDPOINT}", self._stack.secret)
        attempts = schedule(self._events, Faults(seed=self._options.seed, **FAULTS))
        async with open_courier(target) as courier:
            self._score.tally = courier.tally
            await courier.deliver(attempts, self._options.rate)
