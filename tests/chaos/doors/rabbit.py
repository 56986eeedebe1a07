"""A RabbitMQ with Junction's queue, for the chaos of doors."""

import asyncio
import gzip
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import aiormq
from pamqp.commands import Basic

from connectors.rabbitmq.topology import declare
from streams.demo.pipelines.rabbitmq import RabbitMQ
from streams.ops.settings import Settings
from tests.chaos.doors.pipeline import Sending

PACE = 200  # confirmed together
ANSWER_S = 10.0


class RabbitPipeline:
    """See Pipeline. `lease_s`: 0 for RabbitMQ's own. `arguments`: of the queue, in place of ours. `broker`: one that
    runs, and that others use."""

    door = "rabbitmq"

    def __init__(
        self,
        lease_s: float = 0,
        arguments: dict[str, Any] | None = None,
        *,
        broker: RabbitMQ | None = None,
        name: str = "junction",
    ) -> None:
        # It looks once a tick, a minute by default, whether a channel has held something for too long.
        lease = {"consumer_timeout": str(int(lease_s * 1000))} if lease_s else {}
        self._own = None if broker else RabbitMQ(lease, {"channel_tick_interval": "1000"}).__enter__()
        self.broker = broker or self._own
        self.settings = Settings(
            _env_file=None, rabbitmq_url=self.broker.url, rabbitmq_queue=name, rabbitmq_exchange=name
        )
        asyncio.run(self._declare(arguments))

    @property
    def env(self) -> dict[str, str]:
        return {
            "STREAMS_RABBITMQ_URL": self.broker.url.get_secret_value(),
            "STREAMS_RABBITMQ_QUEUE": self.settings.rabbitmq_queue,
            "STREAMS_RABBITMQ_EXCHANGE": self.settings.rabbitmq_exchange,
        }

    async def _declare(self, arguments: dict[str, Any] | None) -> None:
        if arguments is None:
            await declare(self.settings)
            return
        connection = await aiormq.connect(self.broker.url.get_secret_value())
        channel = await connection.channel()
        name = self.settings.rabbitmq_queue
        await channel.exchange_declare(self.settings.rabbitmq_exchange, exchange_type="topic", durable=True)
        await channel.queue_declare(name, durable=True, arguments=arguments)
        await channel.queue_bind(name, self.settings.rabbitmq_exchange, "#")
        await connection.close()

    def publish(self, messages: Sequence[Sending]) -> int:
        confirmed = [False] * len(messages)
        with suppress(aiormq.AMQPError, aiormq.exceptions.ChannelInvalidStateError, OSError, TimeoutError):
            asyncio.run(self._publish(messages, confirmed))
        return confirmed.index(False) if False in confirmed else len(confirmed)

    async def _publish(self, messages: Sequence[Sending], confirmed: list[bool]) -> None:
        async with asyncio.timeout(ANSWER_S + len(messages) / 500):
            connection = await aiormq.connect(self.broker.url.get_secret_value())
            channel = await connection.channel()
            for begin in range(0, len(messages), PACE):
                batch = range(begin, min(begin + PACE, len(messages)))
                await asyncio.gather(*(self._one(channel, messages[n], n, confirmed) for n in batch))
            await connection.close()

    async def _one(self, channel: Any, one: Sending, n: int, confirmed: list[bool]) -> None:
        body = gzip.compress(one.body, 1) if one.is_packed else one.body
        said = Basic.Properties(
            content_type="application/json", content_encoding="gzip" if one.is_packed else None, message_id=one.key,
            delivery_mode=2,
        )  # fmt: skip
        where = {"exchange": self.settings.rabbitmq_exchange, "routing_key": one.event_type}
        await channel.basic_publish(body, properties=said, mandatory=True, **where)
        confirmed[n] = True

    def kill(self) -> None:
        self.broker.kill()

    def restart(self) -> None:
        self.broker.start()

    def waiting(self) -> int:
        return asyncio.run(self._waiting())

    async def _waiting(self) -> int:
        connection = await aiormq.connect(self.broker.url.get_secret_value())
        channel = await connection.channel()
        found = await channel.queue_declare(self.settings.rabbitmq_queue, passive=True)
        await connection.close()
        return found.message_count or 0

    def close(self) -> None:
        if self._own:
            self._own.__exit__(None, None, None)
