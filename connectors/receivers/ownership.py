"""Commits of a lane, one at a time, and what they prove: that a partition is still ours.

A group takes a commit from members of its present generation only, and counts it as a sign of life (Kafka's
`commitOffset`). So whoever was answered yes is thrown out a session after the question at the earliest, and until then
gives a partition up by itself, in a callback. Whoever slept for longer asks again, and is refused.

The commit says where the partition stands. So an attempt to bring a record is made only when Kafka has it that all
records before are done, and whoever takes over repeats the last one at most.
"""

import asyncio
import contextlib
import time
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from streams.ops import log

COMMIT_EVERY_S = 1.0
POLL_S = 0.1
ANSWER_POLL_S = 0.005  # while a question is under way: an attempt waits for its answer

logger = log.get("notify")


class _Question(NamedTuple):
    """`name`: comes back with the answer. `wanted`: who waits for it."""

    name: str
    asked_s: float
    offsets: dict[int, int]
    wanted: "dict[int, asyncio.Future[float]]"


class OwnershipCommits:
    """For the loop's thread only, like the consumer's callbacks. `offset` is the next one to do."""

    def __init__(self, receiver: str, topic: str, session_s: float) -> None:
        self._receiver, self._topic = receiver, topic
        self._valid_s = session_s / 2
        self._offsets: dict[int, int] = {}  # to be committed
        self._wanted: dict[int, asyncio.Future[float]] = {}
        self._question: _Question | None = None
        self._number = 0
        self._again_s = self._due_s = time.monotonic()
        self._is_wanted = asyncio.Event()
        self._said = ""

    def done(self, partition: int, offset: int) -> None:
        """Commit it soon."""
        self._offsets[partition] = offset

    async def prove(self, partition: int, offset: int) -> None:
        """Returns when the group has just confirmed that the partition is ours. Waits while it does not."""
        while True:
            self._offsets[partition] = offset
            answer = self._wanted[partition] = asyncio.get_running_loop().create_future()
            self._is_wanted.set()
            asked_s = await answer
            if time.monotonic() < asked_s + self._valid_s:  # else the process slept since
                return

    def forget(self, partition: int) -> None:
        """It is not ours any more: from now on its offset is for others to say."""
        for known in (self._offsets, self._wanted, *(self._question[2:] if self._question else ())):
            known.pop(partition, None)

    async def pause(self) -> None:
        """Until it is worth while to look for messages and answers again."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_POLL_S if self._question else POLL_S):
                await self._is_wanted.wait()

    def ask(self, consumer: Consumer) -> None:
        """Send what is due."""
        now_s = time.monotonic()
        is_due = self._wanted or (self._offsets and now_s >= self._due_s)
        if self._question is None and is_due and now_s >= self._again_s:
            self._send(consumer, now_s)
        self._is_wanted.clear()

    def _send(self, consumer: Consumer, now_s: float) -> None:
        self._number += 1
        self._question = _Question(str(self._number), now_s, self._offsets, self._wanted)
        self._offsets, self._wanted = {}, {}
        self._due_s = now_s + COMMIT_EVERY_S
        if not consumer.memberid():  # a group without members would take it from anybody
            self._refused(self._question, "UNKNOWN_MEMBER_ID")
            return
        try:
            consumer.commit(offsets=self._places(self._question), asynchronous=True)
        except KafkaException as error:
            self._refused(self._question, error.args[0].name())

    def _places(self, question: _Question) -> list[TopicPartition]:
        return [
            TopicPartition(self._topic, partition, offset, metadata=question.name)
            for partition, offset in question.offsets.items()
        ]

    def answered(self, consumer: Consumer, error: KafkaError | None, places: list[TopicPartition]) -> None:
        """librdkafka has an answer, to a commit of `now`, too."""
        question = self._question
        if question is None or not any(place.metadata == question.name for place in places):
            return
        refusal = error or next((place.error for place in places if place.error), None)
        if refusal or not consumer.memberid():  # lost meanwhile, its callback is on the way
            self._refused(question, refusal.name() if refusal else "UNKNOWN_MEMBER_ID")
            return
        self._question, self._said = None, ""
        for answer in question.wanted.values():
            if not answer.done():
                answer.set_result(question.asked_s)

    def _refused(self, question: _Question, why: str) -> None:
        """Perhaps a rebalance is under way, and it is ours behind it; or it is not, and a callback will say so."""
        self._question = None
        self._again_s = time.monotonic() + POLL_S
        self._offsets = question.offsets | self._offsets
        self._wanted = question.wanted | self._wanted
        self._say(why)

    def now(self, consumer: Consumer) -> None:
        """Commit all that is done, and wait for it: others go on from there."""
        if not self._offsets:
            return
        places = [TopicPartition(self._topic, *place) for place in self._offsets.items()]
        try:
            consumer.commit(offsets=places, asynchronous=False)
        except KafkaException as error:  # the group has moved on: others repeat what was not committed
            self._say(error.args[0].name())

    def _say(self, why: str) -> None:
        """Each kind of trouble once: a rebalance refuses ten times a second."""
        if why != self._said:
            self._said = why
            logger.warning("not_committed", receiver=self._receiver, why=why)
