"""The fake Junction's deliveries, sent while the screen is shown."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace

from streams.demo import stack
from streams.demo.options import Options
from streams.demo.score import Score
from streams.ops.errors import StreamsError
from streams.simulator.delivery.brokers import open_broker
from streams.simulator.delivery.courier import Courier, Target, open_courier
from streams.simulator.delivery.publisher import PipelinePublisher
from streams.simulator.delivery.schedule import Faults, faults_of, schedule
from streams.simulator.world.world import Event

FAULTS = Faults(duplicates=0.2, late=0.02, lost_ack=0.03, reorder_window_s=7200.0)


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
        attempts = schedule(self._events, faults_of(self._stack.door, replace(FAULTS, seed=self._options.seed)))
        async with self._way() as way:
            self._score.tally = way.tally
            await way.deliver(attempts, self._options.rate)

    @asynccontextmanager
    async def _way(self) -> AsyncIterator[Courier | PipelinePublisher]:
        """To the gateway, or into the broker of a pipeline."""
        if pipeline := self._stack.pipeline:
            settings = self._stack.settings.model_copy(update=dict(pipeline.own))
            async with open_broker(pipeline.door, settings) as broker:
                yield PipelinePublisher(broker)
            return
        target = Target(f"{self._stack.gateway_url}/webhooks/{stack.ENDPOINT}", self._stack.secret)
        async with open_courier(target) as courier:
            yield courier
