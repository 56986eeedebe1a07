"""What has to be in RabbitMQ: exchange, queue, dead-letter exchange and queue, bindings."""

from aiormq.abc import AbstractChannel
from pamqp.common import FieldTable

from connectors.rabbitmq.connection import asked, close, connect
from streams.ops.settings import Settings

EVERYTHING = "#"
# RabbitMQ 4 has a limit of 20 where none is set, and takes -1 as none; 3.10 takes -1 as a limit, and drops a message as
# it comes back for the first time (tried). So many returns nobody lives to see, in any version.
NO_LIMIT = 1_000_000_000
DEAD = "dead"  # behind the names of what keeps messages that fit into no record


def queue_arguments(settings: Settings) -> FieldTable:
    """A quorum queue that drops nothing, with one consumer at a time, so that a user's events stay in order.

    `x-delivery-limit`: RabbitMQ 4 drops a message after 20 returns, and a lost connection is one.
    """
    return {
        "x-queue-type": "quorum",
        "x-delivery-limit": NO_LIMIT,
        "x-single-active-consumer": True,
        "x-dead-letter-exchange": f"{settings.rabbitmq_exchange}.{DEAD}",
    }


async def declare(settings: Settings) -> None:
    """Make what is missing; what is there and equal stays. Raises Misconfigured where something there is different."""
    link = await connect(settings)
    try:
        with asked(settings):
            await _declare(link.channel, settings)
    finally:
        await close(link.connection)


async def _declare(channel: AbstractChannel, settings: Settings) -> None:
    exchange, queue = settings.rabbitmq_exchange, settings.rabbitmq_queue
    dead_exchange, dead_queue = f"{exchange}.{DEAD}", f"{queue}.{DEAD}"
    await channel.exchange_declare(dead_exchange, exchange_type="topic", durable=True)
    await channel.queue_declare(dead_queue, durable=True, arguments={"x-queue-type": "quorum"})
    await channel.queue_bind(dead_queue, dead_exchange, EVERYTHING)
    await channel.exchange_declare(exchange, exchange_type="topic", durable=True)
    await channel.queue_declare(queue, durable=True, arguments=queue_arguments(settings))
    # Junction publishes with `mandatory`: a type without a binding is returned to it, and lost for us.
    await channel.queue_bind(queue, exchange, EVERYTHING)
