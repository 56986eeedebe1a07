"""`junction-streams notify`: delivers alerts from their topic to the receivers, until a signal stops it."""

import asyncio
import signal
import time
from typing import Any

import httpx
import stamina
from confluent_kafka import Message

from connectors.contract import proxies
from connectors.receivers.consumer import Handle, ReceiverConsumer
from connectors.receivers.delivery_record import AlertPosition, DeliveryStatus
from connectors.receivers.receiver import Receiver, receivers_from
from connectors.receivers.sender import AlertSender, ConfirmOwnership, check_alert
from streams.events import key_of, partition_for, topics, trace_of
from streams.kafka import admin, registry
from streams.kafka.codec import Codec
from streams.kafka.decoder import Decoder
from streams.kafka.publisher import KafkaPublisher
from streams.ops import log, metrics, tracing
from streams.ops.errors import Unavailable, Unreadable
from streams.ops.metrics_server import expose
from streams.ops.process import Process
from streams.ops.settings import Settings
from streams.ops.waiting import until_available

FLUSH_S = 10.0

logger = log.get("notify")


def run(settings: Settings, *, once: bool = False) -> None:
    """Block until SIGTERM or Ctrl-C; with `once` until all alerts that are there are delivered or given up.

    Raises Misconfigured for wrong settings, topics or schemas, Unavailable when Kafka is lost.
    """
    wanted = receivers_from(settings)
    until_available("Kafka", lambda: admin.check_layout(settings))
    ids = until_available("schema registry", lambda: registry.resolve(settings))
    expose(settings, Process.NOTIFY)
    tracing.configure("notify")
    for receiver in wanted:
        for status in DeliveryStatus:
            metrics.ALERT_DELIVERIES.labels(receiver.name, status)
        metrics.ALERT_DELIVERY_SECONDS.labels(receiver.name)
    logger.info("starting", receivers=[receiver.name for receiver in wanted])
    asyncio.run(_Notifier(settings, Codec(ids)).run(wanted, once=once))


class _Notifier:
    def __init__(self, settings: Settings, codec: Codec) -> None:
        self._settings, self._codec = settings, codec
        self._decoder = Decoder(settings)
        self._topic = f"{settings.topic_prefix}.{topics.ALERTS}"
        self._deliveries = f"{settings.topic_prefix}.{topics.ALERT_DELIVERIES}"

    async def run(self, wanted: list[Receiver], *, once: bool) -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        self._publisher = KafkaPublisher(self._settings)
        try:
            http = httpx.AsyncClient(follow_redirects=False, mounts=proxies.mounts())
            async with http as client, asyncio.TaskGroup() as group:
                sender = AlertSender(client, self._record, self._settings.notify_attempts)
                for receiver in wanted:
                    handle = self._handler(sender, receiver)
                    consumer = ReceiverConsumer(self._settings, receiver.name, self._topic, handle)
                    group.create_task(consumer.run(stop, once=once))
        except* Exception as failures:  # the others were cancelled by the first one
            raise failures.exceptions[0] from None
        finally:
            await self._publisher.close(FLUSH_S)

    def _handler(self, sender: AlertSender, receiver: Receiver) -> Handle:
        async def handle(message: Message, confirm: ConfirmOwnership) -> None:
            value = message.value()
            if value is None:
                return
            position = AlertPosition(message.topic(), message.partition(), message.offset())
            try:
                alert = check_alert(self._decoder.record(message.topic(), value))
            except Unreadable as why:  # to stop here would hold up every later alert of every receiver
                await sender.give_up(receiver, position, str(why))
                return
            if not receiver.wants(alert):
                return
            trace = trace_of(message.headers() or [])
            if await sender.deliver(receiver, alert, position, confirm, trace) is DeliveryStatus.DELIVERED:
                waited_s = time.time() - alert["at"].timestamp()
                metrics.ALERT_DELIVERY_SECONDS.labels(receiver.name).observe(max(waited_s, 0.0))

        return handle

    async def _record(self, record: dict[str, Any]) -> None:
        """Return when the record is in Kafka: an attempt that is not recorded has not happened."""
        metrics.ALERT_DELIVERIES.labels(record["receiver"], record["status"]).inc()
        partition = partition_for(record["user_id"], self._settings.partitions)
        key = key_of(record["user_id"], record["alert_id"])
        value = self._codec.encode(topics.ALERT_DELIVERIES, record)
        async for attempt in stamina.retry_context(on=Unavailable, attempts=None, timeout=None):
            with attempt:
                if self._publisher.forbidden:  # of the try before: asking again is of no use
                    raise self._publisher.forbidden
                await self._publisher.publish(self._deliveries, key, value, [], partition)
