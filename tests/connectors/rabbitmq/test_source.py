"""The door to RabbitMQ, on a real one and a real Kafka."""

import asyncio
import gzip
from collections.abc import Sequence
from typing import Any

import aiormq
import pytest
from pamqp.commands import Basic

from connectors.doors import service
from connectors.rabbitmq.source import RabbitSource
from connectors.rabbitmq.topology import declare
from streams.events import H_ID, H_REASON, header, topics
from streams.kafka import admin
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings
from tests.doors import SLEEP, body_of, check_as_webhook, stored

Published = tuple[str, bytes, dict[str, Any]]


async def publish(settings: Settings, messages: Sequence[Published]) -> None:
    """As Junction's pipeline does: routing key, body, properties; confirmed, and mandatory."""
    connection = await aiormq.connect(settings.rabbitmq_url.get_secret_value())
    channel = await connection.channel()
    for key, body, said in messages:
        properties = Basic.Properties(**{"content_type": "application/json", **said})
        to = {"exchange": settings.rabbitmq_exchange, "routing_key": key}
        await channel.basic_publish(body, properties=properties, mandatory=True, **to)
    await connection.close()


def brought(settings: Settings, messages: Sequence[Published]) -> None:
    """Publish into a new queue, and drain it onto Kafka."""
    admin.apply(settings)

    async def bring() -> None:
        await declare(settings)
        await publish(settings, messages)
        await service._run(settings, RabbitSource(settings), once=True)

    asyncio.run(bring())


async def waiting(settings: Settings) -> int:
    """How many messages the queue holds."""
    connection = await aiormq.connect(settings.rabbitmq_url.get_secret_value())
    channel = await connection.channel()
    found = await channel.queue_declare(settings.rabbitmq_queue, passive=True)
    await connection.close()
    return found.message_count or 0


def test_the_record_is_the_one_of_the_webhook(rabbit_settings: Settings) -> None:
    """Bytes unpacked, topic, key, partition and headers as the gateway writes them, the delivery's own aside."""
    bodies = [body_of(n, user=f"u{n % 5}") for n in range(40)]
    packed = {"content_encoding": "gzip"}
    brought(
        rabbit_settings,
        [(SLEEP, gzip.compress(body) if n % 2 else body, packed if n % 2 else {}) for n, body in enumerate(bodies)],
    )
    check_as_webhook(stored(rabbit_settings), bodies, rabbit_settings, "rabbitmq")
    assert asyncio.run(waiting(rabbit_settings)) == 0


def test_what_nobody_can_read_is_a_dead_letter(rabbit_settings: Settings) -> None:
    """The bytes as they came, acknowledged, and those beside it are not held up."""
    bad: dict[bytes, Published] = {
        b"unknown_codec": (SLEEP, b"zstd bytes", {"content_encoding": "zstd"}),
        b"not_unpacked": (SLEEP, gzip.compress(body_of(1))[:-9], {"content_encoding": "gzip"}),
        b"envelope_conflict": ("daily.data.body.created", body_of(2), {}),
        b"not_json": (SLEEP, b"{", {}),
    }
    brought(rabbit_settings, [*bad.values(), (SLEEP, body_of(3), {"message_id": "01J"})])
    *letters, good = sorted(stored(rabbit_settings), key=lambda one: one.topic == "raw.summaries")
    assert {header(one.headers, H_REASON).encode(): one.value for one in letters} == {
        reason: message[1] for reason, message in bad.items()
    }
    assert {one.topic for one in letters} == {topics.DEAD_LETTERS}
    assert header(good.headers, H_ID) == f"{SLEEP}/01J"
    assert asyncio.run(waiting(rabbit_settings)) == 0


def test_no_queue(rabbit_settings: Settings) -> None:
    """The sentence names the command that makes it."""
    with pytest.raises(Misconfigured, match="source setup rabbitmq --declare"):
        asyncio.run(RabbitSource(rabbit_settings).receive(1))


def test_wrong_password(rabbit_settings: Settings) -> None:
    """A person has to act: no retry, and the password is not in the sentence."""
    url = rabbit_settings.rabbitmq_url.get_secret_value().replace("streams:", "streams:planted")
    wrong = rabbit_settings.model_copy(update={"rabbitmq_url": type(rabbit_settings.rabbitmq_url)(url)})
    with pytest.raises(Misconfigured, match="refuses the login") as refused:
        asyncio.run(RabbitSource(wrong).receive(1))
    assert "planted" not in str(refused.value)


def test_a_message_that_came_back_often_is_kept(rabbit_settings: Settings) -> None:
    """RabbitMQ 4 drops it after 20 returns where nothing else is said, and 3.10 takes -1 as "at the first one"."""

    async def come_back(times: int) -> int:
        await declare(rabbit_settings)
        await publish(rabbit_settings, [(SLEEP, body_of(1), {})])
        for _ in range(times):
            source = RabbitSource(rabbit_settings)
            assert len(await source.receive(10)) == 1
            await source.close()
        return await waiting(rabbit_settings)

    assert asyncio.run(come_back(25)) == 1


async def test_how_many_wait_is_told_beside_what_is_received(rabbit_settings: Settings) -> None:
    """Without those that are handed out; unknown before there is a connection; what is received goes on."""
    settings = rabbit_settings.model_copy(update={"source_messages_max": 1})
    await declare(settings)
    await publish(settings, [(SLEEP, body_of(n), {}) for n in range(5)])
    source = RabbitSource(settings)
    assert await source.waiting() is None
    found = await source.receive(10)
    assert (len(found), await source.waiting()) == (1, 4)
    await source.acknowledge(found)
    assert len(await source.receive(10)) == 1
    await source.close()
