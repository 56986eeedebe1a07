"""`junction-streams source NAME`: what a pipeline holds onto Kafka, until a signal stops it."""

import asyncio
import signal

import uvloop

from connectors.contract.intake import Intake
from connectors.contract.receiving import ReceivingLoop
from connectors.contract.source import Source
from connectors.doors.opening import MessageBounds
from streams.events.parts import USES, Part
from streams.events.record_bounds import ROOM_BYTES
from streams.kafka import admin
from streams.kafka.publisher import KafkaPublisher
from streams.ops import log, tracing
from streams.ops.metrics_server import expose
from streams.ops.process import Process
from streams.ops.settings import Settings
from streams.ops.waiting import until_available

FLUSH_S = 15.0

logger = log.get("source")


def bounds_of(settings: Settings) -> MessageBounds:
    """What a body and a dead letter may have."""
    return MessageBounds(settings.body_bytes_max, settings.record_bytes_max - ROOM_BYTES)


def run(settings: Settings, source: Source, *, once: bool = False) -> None:
    """Block until SIGTERM or Ctrl-C; with `once` until the source is empty.

    Raises Misconfigured for wrong settings or topics. What is away is waited for.
    """
    until_available("Kafka", lambda: _check(settings))
    expose(settings, Process.SOURCE)
    tracing.configure("source")
    logger.info("starting", door=source.name)
    uvloop.run(_run(settings, source, once=once))


def _check(settings: Settings) -> None:
    admin.check_layout(settings)
    admin.check_writable(settings, USES[Part.SOURCE].sends)


async def _run(settings: Settings, source: Source, *, once: bool) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    publisher = KafkaPublisher(settings)
    try:
        await ReceivingLoop(source, Intake(settings, publisher, logger), logger).run(stop, once=once)
    finally:
        await source.close()
        await publisher.close(FLUSH_S)
