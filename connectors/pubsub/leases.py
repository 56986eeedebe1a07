"""How long Pub/Sub leaves messages to us: each is ours until its deadline, and is handed out again after it.

A subscription may give as little as 10 s, one batch may take longer than any deadline, and what was pulled ahead waits
behind it. So all that is held is extended every few seconds, for as long as this process lives.
"""

import asyncio
import contextlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from google.pubsub_v1 import AcknowledgeRequest, ModifyAckDeadlineRequest, SubscriberAsyncClient

from connectors.pubsub.client import ANSWER_S, LOST, refused
from streams.ops.errors import StreamsError
from streams.ops.settings import Settings

LEASE_S = 60  # then others get what a process held that was killed
EXTEND_S = 5.0  # below half of the shortest deadline that Pub/Sub gives, 10 s
IDS_MAX = 1000  # a request may have 512 KB, and an id about 200 bytes; Google's own client takes 2,500


class Leases:
    """Of one client, in the order in which their messages came. Of what is acknowledged Pub/Sub may still have to know:
    it is held until then, so that it does not come again."""

    def __init__(self, client: SubscriberAsyncClient, settings: Settings) -> None:
        self._client, self._settings = client, settings
        self._subscription = settings.pubsub_subscription
        self._held: dict[str, None] = {}
        self._owed: dict[str, None] = {}

    def __len__(self) -> int:
        return len(self._held)

    def begin(self, ids: Iterable[str]) -> None:
        """These came."""
        self._held.update(dict.fromkeys(ids))

    async def acknowledge(self, ids: Iterable[str] = ()) -> None:
        """These, and what Pub/Sub did not hear of before. Raises Misconfigured, Unavailable: then they are owed."""
        self._owed.update(dict.fromkeys(ids))
        for chunk in _chunks(self._owed):
            request = AcknowledgeRequest(subscription=self._subscription, ack_ids=chunk)
            try:
                await self._client.acknowledge(request, retry=None, timeout=ANSWER_S)
            except LOST as error:
                raise refused(error, self._settings) from None
            self._forget(chunk)

    async def extend(self) -> None:
        """All for LEASE_S from now. Raises Misconfigured, Unavailable."""
        for chunk in _chunks(self._held):
            await self._modify(chunk, LEASE_S)

    async def release(self, ids: Iterable[str]) -> None:
        """Others may have them at once, in this order: the events of a user go back as they came. Raises as above."""
        for chunk in _chunks(ids):
            await self._modify(chunk, 0)
            self._forget(chunk)

    async def release_all(self) -> None:
        """What is acknowledged is said, and the rest given back. Raises as above."""
        await self.acknowledge()
        await self.release(self._held)

    async def keep(self) -> None:
        """Extend, again and again, until this task is cancelled."""
        while True:
            await asyncio.sleep(EXTEND_S)
            with contextlib.suppress(StreamsError):  # whoever asks for messages meets the same, and says it
                await self.extend()

    async def _modify(self, ids: Sequence[str], seconds: int) -> None:
        request = ModifyAckDeadlineRequest(subscription=self._subscription, ack_ids=ids, ack_deadline_seconds=seconds)
        try:
            await self._client.modify_ack_deadline(request, retry=None, timeout=ANSWER_S)
        except LOST as error:
            raise refused(error, self._settings) from None

    def _forget(self, ids: Iterable[str]) -> None:
        for id in ids:
            self._held.pop(id, None)
            self._owed.pop(id, None)


def _chunks(ids: Iterable[str]) -> Iterator[list[str]]:
    waiting = iter(list(ids))  # a copy, because what is done is forgotten meanwhile
    while chunk := list(islice(waiting, IDS_MAX)):
        yield chunk
