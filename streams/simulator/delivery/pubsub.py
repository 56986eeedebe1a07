"""Google Pub/Sub as Junction's pipelines use it: attributes, the user as ordering key (domain file, section 8).

Pub/Sub says itself when a message was published, and takes nobody's word for it: a world that plays days within seconds
would be all of now. So an emulator is told the time in the world, in an attribute, and the demo's hands it out as its
own (`streams/demo/pipelines/pstest/main.go`). Google is not told: there an event is as old as its message.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from google.api_core import exceptions
from google.pubsub_v1 import PublisherAsyncClient, PubsubMessage

from connectors.pubsub.client import ANSWER_S, LOST, close, publisher, refused
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings
from streams.simulator.delivery.courier import NotAccepted
from streams.simulator.delivery.pipeline_message import PipelineMessage

PUBLISHED_MS = "simulated-publish-time-ms"  # the demo's fake knows it by this name


class PubSubPublisher:
    """See `publisher.PipelineBroker`."""

    name = "Pub/Sub"

    def __init__(self, client: PublisherAsyncClient, settings: Settings) -> None:
        self._client, self._settings = client, settings
        self._is_google = settings.pubsub_endpoint.startswith("https://")

    async def publish(self, message: PipelineMessage) -> None:
        """See `publisher.PipelineBroker`."""
        topic = self._settings.pubsub_topic
        told = {} if self._is_google else {PUBLISHED_MS: str(message.published_ms)}
        made = PubsubMessage(
            data=message.body, attributes={**attributes_of(message), **told}, ordering_key=message.user_id
        )
        try:
            await self._client.publish(topic=topic, messages=[made], retry=None, timeout=ANSWER_S)
        except exceptions.NotFound:
            raise Misconfigured(
                f"Pub/Sub has no {topic}: run `junction-streams source setup pubsub --declare`, or name yours in "
                "STREAMS_PUBSUB_TOPIC"
            ) from None
        except exceptions.Forbidden:
            raise Misconfigured(
                f"Pub/Sub does not let this login publish to {topic}: grant it roles/pubsub.publisher"
            ) from None
        except LOST as error:
            why = refused(error, self._settings, topic)
            raise why if isinstance(why, Misconfigured) else NotAccepted(type(error).__name__) from None


def attributes_of(message: PipelineMessage) -> dict[str, str]:
    """What is said of a message beside its ordering key."""
    said = {"event-type": message.event_type, "blob-type": "json", "idempotency-key": message.idempotency_key}
    return {**said, "blob-codec": "gzip"} if message.is_packed else said


@asynccontextmanager
async def open_pubsub(settings: Settings) -> AsyncIterator[PubSubPublisher]:
    """A publisher whose channel is closed at the end. Raises Misconfigured without a topic or credentials."""
    client = await publisher(settings)
    try:
        yield PubSubPublisher(client, settings)
    finally:
        await close(client)
