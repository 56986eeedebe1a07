"""What tests of the door to Pub/Sub share: a topic and a subscription on Google's fake, and what is published there."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from google.pubsub_v1 import PubsubMessage, Subscription

from connectors.doors import service
from connectors.pubsub.client import close, publisher, subscriber
from connectors.pubsub.source import PubSubSource
from connectors.pubsub.topology import declare
from streams.kafka import admin
from streams.ops.settings import Settings
from tests.doors import SLEEP

TYPED = {"event-type": SLEEP, "blob-type": "json"}


class Sent(NamedTuple):
    """One message, as Junction's pipeline would publish it."""

    body: bytes
    attributes: dict[str, str] = TYPED
    key: str = ""


async def publish(settings: Settings, messages: Sequence[Sent]) -> None:
    """Confirmed."""
    client = await publisher(settings)
    made = [PubsubMessage(data=one.body, attributes=one.attributes, ordering_key=one.key) for one in messages]
    for start in range(0, len(made), 100):
        await client.publish(topic=settings.pubsub_topic, messages=made[start : start + 100])
    await close(client)


async def subscribe(settings: Settings, **changes: object) -> None:
    """A new topic and subscription, as `source setup` makes them; `changes`: other fields of the subscription."""
    await declare(settings)
    if changes:
        client = await subscriber(settings)
        await client.delete_subscription(subscription=settings.pubsub_subscription)
        fields = {"name": settings.pubsub_subscription, "topic": settings.pubsub_topic, **changes}
        await client.create_subscription(Subscription(**fields))
        await close(client)


def brought(settings: Settings, messages: Sequence[Sent], **changes: object) -> None:
    """Publish to a new subscription, and drain it onto Kafka."""
    admin.apply(settings)

    async def bring() -> None:
        await subscribe(settings, **changes)
        await publish(settings, messages)
        await service._run(settings, PubSubSource(settings), once=True)

    asyncio.run(bring())


async def waiting(settings: Settings) -> list[bytes]:
    """Data of the messages that somebody else would get now."""
    client = await subscriber(settings)
    answer = await client.pull(subscription=settings.pubsub_subscription, max_messages=1000)
    await close(client)
    return [one.message.data for one in answer.received_messages]
