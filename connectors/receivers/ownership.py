"""Commits of a consumer, one at a time, which prove that a partition is still ours.

A group accepts a commit only from members of its present generation, and counts it as a sign of life (Kafka's
`commitOffset`). So a member is removed from the group one session after its last accepted commit at the earliest, and
until then it gives a partition up by itself, in a callback. After a longer sleep its commit is refused.

The commit says where the partition stands. An attempt to deliver a record is made only after Kafka knows that all
records before it are done, so a new owner repeats one record at most.
"""

import asyncio
import contextlib
import time
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from streams.ops import log

COMMIT_EVERY_S = 1.0
POLL_S = 0.1
ANSWER_POLL_S = 0.005  # while a commit is pending: an attempt waits for its answer

logger = log.get("notify")


class _Commit(NamedTuple):
    """A commit without an answer yet. `name`: comes back with the answer. `waiting`: for the time of the commit."""

    name: str
    sent_s: float
    offsets: dict[int, int]
    waiting: "dict[int, asyncio.Future[float]]"


class OwnershipCommits:
    """For the loop's thread only, like the consumer's callbacks. `offset` is the next one to work on."""

    def __init__(self, receiver: str, topic: str, session_s: float) -> None:
        self._receiver, self._topic = receiver, topic
        self._valid_s = session_s / 2
        self._offsets: dict[int, int] = {}  # to be committed
        self._waiting: dict[int, asyncio.Future[float]] = {}
        self._pending: _Commit | None = None
        self._number = 0
        self._retry_s = self._due_s = time.monotonic()
        self._is_wanted = asyncio.Event()
        self._logged = ""

    def done(self, partition: int, offset: int) -> None:
        """Commit it soon."""
        self._offsets[partition] = offset

    async def confirm(self, partition: int, offset: int) -> None:
        """Return as soon as the group has just confirmed that the partition is ours; wait while it does not."""
        while True:
            self._offsets[partition] = offset
            answer = self._waiting[partition] = asyncio.get_running_loop().create_future()
            self._is_wanted.set()
            sent_s = await answer
            if time.monotonic() < sent_s + self._valid_s:  # else the process slept since
                return

    def forget(self, partition: int) -> None:
        """The partition is not ours any more: its offset is committed by others."""
        for known in (self._offsets, self._waiting, *(self._pending[2:] if self._pending else ())):
            known.pop(partition, None)

    async def pause(self) -> None:
        """Sleep until the next poll for messages and answers."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_POLL_S if self._pending else POLL_S):
                await self._is_wanted.wait()

    def send_due(self, consumer: Consumer) -> None:
        """Send a commit if one is due and none is pending."""
        now_s = time.monotonic()
        is_due = self._waiting or (self._offsets and now_s >= self._due_s)
        if self._pending is None and is_due and now_s >= self._retry_s:
            self._send(consumer, now_s)
        self._is_wanted.clear()

    def _send(self, consumer: Consumer, now_s: float) -> None:
        self._number += 1
        self._pending = _Commit(str(self._number), now_s, self._offsets, self._waiting)
        self._offsets, self._waiting = {}, {}
        self._due_s = now_s + COMMIT_EVERY_S
        if not consumer.memberid():  # a group without members would accept it from anybody
            self._refused(self._pending, "UNKNOWN_MEMBER_ID")
            return
        try:
            consumer.commit(offsets=self._positions(self._pending), asynchronous=True)
        except KafkaException as error:
            self._refused(self._pending, error.args[0].name())

    def _positions(self, commit: _Commit) -> list[TopicPartition]:
        return [
            TopicPartition(self._topic, partition, offset, metadata=commit.name)
            for partition, offset in commit.offsets.items()
        ]

    def answered(self, consumer: Consumer, error: KafkaError | None, positions: list[TopicPartition]) -> None:
        """librdkafka's answer to a commit. Those to `commit_now` come here, too, and are no answer to ours."""
        commit = self._pending
        if commit is None or not any(one.metadata == commit.name for one in positions):
            return
        refusal = error or next((one.error for one in positions if one.error), None)
        if refusal or not consumer.memberid():  # lost meanwhile: the callback about it is on the way
            self._refused(commit, refusal.name() if refusal else "UNKNOWN_MEMBER_ID")
            return
        self._pending, self._logged = None, ""
        for answer in commit.waiting.values():
            if not answer.done():
                answer.set_result(commit.sent_s)

    def _refused(self, commit: _Commit, why: str) -> None:
        """Try again: behind a rebalance the partition may still be ours, or a callback says that it is not."""
        self._pending = None
        self._retry_s = time.monotonic() + POLL_S
        self._offsets = commit.offsets | self._offsets
        self._waiting = commit.waiting | self._waiting
        self._log(why)

    def commit_now(self, consumer: Consumer) -> None:
        """Commit all that is done, and wait for it: the next owner goes on from there."""
        if not self._offsets:
            return
        positions = [TopicPartition(self._topic, *one) for one in self._offsets.items()]
        try:
            consumer.commit(offsets=positions, asynchronous=False)
        except KafkaException as error:  # the group has moved on: others repeat what was not committed
            self._log(error.args[0].name())

    def _log(self, why: str) -> None:
        """Each kind of refusal once: a rebalance refuses ten times a second."""
        if why != self._logged:
            self._logged = why
            logger.warning("not_committed", receiver=self._receiver, why=why)
