"""The loop of every source that is asked for messages: receive → intake → publish → acknowledge.

Guarantee: a message is acknowledged after Kafka's delivery report, never before. At least once, in the source's order.
A message that nobody can read becomes a dead letter and is acknowledged.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

from connectors.contract.depth import depth_told
from connectors.contract.held import HeldMessages
from connectors.contract.intake import Intake, StoredRecord
from connectors.contract.retry import Pauses
from connectors.contract.source import Opened, Source, SourceMessage, TellsWaiting
from streams.ops.errors import Unavailable
from streams.ops.settings import MIB

MESSAGES_MAX = 200  # under way at once
BYTES_MAX = 16 * MIB  # unpacked at once, and then one message more
QUIET_MAX = 2  # answers without a message, after which a source is taken as empty


class ReceivingLoop:
    """Takes the next messages only after the last ones are acknowledged: that is its back-pressure."""

    def __init__(self, source: Source, intake: Intake, logger: Any) -> None:
        self._source, self._intake = source, intake
        self._held = HeldMessages(source.name)
        self._source_pauses, self._kafka_pauses = Pauses(source.name, logger), Pauses("Kafka", logger)

    async def run(self, stop: asyncio.Event, *, once: bool = False) -> None:
        """Until `stop`, or with `once` until the source is empty; what is under way is ended first.

        Raises what is neither Unavailable nor Rejected.
        """
        async with depth_told(self._source):
            await self._run(stop, once=once)

    async def _run(self, stop: asyncio.Event, *, once: bool) -> None:
        n_quiet = 0
        while not stop.is_set() and (not once or n_quiet < QUIET_MAX):
            try:
                messages = await self._source.receive(MESSAGES_MAX)
                if once and not messages and n_quiet + 1 == QUIET_MAX:
                    await self._check_empty()
                await self._settle(messages, stop)
            except Unavailable as error:  # of the source: Kafka's are caught below
                self._held.trouble()
                await _pause(self._source_pauses.after(error), stop)
            else:
                self._source_pauses.over()
                self._held.well()
                n_quiet = 0 if messages else n_quiet + 1

    async def _check_empty(self) -> None:
        """Raises Unavailable where messages wait that are not handed to us: who takes silence for an empty source may
        delete it with what is in it."""
        waiting = await self._source.waiting() if isinstance(self._source, TellsWaiting) else None
        if waiting:
            raise Unavailable(f"{waiting} messages wait in {self._source.name}, and another door has its turn")

    async def _settle(self, messages: Sequence[SourceMessage], stop: asyncio.Event) -> None:
        """Publish and acknowledge until all is done, or `stop`."""
        while messages:
            self._held.now(messages)
            messages, error = await self._attempt(messages)
            if error is None:
                self._kafka_pauses.over()
                continue
            self._held.trouble()
            await _pause(self._kafka_pauses.after(error), stop)
            if stop.is_set():
                await self._source.release(messages)
                break
            await self._extend(messages)
        self._held.now(())

    async def _extend(self, messages: Sequence[SourceMessage]) -> None:
        # A source that has gone too gives them again after Kafka has them. To ask it for them now, and again at each
        # of its returns, would count as so many failed deliveries, and after some of those a broker drops a message.
        with contextlib.suppress(Unavailable):
            await self._source.extend(messages)

    async def _attempt(self, messages: Sequence[SourceMessage]) -> tuple[Sequence[SourceMessage], Unavailable | None]:
        """Publish as many as may be unpacked at once. What is left: the first one that failed, and all behind it, and
        why; else what was not tried yet.

        Behind a failure even what Kafka has is published again: else a user's older event would be the last one.
        """
        error = None
        outcomes = await self._publish(await self._opened(messages))
        n_done = next((n for n, outcome in enumerate(outcomes) if isinstance(outcome, BaseException)), len(outcomes))
        if n_done:
            await self._source.acknowledge(messages[:n_done])
            self._held.settled(n_done)
        if n_done < len(outcomes):
            error = outcomes[n_done]
            if not isinstance(error, Unavailable):
                raise error
        return messages[n_done:], error

    async def _opened(self, messages: Sequence[SourceMessage]) -> list[tuple[Opened, StoredRecord]]:
        """One by one: a large one is not overtaken."""
        found: list[tuple[Opened, StoredRecord]] = []
        n_bytes = 0
        for message in messages:
            found.append(await self._intake.open(message))
            n_bytes += len(found[-1][0].body)
            if n_bytes >= BYTES_MAX:
                break
        return found

    async def _publish(self, opened: Sequence[tuple[Opened, StoredRecord]]) -> list[Any]:
        """Handed to the producer in their order."""
        made = (self._intake.publish(one.body, one.delivery, record) for one, record in opened)
        return await asyncio.gather(*made, return_exceptions=True)


async def _pause(seconds: float, stop: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
