"""Faust's transport, delivering slices of the log: one event per poll and partition.

Faust's bookkeeping of acks, gaps and read offsets has no meaning for slices and is switched off.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import aiokafka
from faust.events import Event
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from faust.types.tuples import ConsumerMessage

from streams.engine.faust.thread import ConsumerThread, log_expired
from streams.engine.positions.apart import check_counts, together
from streams.engine.positions.ends import Ends
from streams.engine.positions.group_metadata import Membership
from streams.engine.positions.slices import Position, Slice, Source
from streams.ops import log

POLL_S = 1.0
WAITING_BYTES_MAX = 16 * 1024 * 1024
WAITING_SLICES_MAX = 12
ROOM_S = 0.005  # between two looks for room; the slices that wait keep the agents busy for far longer

APART = "their tables are with another worker; they wait until all workers of the group have the same version"

logger = log.get("transport")

Lose = Callable[[Slice], bool]


class Consumer(driver.Consumer):  # type: ignore[misc]  # because Faust is untyped to strict mypy
    """Faust's consumer service, in the event loop of the agents."""

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    def membership(self) -> Membership:
        thread: ConsumerThread = self._thread
        return thread.membership()

    def rejoin(self) -> None:
        """Make the group rebalance, soon. From the consumer's thread."""
        thread: ConsumerThread = self._thread
        thread.rejoin()

    def sources(self) -> set[Source]:
        """Source partitions that are assigned, and whose tables are. Raises Misconfigured; see `apart`."""
        assigned = {tuple(tp) for tp in self.assignment() if not self._is_changelog_tp(tp)}
        tables = self.app.tables.changelog_topics
        mine = together(assigned, self.changelogs(), tables)
        if apart := assigned - mine:
            known = self._thread._ensure_consumer().partitions_for_topic
            names = sorted({topic for topic, _ in apart})
            check_counts({topic: len(known(topic) or ()) for topic in {*tables, *names}})
            logger.warning("sources_left", topics=names, partitions=len(apart), why=APART)
        return mine

    def changelogs(self) -> set[Source]:
        """Changelog partitions that are assigned."""
        return {tuple(tp) for tp in self.assignment() if self._is_changelog_tp(tp)}

    async def seek_to(self, positions: Mapping[Source, Position]) -> None:
        await self._thread.call_thread(self._thread.seek_to, positions)

    async def available(self, starts: Mapping[Source, int]) -> dict[Source, int]:
        """The same offsets, or the first that Kafka still has where they lie before it; -1 is before all."""
        if not starts:  # more workers than partitions
            return {}
        tps = [aiokafka.TopicPartition(*source) for source in starts]
        first = await self._thread.call_thread(self._thread._ensure_consumer().beginning_offsets, tps)
        return {(tp.topic, tp.partition): _first_offset(tp, starts[tp], first[tp]) for tp in tps}

    @property
    def ends(self) -> Ends:
        """What is known about the ends of our partitions."""
        thread: ConsumerThread = self._thread
        return thread.ends

    def waiting(self) -> bool:
        """Whether slices wait for their step."""
        return any(self.queued())

    def queued(self) -> Iterable[Slice]:
        """Slices that wait for their step, each partition's in order. From any thread: copies are made in one step."""
        # By topic: the index by partition is many times as large, and this is asked for after every slice.
        for channel in set().union(*self.app.topics._topic_name_index.values()):
            for event in tuple(channel.queue._queue):
                yield event.value

    def high_watermarks(self, sources: Iterable[Source]) -> dict[Source, int]:
        """High watermarks of the last fetches, where there was one. From any thread."""
        consumer = self._thread._ensure_consumer()
        ends = {source: consumer.highwater(aiokafka.TopicPartition(*source)) for source in sources}
        return {source: end for source, end in ends.items() if end is not None}

    def _room(self) -> bool:
        queued = list(self.queued())
        return len(queued) < WAITING_SLICES_MAX and sum(piece.size_bytes for piece in queued) < WAITING_BYTES_MAX

    async def _drain_messages(self, fetcher: Any) -> None:
        try:
            while not (self.should_stop or fetcher.should_stop):
                if not self.flow_active:
                    await self.wait(self.can_resume_flow)
                elif not self._room():
                    await asyncio.sleep(ROOM_S)
                else:
                    for piece in await self._thread.call_thread(self._thread.poll, POLL_S):
                        self._deliver(piece)
        except (*self.consumer_stopped_errors, asyncio.CancelledError):
            if not self.app.should_stop:
                raise

    def _deliver(self, piece: Slice) -> None:
        lose: Lose | None = self.app.lose
        if lose and lose(piece):
            return
        tp = TP(*piece.source)
        message = ConsumerMessage(
            tp.topic, tp.partition, piece.end - 1, 0.0, 0, None, None, None, None, 0, 0, tp,
            generation_id=self.app.consumer_generation_id,
        )  # fmt: skip  # because fourteen lines say less
        event = Event(self.app, None, piece, None, message)
        for channel in self.app.topics._tp_index[tp]:
            message.incref()
            channel.queue.force_put_nowait(event)

    async def wait_empty(self) -> None:
        """Partitions are being revoked, or the app stops: commit what is processed, and end what reads tables.

        Here aiokafka still sends heartbeats; behind the assignment, where databases are closed, it does not.
        """
        await self.app.unit.drain()
        await self.app.tables.recovery.release()

    def ack(self, message: Any) -> bool:
        return True

    async def commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:
        return False

    async def _commit(self, offsets: Any) -> bool:
        return True

    async def verify_all_partitions_active(self) -> None:
        """Faust complains about partitions in which it saw no acks."""


class Transport(driver.Transport):  # type: ignore[misc]  # because Faust is untyped to strict mypy
    """Registered as the URL scheme `slices://`."""

    Consumer = Consumer


def _first_offset(tp: Any, committed: int, first: int) -> int:
    if 0 <= committed < first:
        log_expired(tp, committed, first)
    return max(committed, first)
