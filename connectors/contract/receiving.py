"""The loop of every source that is asked for messages: receive → intake → publish → acknowledge.

Guarantee: a message is acknowledged after Kafka's delivery report, never before. At least once, in the source's order.
A message that nobody can read becomes a dead letter and is acknowledged.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

from connectors.contract.intake import Intake
from connectors.contract.retry import Pauses
from connectors.contract.source import Source, SourceMessage
from streams.ops.errors import Unavailable

MESSAGES_MAX = 200  # under way at once


class ReceivingLoop:
    """Takes the next messages only after the last ones are acknowledged: that is its back-pressure."""

    def __init__(self, source: Source, intake: Intake, logger: Any) -> None:
        self._source, self._intake = source, intake
        self._source_pauses, self._kafka_pauses = Pauses(source.name, logger), Pauses("Kafka", logger)

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; what is under way is ended first. Raises what is neither Unavailable nor Rejected."""
        while not stop.is_set():
            try:
                await self._settle(await self._source.receive(MESSAGES_MAX), stop)
                self._source_pauses.over()
            except Unavailable as error:  # of the source: Kafka's are caught below
                await _pause(self._source_pauses.after(error), stop)

    async def _settle(self, messages: Sequence[SourceMessage], stop: asyncio.Event) -> None:
        """Publish and acknowledge until all is done, or `stop`."""
        while messages:
            messages, error = await self._attempt(messages)
            if error is None:
                self._kafka_pauses.over()
                return
            await _pause(self._kafka_pauses.after(error), stop)
            if stop.is_set():
                await self._source.release(messages)
                return
            await self._source.extend(messages)

    async def _attempt(self, messages: Sequence[SourceMessage]) -> tuple[Sequence[SourceMessage], Unavailable | None]:
        """Publish them all at once. What is left: the first one that failed, and all behind it, and why.

        Behind a failure even what Kafka has is published again: else a user's older event would be the last one.
        """
        error = None
        outcomes = await self._publish(messages)
        n_done = next((n for n, outcome in enumerate(outcomes) if isinstance(outcome, BaseException)), len(outcomes))
        if n_done:
            await self._source.acknowledge(messages[:n_done])
        if n_done < len(outcomes):
            error = outcomes[n_done]
            if not isinstance(error, Unavailable):
                raise error
        return messages[n_done:], error

    async def _publish(self, messages: Sequence[SourceMessage]) -> list[Any]:
        """Records are made one by one and handed to the producer in their order: a large body is not overtaken."""
        made = [(one.body, one.delivery, await self._intake.read(one.body, one.delivery)) for one in messages]
        return await asyncio.gather(*(self._intake.publish(*one) for one in made), return_exceptions=True)


async def _pause(seconds: float, stop: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
