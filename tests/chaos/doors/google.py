"""Google's fake of Pub/Sub with Junction's topic, for the chaos of doors."""

import asyncio
import gzip
from collections.abc import Sequence
from contextlib import suppress

from google.pubsub_v1 import PubsubMessage

from connectors.pubsub.client import LOST, close, publisher
from streams.demo.pipelines.pubsub import FakePubSub
from streams.ops.errors import StreamsError
from streams.ops.settings import Settings
from tests.chaos.doors.pipeline import Sending
from tests.connectors.pubsub.topics import subscribe

PACE = 100  # in a request


class PubSubPipeline:
    """See Pipeline. Killed, it would lose all that it has: it stops answering instead, and goes on."""

    door = "pubsub"

    def __init__(self, lease_s: float = 0, *, is_ordered: bool = True) -> None:
        self.fake = FakePubSub().__enter__()
        self.settings = Settings(
            _env_file=None,
            pubsub_endpoint=self.fake.endpoint,
            pubsub_subscription="projects/clinic/subscriptions/junction",
            pubsub_topic="projects/clinic/topics/junction",
        )
        changes: dict[str, object] = {} if is_ordered else {"enable_message_ordering": False}
        asyncio.run(subscribe(self.settings, **({"ack_deadline_seconds": int(lease_s)} if lease_s else changes)))

    @property
    def env(self) -> dict[str, str]:
        return {
            "STREAMS_PUBSUB_ENDPOINT": self.fake.endpoint,
            "STREAMS_PUBSUB_SUBSCRIPTION": self.settings.pubsub_subscription,
        }

    def publish(self, messages: Sequence[Sending]) -> int:
        return asyncio.run(self._publish(messages))

    async def _publish(self, messages: Sequence[Sending]) -> int:
        confirmed = 0
        with suppress(*LOST, StreamsError, TimeoutError):
            client = await publisher(self.settings)
            try:
                for start in range(0, len(messages), PACE):
                    made = [_made(one) for one in messages[start : start + PACE]]
                    await client.publish(topic=self.settings.pubsub_topic, messages=made, timeout=10, retry=None)
                    confirmed = start + len(made)
            finally:
                await close(client)
        return confirmed

    def kill(self) -> None:
        self.fake.pause()

    def restart(self) -> None:
        self.fake.resume()

    def waiting(self) -> int:
        return -1

    def close(self) -> None:
        self.fake.__exit__(None, None, None)


def _made(one: Sending) -> PubsubMessage:
    codec = {"blob-codec": "gzip"} if one.is_packed else {}
    attributes = {"event-type": one.event_type, "blob-type": "json", "idempotency-key": one.key, **codec}
    data = gzip.compress(one.body, 1) if one.is_packed else one.body
    return PubsubMessage(data=data, attributes=attributes, ordering_key=one.user_id)
