"""RabbitMQ as Junction's pipelines use it: routing key, `mandatory`, confirms, no id (domain file, section 8).

Whether Junction sets the property `timestamp` is not documented; it has whole seconds, too few for the order of two
versions. The header `timestamp_in_ms` is what RabbitMQ itself sets as a message comes in, where it is told to. We set
it in its place, to the time in the world: a message's age is then that of its event, and not that of this run.

`mandatory` is set, but what comes back for want of a binding is not seen here: aiormq knows it by the id alone.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import aiormq
from aiormq import exceptions
from aiormq.abc import AbstractChannel, AbstractConnection
from pamqp.commands import Basic
from pydantic import SecretStr
from yarl import URL

from streams.ops import addresses
from streams.ops.errors import Misconfigured
from streams.simulator.delivery.courier import NotAccepted
from streams.simulator.delivery.pipeline_message import PipelineMessage

logging.getLogger("aiormq.channel").setLevel(logging.CRITICAL)  # it would print what comes back, body and all
CONFIRM_S = 15.0
PERSISTENT = 2
_LOST = (exceptions.AMQPError, exceptions.ChannelInvalidStateError, OSError, TimeoutError)
_LOGIN = (
    exceptions.AuthenticationError, exceptions.ProbableAuthenticationError, exceptions.ConnectionNotAllowed,
    exceptions.ChannelAccessRefused,
)  # fmt: skip


class RabbitPublisher:
    """See `publisher.PipelineBroker`. It connects when the first message comes, and again when that is lost."""

    def __init__(self, url: SecretStr, exchange: str) -> None:
        self._url, self._exchange = url.get_secret_value(), exchange
        self.name = f"RabbitMQ at {addresses.shown(self._url)}"
        self._connection: AbstractConnection | None = None
        self._channel: AbstractChannel | None = None
        self._opening = asyncio.Lock()

    async def publish(self, message: PipelineMessage) -> None:
        """See `publisher.PipelineBroker`."""
        channel = None
        try:
            async with asyncio.timeout(CONFIRM_S):
                channel = await self._open()
                await channel.basic_publish(
                    message.body, exchange=self._exchange, routing_key=message.event_type,
                    properties=properties_of(message), mandatory=True,
                )  # fmt: skip
        except exceptions.ChannelNotFoundEntity:
            raise Misconfigured(
                f"{self.name} has no exchange {self._exchange}: run `junction-streams source setup rabbitmq "
                "--declare`, or name yours in STREAMS_RABBITMQ_EXCHANGE"
            ) from None
        except _LOGIN:
            raise Misconfigured(f"{self.name} refuses this login: see STREAMS_RABBITMQ_URL") from None
        except exceptions.DeliveryError:
            raise NotAccepted("nack") from None
        except _LOST as error:
            if channel is self._channel:  # else somebody has opened another one since
                await self.close()
            raise NotAccepted(type(error).__name__) from None

    async def close(self) -> None:
        """Let go of the connection, whatever became of it."""
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None:
            with suppress(*_LOST):
                await connection.close()

    async def _open(self) -> AbstractChannel:
        async with self._opening:
            if self._channel is None or self._channel.is_closed:
                await self.close()
                self._connection = await aiormq.connect(URL(self._url))
                self._channel = await self._connection.channel()
            return self._channel


class _Unsaid(str):
    """An id that aiormq takes as one, and leaves out on the wire: else it makes one for each time of publishing."""

    def __bool__(self) -> bool:
        return True


def properties_of(message: PipelineMessage) -> Basic.Properties:
    """What is said of a message beside its routing key."""
    return Basic.Properties(
        content_type="application/json",
        content_encoding="gzip" if message.is_packed else None,
        delivery_mode=PERSISTENT,
        message_id=_Unsaid(),
        headers={"timestamp_in_ms": message.published_ms},
    )


@asynccontextmanager
async def open_rabbitmq(url: SecretStr, exchange: str) -> AsyncIterator[RabbitPublisher]:
    """A publisher whose connection is closed at the end. Raises Misconfigured where no setting says where to."""
    if not url.get_secret_value():
        raise Misconfigured("no RabbitMQ: set STREAMS_RABBITMQ_URL, as amqps://user:password@host/vhost")
    broker = RabbitPublisher(url, exchange)
    try:
        yield broker
    finally:
        await broker.close()
