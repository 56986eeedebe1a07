"""Publishing to Kafka for asyncio: `publish` returns when every in-sync replica has the record, or raises Unavailable.

Guarantee: at least once, in order for each partition. A record whose publish raised may still arrive (its report was
late, or lost): the reader deduplicates. confluent-kafka's own asyncio producer cannot carry headers, so this is the
synchronous one, polled by the event loop itself about once a millisecond while records are under way. A thread that
polls costs more than it brings: it fights the loop for the interpreter lock at every report.

While Kafka confirms nothing, a few records wait and find out when it does again; others are refused at once. So an
outage fills neither memory nor the senders' connections.

An idempotent producer with a fatal error (its sequence of numbers is broken: a topic made anew, a broker that lost its
disk's tail) never sends again. Another one takes its place, with an identity and a sequence of its own.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Protocol

from confluent_kafka import KafkaError, KafkaException, Producer

from streams.events import Headers
from streams.kafka.confirmations import Confirmations, UnderWay, unavailable
from streams.kafka.login.librdkafka import for_librdkafka
from streams.kafka.refused import RIGHTS, forbidden
from streams.ops import log, metrics
from streams.ops.errors import Forbidden, Unavailable
from streams.ops.settings import Settings

# What arrives within a millisecond goes in one request: without it Kafka and librdkafka spend two to three times the
# CPU. More only delays: 64 senders that wait for replies bring 13,000 records a second with 3 ms, 25,000 with 1 ms.
_LINGER_MS = 1
_POLL_S = 0.001  # while records are under way
_IDLE_POLL_S = 1.0  # else: librdkafka's news about lost connections must not pile up
_PURGE_S = 1.0
_UNKNOWN_TOPIC_MS = 1000  # topics exist before a door opens: an unknown one is no matter of patience
_GIVE_UP_EARLIER_S = 1.5  # librdkafka looks for late records once a second: give up before the reply is due
_DELIVERY_S_MIN = 0.5
_REPLACE_S, _REPLACE_S_MAX = 1.0, 60.0  # before another producer is tried; twice as long after one that stored nothing


class Publisher(Protocol):
    """Where a door puts its records. `broken`: a sentence while it mends itself and can take none, else "".

    `on_doubt` is called when Kafka seems to be away, so that somebody can look.
    """

    broken: str
    on_doubt: Callable[[], None]

    @property
    def under_way_bytes(self) -> int:
        """Keys, values and headers of records that Kafka has not confirmed yet."""

    async def publish(self, topic: str, key: bytes, value: bytes, headers: Headers, partition: int) -> None:
        """Return when the record is safe. Raises Unavailable when that is not known."""

    async def close(self, timeout_s: float) -> None:
        """Wait for what is under way, then refuse everything. May be called twice."""


class KafkaPublisher:
    """Publisher on one idempotent producer. All calls of `publish` come from one event loop."""

    def __init__(self, settings: Settings) -> None:
        self._logger = log.get("publisher")
        self._conf = _producer_conf(settings) | {"error_cb": self._on_error}
        self._producer = Producer(self._conf)
        self.broken = ""
        self._replace_s, self._again_s = _REPLACE_S, 0.0
        self._confirmed_before = 0  # when the last producer broke
        self._logged: set[str] = set()
        self.on_doubt: Callable[[], None] = _nobody_looks
        self._under_way = Confirmations()
        self._timer: asyncio.TimerHandle | None = None
        self._is_closing = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._batch: list[tuple[UnderWay, str, bytes, bytes, Headers, int]] = []

    @property
    def under_way_bytes(self) -> int:
        """See Publisher."""
        return self._under_way.bytes

    @property
    def forbidden(self) -> Forbidden | None:
        """The last topic that Kafka did not let this login write; publishing to it raises Unavailable."""
        return self._under_way.forbidden

    async def publish(self, topic: str, key: bytes, value: bytes, headers: Headers, partition: int) -> None:
        """See Publisher. The partition is given: `partitions.partition_for` decides it for every door alike."""
        if self._is_closing:
            raise Unavailable("the publisher is closed")
        if refusal := self.broken or self._under_way.refusal:
            raise Unavailable(refusal)
        # Asked once: to ask which loop runs is a system call (getpid) each time.
        loop = self._loop = self._loop or asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        if not self._batch:
            loop.call_soon(self._produce, loop)
        self._batch.append((self._under_way.begin(key, value, headers, future), topic, key, value, headers, partition))
        await future

    def _produce(self, loop: asyncio.AbstractEventLoop) -> None:
        """Hand over what was published in one round of the event loop."""
        # One at a time wakes librdkafka's thread for each: 20 microseconds of CPU a record instead of 8.
        batch, self._batch = self._batch, []
        is_first = self._under_way.records == len(batch)
        for record, topic, key, value, headers, partition in batch:
            try:
                self._producer.produce(topic, value, key, partition=partition, headers=headers, on_delivery=record)
            except (BufferError, KafkaException) as error:
                record.refused(self._not_taken(error, loop))
            except Exception as error:  # a bug: its own publish raises it, and the rest of the batch goes on
                record.refused(error)
        if batch and is_first:
            self._poll_in(loop, _POLL_S)

    def _not_taken(self, error: Exception, loop: asyncio.AbstractEventLoop) -> Unavailable:
        if isinstance(error, BufferError):
            return Unavailable("the publish queue is full: Kafka is slower than the senders")
        if error.args[0].code() == KafkaError._FATAL:  # no poll since it happened
            self._break(error.args[0])
            self._poll_in(loop, _POLL_S)
        return unavailable(error.args[0])

    async def close(self, timeout_s: float) -> None:
        """See Publisher. Records that Kafka has not confirmed after `timeout_s` are given up: their publish raises."""
        self._is_closing = True
        if self._loop:
            self._produce(self._loop)
        await self._wait(timeout_s)
        self._producer.purge()
        await self._wait(_PURGE_S)
        if self._timer:
            self._timer.cancel()

    async def _wait(self, timeout_s: float) -> None:
        deadline_s = time.monotonic() + timeout_s
        while self._under_way.records and time.monotonic() < deadline_s:  # noqa: ASYNC110  # because polls go on meanwhile
            await asyncio.sleep(_POLL_S)

    def _poll_in(self, loop: asyncio.AbstractEventLoop, delay_s: float) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = loop.call_later(delay_s, self._poll, loop)

    def _poll(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            self._producer.poll(0)
        except KafkaException as error:  # confluent-kafka raises a fatal error here, instead of calling `error_cb`
            self._break(error.args[0])
        if self.broken and not self._is_closing:
            self._mend()
        if self._under_way.is_doubtful():
            self.on_doubt()
        if self.forbidden and str(self.forbidden) not in self._logged:
            self._logged.add(str(self.forbidden))
            self._logger.error("kafka_forbids", why=str(self.forbidden))
        metrics.QUEUE_BYTES.set(self._under_way.bytes)
        self._poll_in(loop, _POLL_S if self._under_way.records else _IDLE_POLL_S)

    def _break(self, error: KafkaError) -> None:
        if self.broken:
            return
        if error.code() in RIGHTS:  # of no topic: none may be written
            self._under_way.forbidden = forbidden("writing to any topic", error.code())
        self.broken = f"the connection to Kafka broke for good and is made anew ({error.name()})"
        if self._under_way.confirmed > self._confirmed_before:
            self._replace_s = _REPLACE_S
        self._confirmed_before = self._under_way.confirmed
        self._again_s = time.monotonic() + self._replace_s
        self._replace_s = min(2 * self._replace_s, _REPLACE_S_MAX)
        self._logger.error("producer_broken", error=error.name(), under_way=self._under_way.records)

    def _mend(self) -> None:
        """First every publish that waits for a report raises; then a new producer."""
        if self._under_way.records:
            self._producer.purge()
        elif time.monotonic() >= self._again_s:
            try:
                self._producer = Producer(self._conf)
            except KafkaException as error:  # no token to log in with
                self._again_s = time.monotonic() + self._replace_s
                self._on_error(error.args[0])
                return
            self.broken = ""
            self._logger.info("producer_replaced")

    def _on_error(self, error: KafkaError) -> None:
        """librdkafka repeats itself on every attempt to connect; a person wants each kind of trouble once."""
        name = error.name()
        if name not in self._logged:
            self._logged.add(name)
            self._logger.warning("kafka_trouble", error=name)
        if error.code() == KafkaError._ALL_BROKERS_DOWN:
            self.on_doubt()


def _nobody_looks() -> None:
    pass


def _producer_conf(settings: Settings) -> dict[str, Any]:
    return for_librdkafka(settings) | {
        "client.id": "junction-streams",
        "enable.idempotence": True,
        "acks": "all",
        "partitioner": "murmur2_random",
        "compression.type": settings.compression,
        "linger.ms": _LINGER_MS,
        "message.max.bytes": settings.record_bytes_max,
        # Doors refuse before it is full (`connectors.contract.queue`).
        "queue.buffering.max.kbytes": 2 * (settings.publish_queue_bytes_max + settings.record_bytes_max) // 1024,
        "delivery.timeout.ms": int(1000 * max(settings.publish_timeout_s - _GIVE_UP_EARLIER_S, _DELIVERY_S_MIN)),
        "topic.metadata.propagation.max.ms": _UNKNOWN_TOPIC_MS,
        "log_level": 0,  # what matters comes through error_cb, once
    }
