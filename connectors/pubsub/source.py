"""The messages of a subscription, for the loop of all sources.

They are asked for by `Pull`, a few times at once, and not by StreamingPull, which Google recommends for throughput and
latency. With `Pull` a lease begins when we asked for it and lies in our hands: nothing comes while Kafka is away,
nothing waits unseen in the buffers of a stream, and no stream has to be opened anew every half hour. Several at once
hide the latency, as Google says of `Pull`, too. What it costs: a stream's flow control by bytes. Their number alone
bounds what is held: the most memory is STREAMS_SOURCE_MESSAGES_MAX times Pub/Sub's largest message, 10 MB.

With message ordering Pub/Sub hands out a user's next messages when the last ones are acknowledged: this is done as soon
as Kafka has a batch.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Sequence
from functools import partial
from typing import Any

from google.api_core import exceptions
from google.pubsub_v1 import PullRequest, PullResponse, SubscriberAsyncClient

from connectors.contract.source import SourceMessage
from connectors.doors.opening import open_message
from connectors.doors.service import bounds_of
from connectors.pubsub.client import ANSWER_S, LOST, check_named, close, refused, subscriber
from connectors.pubsub.envelope import PubSubProperties, read_envelope
from connectors.pubsub.leases import Leases
from streams.events.doors import DoorName
from streams.ops import metrics
from streams.ops.errors import Misconfigured, StreamsError
from streams.ops.settings import Settings

QUIET_S = 1.0
PULLS = 4  # at once
PULL_S = 60.0  # Pub/Sub answers earlier, also when there is nothing
MESSAGE_BYTES_MAX = 10_000_000  # Pub/Sub's bound, of data and attributes


class PubSubSource:
    """See `connectors.contract.source.Source`. Raises Misconfigured where a message may fit into no record, or no
    setting says which subscription."""

    name = str(DoorName.PUBSUB)

    def __init__(self, settings: Settings) -> None:
        check_named(settings)  # now: Kafka may have to be waited for before Pub/Sub is asked for anything
        self._settings, self._bounds = settings, bounds_of(settings)
        if self._bounds.letter_bytes_max < MESSAGE_BYTES_MAX:
            raise Misconfigured(
                "STREAMS_RECORD_BYTES_MAX is less than 11 MiB: a record has to hold the largest message of Pub/Sub"
            )
        self._share = -(-settings.source_messages_max // PULLS)  # of one pull
        self._client: SubscriberAsyncClient | None = None
        self._leases: Leases
        self._keeper: asyncio.Task[None]
        self._pulls: set[asyncio.Task[None]] = set()
        self._ahead: deque[SourceMessage] = deque()
        self._given: dict[str, SourceMessage] = {}

    async def receive(self, messages_max: int) -> list[SourceMessage]:
        """See Source. Not more than STREAMS_SOURCE_MESSAGES_MAX are held, those pulled ahead among them."""
        client = self._client or await self._open()
        await self._leases.acknowledge()
        self._ahead.extendleft(reversed(self._given.values()))  # because of an error before, nobody has them
        self._given.clear()
        self._pull_ahead(client)
        if not self._ahead:
            await asyncio.wait(self._pulls, timeout=QUIET_S, return_when=asyncio.FIRST_COMPLETED)
            self._pull_ahead(client)
        found = [self._ahead.popleft() for _ in range(min(messages_max, len(self._ahead)))]
        self._given = {one.token: one for one in found}
        return found

    async def acknowledge(self, messages: Sequence[SourceMessage]) -> None:
        """See Source. What Pub/Sub did not hear is said again before anything else is received."""
        for one in messages:
            self._given.pop(one.token, None)
        await self._leases.acknowledge([one.token for one in messages])

    async def extend(self, messages: Sequence[SourceMessage]) -> None:
        """See Source. All that is held, also what was pulled ahead."""
        await self._leases.extend()

    async def release(self, messages: Sequence[SourceMessage]) -> None:
        """See Source. A dead-letter policy counts each."""
        for one in messages:
            self._given.pop(one.token, None)
        await self._leases.release([one.token for one in messages])

    async def close(self) -> None:
        """See Source. What was pulled ahead is given back."""
        client, self._client = self._client, None
        if client is None:
            return
        tasks = [self._keeper, *self._pulls]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._pulls.clear()
        with contextlib.suppress(StreamsError, TimeoutError):
            async with asyncio.timeout(ANSWER_S):
                await self._leases.release_all()
        await close(client)

    async def _open(self) -> SubscriberAsyncClient:
        self._client = await subscriber(self._settings)
        self._leases = Leases(self._client, self._settings)
        self._keeper = asyncio.create_task(self._leases.keep())
        return self._client

    def _pull_ahead(self, client: SubscriberAsyncClient) -> None:
        """Ask while there is room. Raises what an earlier pull met."""
        done = {pull for pull in self._pulls if pull.done()}
        self._pulls -= done
        errors = [error for pull in done if (error := pull.exception())]
        if errors:
            raise errors[0]
        room = self._settings.source_messages_max - len(self._leases) - self._share * len(self._pulls)
        while room >= self._share and len(self._pulls) < PULLS:
            self._pulls.add(asyncio.create_task(self._pull(client)))
            room -= self._share

    async def _pull(self, client: SubscriberAsyncClient) -> None:
        request = PullRequest(subscription=self._settings.pubsub_subscription, max_messages=self._share)
        try:
            answer = await client.pull(request, retry=None, timeout=PULL_S)
        except exceptions.DeadlineExceeded:  # nothing came
            return
        except LOST as error:
            raise refused(error, self._settings) from None
        # The plain message: the client's own wrapper costs more for each field than all that we do with it.
        received = PullResponse.pb(answer).received_messages
        self._leases.begin(one.ack_id for one in received)
        arrived_ms = time.time_ns() // 1_000_000
        self._ahead.extend(self._message(one, arrived_ms) for one in received)

    def _message(self, received: Any, arrived_ms: int) -> SourceMessage:
        if received.delivery_attempt > 1:  # 0 without a dead-letter policy: then nobody counts
            metrics.SOURCE_REDELIVERED.labels(self.name).inc()
        message = received.message
        published_ms = message.publish_time.ToMilliseconds() if message.HasField("publish_time") else None
        properties = PubSubProperties(dict(message.attributes), message.ordering_key, published_ms)
        envelope = read_envelope(properties, self._settings.pubsub_subscription)
        open_it = partial(open_message, envelope, message.data, arrived_ms, self._bounds)
        return SourceMessage(received.ack_id, len(message.data), open_it)
