"""The messages of a queue, for the loop of all sources.

RabbitMQ counts how often it hands out a message of a quorum queue, and from a limit on (20 in RabbitMQ 4) drops it. A
lost connection counts. So nothing is ever given back while this runs, and after a loss the queue is read again only
when Kafka has what was held.
"""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from aiormq.abc import AbstractChannel, DeliveredMessage
from pamqp.commands import Basic

from connectors.contract.source import SourceMessage
from connectors.doors.opening import open_message
from connectors.doors.service import bounds_of
from connectors.rabbitmq.connection import ANSWER_S, RabbitLink, asked, close, connect, url_of
from connectors.rabbitmq.envelope import Properties, read_envelope
from streams.events.doors import DoorName
from streams.ops import metrics
from streams.ops.errors import StreamsError, Unavailable
from streams.ops.settings import Settings

QUIET_S = 1.0


class Tag(NamedTuple):
    """By what a message is acknowledged: only on the channel that brought it. `has_room`: a record can hold it."""

    channel: int
    number: int
    has_room: bool


class RabbitSource:
    """See `connectors.contract.source.Source`. Raises Misconfigured where no setting says which broker."""

    name = str(DoorName.RABBITMQ)

    def __init__(self, settings: Settings) -> None:
        url_of(settings)  # now: Kafka may have to be waited for before RabbitMQ is asked for anything
        self._settings, self._bounds = settings, bounds_of(settings)
        self._link: RabbitLink | None = None
        self._channels = 0
        self._came: asyncio.Queue[DeliveredMessage | None] = asyncio.Queue()

    async def receive(self, messages_max: int) -> list[SourceMessage]:
        """See Source. Not more than STREAMS_SOURCE_MESSAGES_MAX are ahead: that is the channel's prefetch."""
        if self._link is None:
            await self._open()
        try:
            async with asyncio.timeout(QUIET_S):
                found = [await self._came.get()]
        except TimeoutError:
            return []
        while len(found) < messages_max and not self._came.empty():
            found.append(self._came.get_nowait())
        if None in found:
            await self._lost("the channel was closed, or the queue deleted")
        return [self._message(one) for one in found if one is not None]

    async def acknowledge(self, messages: Sequence[SourceMessage]) -> None:
        """See Source. One word for all of them."""
        last: Tag = messages[-1].token
        if self._link is None or last.channel != self._channels:
            raise Unavailable("RabbitMQ gives again what was held when the connection was lost")
        try:
            with asked(self._settings):
                async with asyncio.timeout(ANSWER_S):
                    await self._settle(self._link.channel, messages)
        except StreamsError:
            await self.close()
            raise

    async def _settle(self, channel: AbstractChannel, messages: Sequence[SourceMessage]) -> None:
        tags: list[Tag] = [one.token for one in messages]
        for tag in tags:
            if not tag.has_room:  # its dead letter has no bytes: let RabbitMQ keep them
                await channel.basic_reject(tag.number, requeue=False)
        # A tag that was settled already closes the channel: a rejected one cannot stand for those before it.
        last = next((tag for tag in reversed(tags) if tag.has_room), None)
        if last is not None:
            # Until it is written: what is only queued is dropped as the connection is closed, and all comes again.
            await channel.basic_ack(last.number, multiple=True, wait=True)

    async def extend(self, messages: Sequence[SourceMessage]) -> None:
        """Nothing: RabbitMQ waits for its `consumer_timeout` and no longer."""

    async def release(self, messages: Sequence[SourceMessage]) -> None:
        """Nothing: they go back as the connection is closed. A word for each would count as often."""

    async def waiting(self) -> int | None:
        """See TellsWaiting. On a channel of its own: what RabbitMQ refuses closes the channel."""
        if self._link is None:
            return None
        try:
            with asked(self._settings):
                async with asyncio.timeout(ANSWER_S):
                    channel = await self._link.connection.channel()
                    return await self._depth(channel)
        except StreamsError as error:
            raise Unavailable(str(error)) from None

    async def _depth(self, channel: AbstractChannel) -> int | None:
        try:
            found = await channel.queue_declare(self._settings.rabbitmq_queue, passive=True)
            return found.message_count
        finally:  # also where there was no answer in time: a connection has 2,047 channels
            with contextlib.suppress(Exception):
                await asyncio.wait_for(channel.close(), ANSWER_S)

    async def close(self) -> None:
        """See Source."""
        link, self._link = self._link, None
        if link is not None:
            await close(link.connection)

    async def _open(self) -> None:
        link = await connect(self._settings)
        self._link = link
        self._channels += 1
        came: asyncio.Queue[DeliveredMessage | None] = asyncio.Queue()
        self._came = came
        channel = link.channel
        channel.closing.add_done_callback(lambda _: came.put_nowait(None))
        # The queue was deleted, or its node went: the channel stays open, and nothing comes any more.
        channel.on_consumer_cancel_callbacks.add(lambda _: came.put_nowait(None))
        try:
            with asked(self._settings):
                async with asyncio.timeout(ANSWER_S):  # a queue without a leader does not answer
                    await channel.basic_qos(prefetch_count=self._settings.source_messages_max)
                    await channel.basic_consume(self._settings.rabbitmq_queue, self._take)
        except StreamsError:
            await self.close()
            raise

    async def _take(self, message: DeliveredMessage) -> None:
        self._came.put_nowait(message)

    async def _lost(self, why: str) -> None:
        await self.close()
        raise Unavailable(f"the connection to RabbitMQ is lost ({why})")

    def _message(self, message: DeliveredMessage) -> SourceMessage:
        if message.redelivered:
            metrics.SOURCE_REDELIVERED.labels(self.name).inc()
        body, said = message.body, message.header.properties
        envelope = read_envelope(_properties(message.routing_key, said), self._settings.rabbitmq_queue)
        has_room = len(body) <= self._bounds.letter_bytes_max
        token = Tag(self._channels, message.delivery_tag or 0, has_room)
        arrived_ms = time.time_ns() // 1_000_000
        return SourceMessage(token, len(body), partial(open_message, envelope, body, arrived_ms, self._bounds))


def _properties(routing_key: str | None, said: Basic.Properties) -> Properties:
    return Properties(
        routing_key, said.content_type, said.content_encoding, said.message_id, said.timestamp, said.headers
    )
