"""The consumer thread: reads, seeks and remembers positions, in one thread.

Nothing suspends between reading records and remembering where they ended, so the `[begin, end)` of a slice is exact
even where compaction, aborted records and commit markers leave gaps. A partition without a remembered position yields
nothing: after an assignment all are paused until the seek to the committed offset.
"""

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import aiokafka
from aiokafka.errors import IllegalStateError, KafkaTimeoutError, NoOffsetForPartitionError, OffsetOutOfRangeError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from streams.engine.faust.assignor import Subscriptions
from streams.engine.positions.ends import APART_MS, Ends
from streams.engine.positions.group_metadata import Membership
from streams.engine.positions.slices import Position, Slice, Source
from streams.kafka.clients import client_id
from streams.kafka.login.aiokafka import for_aiokafka
from streams.ops import log
from streams.ops.errors import Misconfigured

FETCH_WAIT_MS = 250  # a fetch that waits holds back other partitions of the same broker (Faust: 1.5 s)
PARTITION_FETCH_BYTES = 4 * 1024 * 1024
POLL_BYTES = 4 * 1024 * 1024  # a poll's records are worked on in one go: bounds both memory and the loop's pauses
POLL_RECORDS_MIN, POLL_RECORDS_MAX = 50, 5_000
ABSENT_S = 3600.0  # without a poll for so long aiokafka leaves the group; a restore may take a while

logger = log.get("transport")


class ConsumerThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]  # because Faust is untyped to strict mypy
    """aiokafka in its own thread and loop. Methods without a lock run in that thread: use `call_thread`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._positions: dict[TP, Position] = {}
        self._moved = asyncio.Event()
        self._records_max = 500
        self._ends_noted_s = 0.0
        self.ends = Ends()

    def _create_worker_consumer(self, transport: Any) -> aiokafka.AIOKafkaConsumer:
        conf, settings = self.app.conf, self.app.engine_settings
        self._assignor = self.app.assignor
        consumer = aiokafka.AIOKafkaConsumer(
            client_id=client_id(settings),
            group_id=settings.group_id,
            group_instance_id=settings.worker_id,
            client_rack=settings.client_rack or None,
            partition_assignment_strategy=[self._assignor],
            enable_auto_commit=False,
            auto_offset_reset="none",  # "earliest" skips what retention has deleted, and does not report it
            isolation_level="read_committed",  # raw topics are written in transactions, too
            fetch_max_wait_ms=FETCH_WAIT_MS,
            max_partition_fetch_bytes=PARTITION_FETCH_BYTES,
            max_poll_interval_ms=int(ABSENT_S * 1000),
            session_timeout_ms=int(settings.session_timeout_s * 1000),
            heartbeat_interval_ms=int(settings.session_timeout_s * 1000 / 5),
            rebalance_timeout_ms=int(conf.broker_rebalance_timeout * 1000),
            request_timeout_ms=int(conf.broker_request_timeout * 1000),
            **for_aiokafka(settings),
        )
        consumer._subscription = Subscriptions()
        return consumer

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        self._positions.clear()
        await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        self._positions.clear()
        consumer = self._ensure_consumer()
        consumer.pause(*consumer.assignment())  # changelogs stay so: without it aiokafka buffers a fetch of each
        for tp in consumer.assignment():
            consumer.seek(tp, 0)  # never read from: without a position aiokafka asks for offsets for ever
        await super().on_partitions_assigned(assigned, generation_id)

    async def seek_to(self, positions: Mapping[Source, Position]) -> None:
        """Read these partitions from there; those that were taken away meanwhile are left out."""
        consumer = self._ensure_consumer()
        for source, position in positions.items():
            tp = aiokafka.TopicPartition(*source)
            try:
                consumer.seek(tp, position.offset)
                consumer.resume(tp)
            except IllegalStateError:
                continue
            self._positions[TP(*source)] = position
        self._moved.set()

    async def poll(self, timeout_s: float) -> list[Slice]:
        """What was fetched, as slices; empty after `timeout_s` without records."""
        if not self._positions:
            self._ensure_consumer()._coordinator.check_errors()  # no other call checks it while nothing is read
            self._moved.clear()
            await asyncio.wait([asyncio.ensure_future(self._moved.wait())], timeout=timeout_s)
            return []
        consumer = self._ensure_consumer()
        try:
            found = await consumer.getmany(timeout_ms=int(timeout_s * 1000), max_records=self._records_max)
        except NoOffsetForPartitionError:  # aiokafka looked between an assignment and our seek
            return []
        except OffsetOutOfRangeError as error:
            await self._out_of_range(consumer, error.args[0])
            return []
        is_noted = self._note_ends(consumer)
        if not found:
            return await self._markers(consumer)
        # No await that can suspend from here on: positions and records belong together.
        slices = [await self._slice(consumer, tp, records) for tp, records in found.items() if tp in self._positions]
        self._adapt(slices)
        # Quiet partitions, too: an aborted transaction leaves nothing to find, and their cursors would stand before it.
        return [*slices, *await self._markers(consumer)] if is_noted else slices

    async def _out_of_range(self, consumer: Any, offsets: Mapping[Any, int]) -> None:
        """Go on where the log begins now, and log how much is lost. Raises Misconfigured where it ends before that."""
        try:
            first = await consumer.beginning_offsets(list(offsets))
        except KafkaTimeoutError:  # the next fetch meets the same answer
            return
        for tp, offset in offsets.items():
            # After the await: a rebalance or a seek may have happened, and then this position must not be moved.
            if tp not in self._positions or tp not in consumer.assignment() or await consumer.position(tp) != offset:
                continue
            if first[tp] <= offset:
                raise _jumped_back(tp, offset, first[tp])
            log_expired(tp, offset, first[tp])
            consumer.seek(tp, first[tp])  # the next slice begins where the last one ended: the gap was logged

    def _note_ends(self, consumer: Any) -> bool:
        """Note the ends of our partitions as Kafka answered them, a few times a second; returns whether it was time."""
        if time.monotonic() < self._ends_noted_s + APART_MS / 1000:
            return False
        self._ends_noted_s = time.monotonic()
        for source in self._positions:
            tp = aiokafka.TopicPartition(*source)
            with suppress(AssertionError, IllegalStateError):  # it was taken away meanwhile
                # Not the last stable offset: behind an open transaction lie records that arrived in time.
                end, at_ms = consumer.highwater(tp), consumer.last_poll_timestamp(tp)
                if end is not None and at_ms is not None:
                    self.ends.saw(source, end, at_ms)
        return True

    async def _markers(self, consumer: Any) -> list[Slice]:
        """Slices without records, where there were only commit markers: without them the lag would never be 0."""
        slices = []
        for source, at in list(self._positions.items()):
            tp = aiokafka.TopicPartition(*source)
            with suppress(asyncio.TimeoutError, IllegalStateError):
                position = await asyncio.wait_for(consumer.position(tp), 0.01)
                if position > at.offset and self._positions.get(source) == at:
                    slices.append(await self._slice(consumer, tp, []))
        return slices

    async def _slice(self, consumer: Any, tp: Any, records: list[Any]) -> Slice:
        at = self._positions[tp]
        end = await consumer.position(tp)  # returns at once: the position is valid, it was just read from
        if end <= at.offset:
            raise _jumped_back(tp, at.offset, end)
        self._positions[tp] = Position(at.epoch, end)
        size = sum([len(r.key or b"") + len(r.value or b"") for r in records])
        return Slice((tp.topic, tp.partition), at.epoch, at.offset, end, records, size)

    def _adapt(self, slices: list[Slice]) -> None:
        records = sum(len(piece.records) for piece in slices)
        if records:
            mean = max(1, sum(piece.size_bytes for piece in slices) // records)
            self._records_max = min(POLL_RECORDS_MAX, max(POLL_RECORDS_MIN, POLL_BYTES // mean))

    def membership(self) -> Membership:
        """Generation and member id as the coordinator knows them now."""
        coordinator = self._ensure_consumer()._coordinator
        return Membership(coordinator.generation, coordinator.member_id)

    def rejoin(self) -> None:
        """Make the group rebalance, soon."""
        self._ensure_consumer()._coordinator.request_rejoin()


def log_expired(tp: Any, wanted: int, first: int) -> None:
    """Log that the log begins at `first`, behind the offset that we would read next."""
    logger.error("records_expired", topic=tp.topic, partition=tp.partition, count=first - wanted)


def _jumped_back(tp: Any, offset: int, end: int) -> Misconfigured:
    return Misconfigured(
        f"{tp.topic}[{tp.partition}] jumped back from offset {offset} to {end}: the topic was deleted and "
        "created again, or it lost records. Set the group's offsets by hand, then start once with `--accept-offsets`."
    )
