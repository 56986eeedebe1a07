"""Faust's transport, delivering slices of the log: one event per poll and partition.

The consumer thread knows, per partition, the end of what it handed out or the offset of the last seek. It reads, seeks
and remembers in one thread, without an await between reading and remembering, so `[begin, end)` is exact even where
compaction, aborted records and commit markers leave gaps. A partition without a remembered position yields nothing:
after an assignment all are paused until the seek to the committed offset.

Faust's bookkeeping of acks, gaps and read offsets has no meaning for slices and is switched off.
"""

import asyncio
import ssl
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

import aiokafka
from aiokafka.errors import IllegalStateError
from aiokafka.helpers import create_ssl_context
from faust.events import Event
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from faust.types.tuples import ConsumerMessage

from streams import log
from streams.engine.clients import client_id
from streams.engine.group_metadata import Membership
from streams.engine.offsets import CommittedOffsets
from streams.engine.slices import Position, Slice, Source
from streams.errors import Misconfigured
from streams.settings import Settings

POLL_S = 1.0
FETCH_WAIT_MS = (
    250  # a fetch that waits for one partition keeps others on the same broker waiting: Faust's 1.5 s is long
)
PARTITION_FETCH_BYTES = 4 * 1024 * 1024
POLL_BYTES = 4 * 1024 * 1024  # a poll's records are worked on in one go: bounds both memory and the loop's pauses
POLL_RECORDS_MIN, POLL_RECORDS_MAX = 50, 5_000
WAITING_BYTES_MAX = 32 * 1024 * 1024
WAITING_SLICES_MAX = 64
ROOM_S = 0.005  # how often to look for room while there is none; what waits keeps the agents busy for far longer
ABSENT_S = 3600.0  # aiokafka leaves the group when nobody polls for so long; a restore may take a while

logger = log.get("transport")

Lose = Callable[[Slice], bool]


class ConsumerThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]  # because Faust is untyped to strict mypy
    """aiokafka in its own thread and loop. Methods without a lock run in that thread: use `call_thread`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._positions: dict[TP, Position] = {}
        self._moved = asyncio.Event()
        self._records_max = 500

    def _create_worker_consumer(self, transport: Any) -> aiokafka.AIOKafkaConsumer:
        conf, settings = self.app.conf, self.app.engine_settings
        self._assignor = self.app.assignor
        return aiokafka.AIOKafkaConsumer(
            client_id=client_id(settings),
            group_id=settings.group_id,
            group_instance_id=settings.worker_id,
            bootstrap_servers=settings.bootstrap_servers,
            partition_assignment_strategy=[self._assignor],
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",  # raw topics are written in transactions, too
            fetch_max_wait_ms=FETCH_WAIT_MS,
            max_partition_fetch_bytes=PARTITION_FETCH_BYTES,
            max_poll_interval_ms=int(ABSENT_S * 1000),
            session_timeout_ms=int(settings.session_timeout_s * 1000),
            heartbeat_interval_ms=int(settings.session_timeout_s * 1000 / 5),
            rebalance_timeout_ms=int(conf.broker_rebalance_timeout * 1000),
            request_timeout_ms=int(conf.broker_request_timeout * 1000),
            **security(settings),
        )

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        self._positions.clear()
        await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        self._positions.clear()
        consumer = self._ensure_consumer()
        consumer.pause(*consumer.assignment())  # changelogs stay so: without it aiokafka buffers a fetch of each
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
        """What has arrived, as slices; empty after `timeout_s` without records."""
        if not self._positions:
            self._moved.clear()
            await asyncio.wait([asyncio.ensure_future(self._moved.wait())], timeout=timeout_s)
            return []
        consumer = self._ensure_consumer()
        found = await consumer.getmany(timeout_ms=int(timeout_s * 1000), max_records=self._records_max)
        if not found:
            return await self._markers(consumer)
        # No await that can suspend from here on: positions and records belong together.
        slices = [await self._slice(consumer, tp, records) for tp, records in found.items() if tp in self._positions]
        self._adapt(slices)
        return slices

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
            raise Misconfigured(
                f"{tp.topic}[{tp.partition}] jumped back from offset {at.offset} to {end}: the topic was deleted and "
                "created again, or its offsets were lost. Set the group's offsets by hand, then start again."
            )
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


class Consumer(driver.Consumer):  # type: ignore[misc]  # because Faust is untyped to strict mypy
    """Faust's consumer service, in the event loop of the agents."""

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    def membership(self) -> Membership:
        thread: ConsumerThread = self._thread
        return thread.membership()

    def sources(self) -> set[Source]:
        """Source partitions that are assigned."""
        return {tuple(tp) for tp in self.assignment() if not self._is_changelog_tp(tp)}

    def changelogs(self) -> set[Source]:
        """Changelog partitions that are assigned."""
        return {tuple(tp) for tp in self.assignment() if self._is_changelog_tp(tp)}

    async def seek_to(self, positions: Mapping[Source, Position]) -> None:
        await self._thread.call_thread(self._thread.seek_to, positions)

    async def committed(self, sources: set[Source], offsets: CommittedOffsets) -> dict[Source, int]:
        """Stable committed offsets; where there is none, or what it points to has expired, the first one."""
        if not sources:  # more workers than partitions
            return {}
        loop = asyncio.get_running_loop()
        stable = await loop.run_in_executor(None, offsets.stable, sources)
        tps = [aiokafka.TopicPartition(*source) for source in sources]
        first = await self._thread.call_thread(self._thread._ensure_consumer().beginning_offsets, tps)
        return {(tp.topic, tp.partition): _first_offset(tp, stable[tp], first[tp]) for tp in tps}

    def waiting(self) -> bool:
        """Whether slices wait for their step."""
        return any(self._queued())

    def _queued(self) -> Iterable[Slice]:
        topics = self.app.topics
        for channel in {channel for channels in topics._tp_index.values() for channel in channels}:
            for event in channel.queue._queue:
                yield event.value

    def _room(self) -> bool:
        queued = list(self._queued())
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
        """Partitions are being revoked, or the app stops: commit what is processed."""
        await self.app.unit.settle()

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
        logger.error("records_expired", topic=tp.topic, partition=tp.partition, count=first - committed)
    return max(committed, first)


def security(settings: Settings) -> dict[str, Any]:
    """The security settings that librdkafka gets, for aiokafka."""
    conf: dict[str, Any] = {"security_protocol": settings.security_protocol}
    if settings.security_protocol.startswith("SASL"):
        conf |= {
            "sasl_mechanism": settings.sasl_mechanism,
            "sasl_plain_username": settings.sasl_username,
            "sasl_plain_password": settings.sasl_password.get_secret_value(),
        }
    if settings.security_protocol.endswith("SSL"):
        conf["ssl_context"] = _ssl_context(settings)
    return conf


def _ssl_context(settings: Settings) -> ssl.SSLContext:
    def path(file: Any) -> str | None:
        return str(file) if file else None

    try:
        context: ssl.SSLContext = create_ssl_context(
            cafile=path(settings.ssl_ca_file),
            certfile=path(settings.ssl_cert_file),
            keyfile=path(settings.ssl_key_file),
        )
    except (OSError, ssl.SSLError):
        raise Misconfigured(
            "the files of STREAMS_SSL_CA_FILE, STREAMS_SSL_CERT_FILE or STREAMS_SSL_KEY_FILE cannot be read as PEM."
        ) from None
    return context
