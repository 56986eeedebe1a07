"""Reads the alerts for one receiver: partitions in parallel, each in order, offsets committed behind what is done.

A receiver that does not answer holds up nobody else, and one slow alert only its own partition. The task of a partition
is cancelled when the partition is revoked, and each attempt asks the group first (`ownership`). A request that is
under way just then may still reach the receiver.

This loop is its own: a sink may commit after it has written, here the group has to accept a commit before each attempt.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from functools import partial

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from connectors.receivers.ownership import OwnershipCommits
from connectors.receivers.sender import ConfirmOwnership
from streams.kafka.login.librdkafka import for_librdkafka
from streams.kafka.refused import refused
from streams.ops.settings import Settings

WAITING_MAX = 200  # of one partition; then it is paused
BATCH = 100

Handle = Callable[[Message, ConfirmOwnership], Awaitable[None]]


class ReceiverConsumer:
    """Reads a topic in a consumer group of its own, and awaits `handle` for each record, in order for each partition.

    `handle` has to await its second argument before each attempt at what must not happen after another owner's.
    """

    def __init__(self, settings: Settings, name: str, topic: str, handle: Handle) -> None:
        self._topic, self._handle, self._group = topic, handle, f"{settings.group_id}-notify-{name}"
        self._ownership = OwnershipCommits(name, topic, settings.session_timeout_s)
        self._consumer = Consumer(
            for_librdkafka(settings)
            | {
                "group.id": self._group,
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "auto.offset.reset": "earliest",
                "enable.partition.eof": True,
                "partition.assignment.strategy": "cooperative-sticky",
                "session.timeout.ms": int(settings.session_timeout_s * 1000),
                "on_commit": self._committed,
                "log_level": 2,
            }
        )
        self._waiting: dict[int, deque[Message]] = defaultdict(deque)
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._cancelled: set[asyncio.Task[None]] = set()  # the loop holds tasks weakly
        self._ended: set[int] = set()
        self._owned: set[int] = set()
        self._paused: set[int] = set()

    async def run(self, stop: asyncio.Event, *, once: bool) -> None:
        """Until `stop`; with `once` until all that is there is done. Raises Unavailable, Misconfigured, and what
        `handle` raises.

        Everything runs in the loop's thread, librdkafka's callbacks too: `consume` calls them, and does not wait.
        """
        self._consumer.subscribe([self._topic], on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._lost)
        try:
            while not stop.is_set():
                messages = self._consumer.consume(BATCH, 0)
                for message in messages:
                    self._take(message)
                self._raise_failures()
                self._pace()
                self._ownership.send_due(self._consumer)
                if once and self._is_drained():
                    return
                await (asyncio.sleep(0) if messages else self._ownership.pause())
        except KafkaException as error:
            raise self._trouble(error.args[0]) from None
        finally:
            await self._close()

    def _assigned(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        self._owned |= {one.partition for one in partitions}

    def _revoked(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        """When this has returned, the next owner goes on from what is committed."""
        self._ownership.commit_now(self._consumer)
        self._lost(_, partitions)

    def _lost(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        """Another owner may have gone on already: nothing may be committed."""
        for one in partitions:
            self._owned.discard(one.partition)
            self._ended.discard(one.partition)
            self._paused.discard(one.partition)
            self._waiting.pop(one.partition, None)
            self._ownership.forget(one.partition)
            self._cancel(one.partition)

    def _committed(self, error: KafkaError | None, positions: list[TopicPartition]) -> None:
        self._ownership.answered(self._consumer, error, positions)

    def _cancel(self, partition: int) -> None:
        """Cancel a partition's task; the partition may come back before the task has ended."""
        task = self._tasks.pop(partition, None)
        if task and task.cancel():
            self._cancelled.add(task)
            task.add_done_callback(self._cancelled.discard)

    def _take(self, message: Message) -> None:
        error, partition = message.error(), message.partition()
        if partition not in self._owned and (error is None or error.code() == KafkaError._PARTITION_EOF):
            return  # it was revoked while the batch was put together
        if error is None:
            self._ended.discard(partition)
            self._waiting[partition].append(message)
            if partition not in self._tasks:
                self._tasks[partition] = asyncio.ensure_future(self._work_on(partition))
        elif error.code() == KafkaError._PARTITION_EOF:
            self._ended.add(partition)
        elif not error.retriable():
            raise self._trouble(error)

    async def _work_on(self, partition: int) -> None:
        waiting = self._waiting[partition]
        while waiting and self._waiting.get(partition) is waiting:  # still ours
            message = waiting[0]
            await self._handle(message, partial(self._ownership.confirm, partition, message.offset()))
            if self._waiting.get(partition) is waiting:
                waiting.popleft()
                self._ownership.done(partition, message.offset() + 1)

    def _trouble(self, error: KafkaError) -> Exception:
        is_of_group = error.code() == KafkaError.GROUP_AUTHORIZATION_FAILED
        what = f"joining group {self._group}" if is_of_group else f"reading {self._topic}"
        return refused(what, error, is_question=True)

    def _raise_failures(self) -> None:
        for partition, task in list(self._tasks.items()):
            if task.done():
                del self._tasks[partition]
                task.result()
                if self._waiting.get(partition):
                    self._tasks[partition] = asyncio.ensure_future(self._work_on(partition))

    def _pace(self) -> None:
        full = {one for one, waiting in self._waiting.items() if len(waiting) >= WAITING_MAX} & self._owned
        for partition in full - self._paused:
            self._consumer.pause([TopicPartition(self._topic, partition)])
        for partition in self._paused - full:
            self._consumer.resume([TopicPartition(self._topic, partition)])
        self._paused = full

    def _is_drained(self) -> bool:
        is_idle = not self._tasks and not any(self._waiting.values())
        return bool(self._owned) and self._owned <= self._ended and is_idle

    async def _close(self) -> None:
        for partition in list(self._tasks):
            self._cancel(partition)
        await asyncio.gather(*self._cancelled, return_exceptions=True)
        self._ownership.commit_now(self._consumer)
        self._consumer.close()
