"""`junction-streams sink postgres`: clean topics into PostgreSQL, until a signal stops it."""

import signal
import threading
import time
from collections.abc import Sequence

from connectors.contract.drain import Drain, sink_consumer
from connectors.postgres import schema
from connectors.postgres.connection import Connection
from connectors.postgres.partitions import Partitions
from connectors.postgres.schema import Database
from connectors.postgres.shapes import Shapes
from connectors.postgres.sink import PostgresSink
from connectors.postgres.tables import samples
from connectors.postgres.tables.layout import PLANS
from connectors.postgres.tables.table import SqlTable
from streams.events import DAY_US
from streams.kafka import admin, registry
from streams.kafka.bare_decoder import BareDecoder
from streams.ops import log
from streams.ops.errors import Misconfigured
from streams.ops.metrics_server import expose
from streams.ops.process import Process
from streams.ops.settings import Settings
from streams.ops.waiting import until_available

logger = log.get("sink")

DAYS_BACK, DAYS_AHEAD = 730, 366  # Junction's history is of two years at most


def run(settings: Settings, *, has_timescale: bool = False) -> None:
    """Block until SIGTERM or Ctrl-C. Raises Misconfigured; Unavailable when Kafka is lost.

    `has_timescale`: as in `Database`, here and below.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    drain_into(settings, stop, has_timescale=has_timescale)


def drain_into(settings: Settings, stop: threading.Event, *, has_timescale: bool = False) -> None:
    """Make the tables, then write until `stop`."""
    names = topics_of(settings)
    until_available("Kafka", lambda: admin.check_layout(settings))
    connection = Connection(settings)
    database = Database(connection, settings.postgres_schema, has_timescale=has_timescale)
    tables = _wanted(settings)
    made = until_available("PostgreSQL", lambda: database.apply(tables))
    decoder = BareDecoder(settings)
    sink = PostgresSink(settings, connection, Shapes(database, made, decoder.schema), decoder)
    expose(settings, Process.SINK)
    logger.info("starting", sink=sink.name, topics=len(names))
    try:
        full = [f"{settings.topic_prefix}.{name}" for name in names]
        Drain(sink_consumer(settings, sink.name), full, sink, logger).run(stop)
    finally:
        connection.close()


def plan(settings: Settings, *, has_timescale: bool = False) -> list[str]:
    """The statements that `run` would begin with. Raises Unavailable, Misconfigured."""
    connection = Connection(settings)
    try:
        return Database(connection, settings.postgres_schema, has_timescale=has_timescale).plan(_wanted(settings))
    finally:
        connection.close()


def apply(settings: Settings, *, has_timescale: bool = False) -> None:
    """Run them, and make the months that samples of today's devices fall into. Raises Unavailable, Misconfigured."""
    connection = Connection(settings)
    now_us = time.time_ns() // 1000
    times_us = [now_us + day * DAY_US for day in range(-DAYS_BACK, DAYS_AHEAD)]
    try:
        Database(connection, settings.postgres_schema, has_timescale=has_timescale).apply(_wanted(settings))
        with connection.transaction("make the months of samples") as cursor:
            Partitions(settings.postgres_schema, samples.SAMPLES.name).need(cursor, times_us)
    finally:
        connection.close()


def _wanted(settings: Settings) -> dict[str, SqlTable]:
    newest = until_available("schema registry", lambda: registry.newest(settings))
    return schema.tables(list(PLANS.values()), newest)


def topics_of(settings: Settings) -> Sequence[str]:
    """Short names of the topics to write. Raises Misconfigured for one that is no clean topic."""
    unknown = sorted(set(settings.postgres_topics) - set(PLANS))
    if unknown:
        raise Misconfigured(
            f"STREAMS_POSTGRES_TOPICS: {', '.join(unknown)} is no clean topic: write it without prefix, as in "
            "docs/catalogue.md"
        )
    return settings.postgres_topics or tuple(PLANS)
