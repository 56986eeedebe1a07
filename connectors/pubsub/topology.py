"""What has to be in Pub/Sub: a topic, and a subscription that keeps order and drops nothing."""

import contextlib
from datetime import timedelta

from google.api_core import exceptions
from google.pubsub_v1 import ExpirationPolicy, Subscription, Topic

from connectors.pubsub.client import ANSWER_S, LOST, close, publisher, refused, subscriber
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings

RETENTION_DAYS = 7  # the longest for what nobody acknowledged
ACK_DEADLINE_S = 60


def wanted(settings: Settings) -> Subscription:
    """The subscription as it should be: in order, 7 days kept, never expiring by itself, no dead-letter policy.

    Without exactly-once delivery: Junction advises against it together with message ordering, and Kafka's side
    deduplicates anyway.
    """
    return Subscription(
        name=settings.pubsub_subscription,
        topic=settings.pubsub_topic,
        enable_message_ordering=True,
        ack_deadline_seconds=ACK_DEADLINE_S,
        message_retention_duration=timedelta(days=RETENTION_DAYS),
        expiration_policy=ExpirationPolicy(),  # without a time to live: never
    )


async def declare(settings: Settings) -> None:
    """Make what is missing; what is there and equal stays. Raises Misconfigured where the one that is there differs."""
    client, topics = await subscriber(settings), await publisher(settings)
    name = settings.pubsub_subscription
    try:
        with contextlib.suppress(exceptions.AlreadyExists):
            await topics.create_topic(Topic(name=settings.pubsub_topic), retry=None, timeout=ANSWER_S)
        with contextlib.suppress(exceptions.AlreadyExists):
            await client.create_subscription(wanted(settings), retry=None, timeout=ANSWER_S)
        _compare(await client.get_subscription(subscription=name, retry=None, timeout=ANSWER_S), settings)
    except LOST as error:
        raise refused(error, settings, settings.pubsub_topic) from None
    finally:
        await close(client)
        await close(topics)


def _compare(there: Subscription, settings: Settings) -> None:
    should = wanted(settings)
    is_other = there.topic != should.topic, not there.enable_message_ordering, there.enable_exactly_once_delivery
    if any(is_other):
        raise Misconfigured(
            f"{should.name} is there and not as it should be: `junction-streams source check pubsub` says what mends it"
        )
