"""The one transactional producer of a worker. Its calls block, and are made from one thread.

Not librdkafka's: that sends the records of each partition in a request of their own (confluentinc/librdkafka#1700). A
transaction here writes a few records to each of a hundred partitions, and most of what it cost, in the worker and in
Kafka, was a hundred requests.

A transaction that does not commit ends with InitProducerId under the id and epoch that this producer has (KIP-360):
Kafka aborts what is open and answers the next epoch, under which nothing that is still on its way can be written.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from aiokafka.client import CoordinationType
from aiokafka.protocol.transaction import AddOffsetsToTxnRequest, AddPartitionsToTxnRequest, EndTxnRequest

from streams.engine.positions.group_metadata import Member
from streams.engine.positions.slices import Source
from streams.engine.wire.answers import Refused, worst
from streams.engine.wire.batches import Batches, Row
from streams.engine.wire.client import Client
from streams.engine.wire.requests import by_topic, init_producer_id, txn_offset_commit
from streams.engine.work.aborts import AbortCause, Aborted, Fenced
from streams.kafka.clients import client_id
from streams.kafka.refused import RIGHTS, forbidden
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.settings import Settings
from streams.tables import Emit

TRANSACTION_TIMEOUT_MS = 10_000  # bounds how long a dead worker's open transaction hides records behind it
SEND_S = 8.0  # until records and offsets have to be at Kafka: before it aborts the transaction by itself
PATIENCE_S = 60.0  # how long a commit or an abort is asked for again while a broker is away


def transactional_id(settings: Settings) -> str:
    """Stable per worker slot, so that a restarted worker ends at once what its predecessor left open."""
    return f"{settings.group_id}-{settings.worker_id}"


class TransactionalProducer:
    """One transaction after the other, on one producer."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._name = transactional_id(settings)
        self._loop = asyncio.new_event_loop()  # runs while a call of ours waits
        self._client: Client
        self._id, self._epoch = -1, -1
        self._batches = Batches(settings.compression)
        self._open = False
        self.last_offsets: dict[Source, int] = {}  # of each partition's last record in the last commit

    def init(self) -> None:
        """Fence and finish whatever ran under this transactional id. Raises Unavailable, Misconfigured or Fenced."""
        try:
            self._run(self._start)
        except Aborted as error:
            if error.cause is AbortCause.BROKER:
                raise Unavailable(f"Kafka does not start transactions: {error}") from None
            if error.code in RIGHTS:
                raise forbidden(
                    f"starting transactions as {self._name} in group {self._settings.group_id}", error.code
                ) from None
            raise Misconfigured(
                f"Kafka refuses the transactional id {self._name}: {error}. Transactions need a broker of 2.5 or later."
            ) from None

    async def _start(self) -> None:
        names = {CoordinationType.TRANSACTION: self._name, CoordinationType.GROUP: self._settings.group_id}
        self._client = Client(self._settings, client_id(self._settings), names)
        until_s = time.monotonic() + PATIENCE_S
        await self._client.open(until_s)
        await self._client.find(CoordinationType.GROUP, until_s)  # aiokafka waits in silence for one that is refused
        await self._renew(until_s)

    async def _renew(self, until_s: float) -> None:
        """End what is open under our id, and go on under the next epoch."""
        request = init_producer_id(self._name, TRANSACTION_TIMEOUT_MS, self._id, self._epoch)
        answer = await self._client.ask(CoordinationType.TRANSACTION, request, _code, until_s)
        self._id, self._epoch = answer.producer_id, answer.producer_epoch
        self._batches.forget()
        self._client.was_cut = False

    def begin(self) -> None:
        """Local. Does nothing when one is open."""
        self._open = True

    def produce(self, partition: int, emits: Iterable[Emit | Row]) -> None:
        """Add records to their topics' partition of that number; the commit sends them."""
        self._batches.add(partition, emits, time.time_ns() // 1_000_000)

    def produce_changes(self, topic: str, partition: int, changes: Mapping[bytes, bytes | None]) -> None:
        """Add changelog records."""
        self.produce(partition, [(topic, key, value, None) for key, value in changes.items()])

    def commit(self, offsets: Mapping[Source, int], member: Member) -> None:
        """Commit records and offsets together. Raises Aborted, Fenced or Unavailable."""
        until_s = time.monotonic() + SEND_S
        self._run(self._enter, member.group_id, until_s)
        self._send_offsets(offsets, member, until_s)
        self._run(self._flush, until_s)
        self._run(self._end, time.monotonic() + PATIENCE_S)
        self._open = False

    async def _enter(self, group_id: str, until_s: float) -> None:
        """Tell Kafka which partitions the transaction writes to, the group's offsets among them."""
        if self._client.was_cut:  # what was asked twice may be done a second time, in the middle of this transaction
            await self._keep_records()
        batches = self._batches
        if batches.partitions:
            topics = list(by_topic(batches.partitions).items())
            add = AddPartitionsToTxnRequest(self._name, self._id, self._epoch, topics)
            await self._client.ask(CoordinationType.TRANSACTION, add, _codes, until_s)
        join = AddOffsetsToTxnRequest(self._name, self._id, self._epoch, group_id)
        await self._client.ask(CoordinationType.TRANSACTION, join, _code, until_s)

    async def _keep_records(self) -> None:
        kept, self._batches = self._batches, Batches(self._settings.compression)
        await self._renew(time.monotonic() + PATIENCE_S)
        kept.restart()
        self._batches = kept

    def _send_offsets(self, offsets: Mapping[Source, int], member: Member, until_s: float) -> None:
        request = txn_offset_commit((self._name, self._id, self._epoch), member, offsets)
        self._run(self._client.ask, CoordinationType.GROUP, request, _codes_v3, until_s)

    async def _flush(self, until_s: float) -> None:
        batches = self._batches.take(self._id, self._epoch)
        self.last_offsets = await self._client.produce(self._name, batches, until_s)

    async def _end(self, until_s: float) -> None:
        request = EndTxnRequest(self._name, self._id, self._epoch, True)
        try:
            await self._client.ask(CoordinationType.TRANSACTION, request, _code, until_s)
        except Refused as error:
            if error.is_fenced:
                raise
            # Never Aborted: an earlier try, whose answer was lost, may have committed it.
            raise Unavailable(f"whether Kafka committed a transaction is not known here: {error}") from None

    def abort(self) -> None:
        """Undo what is open; nothing to do when nothing is. Raises Fenced or Unavailable."""
        if not self._open:
            return
        self._open = False  # whatever becomes of it: who cannot abort leaves, and is not to wait a second time
        try:
            self._run(self._renew, time.monotonic() + PATIENCE_S)
        except Aborted as error:
            if error.cause is AbortCause.BROKER:
                raise Unavailable(f"Kafka did not abort a transaction within {PATIENCE_S:.0f} s: {error}") from None
            raise Fenced(f"transaction of {self._name} could be neither committed nor aborted: {error}") from None

    def close(self) -> None:
        """Drop the connections."""
        if hasattr(self, "_client"):
            self._run(self._client.close)

    def _run(self, call: Callable[..., Awaitable[Any]], *args: Any) -> Any:
        try:
            return self._loop.run_until_complete(call(*args))
        except Refused as error:
            if not error.is_fenced:
                raise Aborted.by(error.code, error.topic) from None
            raise Fenced(
                f"another worker runs as {self._name}, or this one slept for longer than "
                f"{TRANSACTION_TIMEOUT_MS // 1000} s ({error}). Give every worker its own "
                "STREAMS_WORKER_ID; restarting this one is safe."
            ) from None


def _code(answer: Any) -> tuple[int, str]:
    return answer.error_code, ""


def _codes(answer: Any) -> tuple[int, str]:
    return worst([(code, topic) for topic, partitions in answer.errors for _, code in partitions])


def _codes_v3(answer: Any) -> tuple[int, str]:
    return worst([(code, topic) for topic, partitions, _ in answer.topics for _, code, _ in partitions])
