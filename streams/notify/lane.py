"""One receiver's way through the alerts: partitions side by side, each in order, offsets behind what is done.

A receiver that does not answer holds up itself alone, and within it one slow alert holds up its own partition only.
"""

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from streams import log
from streams.errors import Unavailable
from streams.settings import Settings

POLL_S = 0.1
COMMIT_EVERY_S = 1.0
WAITING_MAX = 200  # of one partition; then it is paused
BATCH = 100

logger = log.get("notify")

Work = Callable[[Message], Awaitable[None]]


class Lane:
    """Reads a topic in a consumer group of its own, and calls `work` for each record, in order for each partition."""

    def __init__(self, settings: Settings, name: str, topic: str, work: Work) -> None:
        self._name, self._topic, self._work = name, topic, work
        self._consumer = Consumer(
            settings.librdkafka
            | {
                "group.id": f"{settings.group_id}-notify-{name}",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "auto.offset.reset": "earliest",
                "enable.partition.eof": True,
                "partition.assignment.strategy": "cooperative-sticky",
                "log_level": 2,
            }
        )
        self._waiting: dict[int, deque[Message]] = defaultdict(deque)
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._done: dict[int, int] = {}  # partition → offset behind what is done, not yet committed
        self._ended: set[int] = set()
        self._owned: set[int] = set()
        self._paused: set[int] = set()

    async def run(self, stop: asyncio.Event, *, once: bool) -> None:
        """Until told to stop; with `once` until all that is there is done. Raises Unavailable; what `work` raises.

        Everything happens in the loop's thread, librdkafka's callbacks too: they come while it is asked for messages,
        which does not wait.
        """
        self._consumer.subscribe([self._topic], on_assign=self._assigned, on_revoke=self._revoked)
        committed_s = time.monotonic()
        try:
            while not stop.is_set():
                found = self._consumer.consume(BATCH, 0)
                for message in found:
                    self._take(message)
                self._raise_failures()
                self._pace()
                if time.monotonic() > committed_s + COMMIT_EVERY_S:
                    self._commit(is_waiting=False)
                    committed_s = time.monotonic()
                if once and self._is_drained():
                    return
                await asyncio.sleep(0 if found else POLL_S)
        except KafkaException as error:
            raise Unavailable(f"reading {self._topic}: {error.args[0].name()}") from None
        finally:
            await self._close()

    def _assigned(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        self._owned |= {one.partition for one in partitions}

    def _revoked(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        """Somebody else goes on from what is committed; what is under way here may reach the receiver twice."""
        self._commit(is_waiting=True)
        for one in partitions:
            self._owned.discard(one.partition)
            self._ended.discard(one.partition)
            self._paused.discard(one.partition)
            self._waiting.pop(one.partition, None)
            self._done.pop(one.partition, None)

    def _take(self, message: Message) -> None:
        error = message.error()
        if error is None:
            partition = message.partition()
            self._ended.discard(partition)
            self._waiting[partition].append(message)
            if partition not in self._tasks:
                self._tasks[partition] = asyncio.ensure_future(self._work_on(partition))
        elif error.code() == KafkaError._PARTITION_EOF:
            self._ended.add(message.partition())
        elif not error.retriable():
            raise Unavailable(f"reading {self._topic}: {error.name()}")

    async def _work_on(self, partition: int) -> None:
        waiting = self._waiting[partition]
        while waiting and self._waiting.get(partition) is waiting:
            message = waiting[0]
            await self._work(message)
            if self._waiting.get(partition) is waiting:  # still ours
                waiting.popleft()
                self._done[partition] = message.offset() + 1

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

    def _commit(self, *, is_waiting: bool) -> None:
        done, self._done = self._done, {}
        if not done:
            return
        offsets = [TopicPartition(self._topic, partition, offset) for partition, offset in done.items()]
        try:
            self._consumer.commit(offsets=offsets, asynchronous=not is_waiting)
        except KafkaException as error:  # the group has moved on: others repeat what was not committed
            logger.warning("not_committed", receiver=self._name, why=error.args[0].name())

    def _is_drained(self) -> bool:
        is_idle = not self._tasks and not any(self._waiting.values())
        return bool(self._owned) and self._owned <= self._ended and is_idle

    async def _close(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._commit(is_waiting=True)
        self._consumer.close()
