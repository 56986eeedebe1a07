"""A batch as one transaction: positions first, then rows, then what was rejected."""

import gc
import time
from collections.abc import Sequence
from typing import Any

import psycopg
from confluent_kafka import Message

from connectors.contract.sink import Place, SinkBatch
from connectors.postgres import carefully, intake
from connectors.postgres.connection import Connection
from connectors.postgres.forgotten import Forgotten
from connectors.postgres.intake import Reject, TopicBatch
from connectors.postgres.positions import Positions
from connectors.postgres.shapes import Shapes
from connectors.postgres.tables import sql
from connectors.postgres.tables.binary import Unfit
from connectors.postgres.tables.layout import PLANS, Form
from connectors.postgres.writer import Writer
from streams.kafka.bare_decoder import BareDecoder
from streams.ops import log, metrics
from streams.ops.errors import Misconfigured, Unavailable, UnknownSchema
from streams.ops.settings import Settings

logger = log.get("sink")

UNKNOWN_S = 60.0  # registries that are replicated are behind for seconds

Cursor = psycopg.Cursor[tuple[Any, ...]]
_SAMPLE_BYTES = 14  # of a sample on Kafka: a time and a number


class PostgresSink:
    """For `Drain`."""

    def __init__(self, settings: Settings, connection: Connection, shapes: Shapes, decoder: BareDecoder) -> None:
        self.name = settings.postgres_sink
        self._prefix = f"{settings.topic_prefix}."
        self._connection, self._shapes, self._decoder = connection, shapes, decoder
        self._writer = Writer(shapes)
        self._positions = Positions(settings.postgres_schema, self.name)
        self._forgotten = Forgotten(settings.postgres_schema)
        self._unknown_since: float | None = None
        self._add_reject = (
            f"INSERT INTO {sql.name(settings.postgres_schema, 'sink_rejects')} VALUES (%s, %s, %s, %s, now()) "
            "ON CONFLICT DO NOTHING"
        )

    def rows(self, message: Message) -> int:
        """About how many rows a record becomes."""
        plan = PLANS[message.topic().removeprefix(self._prefix)]
        return 1 if plan.form is Form.RECORD else len(message.value() or b"") // _SAMPLE_BYTES + 1

    def positions(self, places: Sequence[Place]) -> dict[Place, int]:
        """The next offset of each. Raises Unavailable, Misconfigured."""
        self._writer.forget()
        with self._connection.transaction("read positions") as cursor:
            return self._positions.read(cursor, places)

    def moved(self) -> Sequence[Place]:
        """Places that a person has moved: `sink rebuild`, `erase`. Raises Unavailable, Misconfigured."""
        with self._connection.transaction("read positions") as cursor:
            return self._positions.moved(cursor)

    def write(self, batches: Sequence[SinkBatch]) -> None:
        """Raises Fenced, Unavailable, Misconfigured."""
        # A batch is hundreds of thousands of dicts, none of which is in a circle: to look for circles among them took a
        # third of our time.
        gc.disable()
        try:
            self._write(batches)
        finally:
            gc.enable()

    def _write(self, batches: Sequence[SinkBatch]) -> None:
        began = time.perf_counter()
        topics, rejects = self._sort(batches)
        metrics.SINK_SECONDS.labels("decode").inc(time.perf_counter() - began)
        self._shapes.grow(topics)
        try:
            self._transaction(batches, topics, list(rejects), is_careful=False)
        except Unfit:
            self._transaction(batches, topics, list(rejects), is_careful=True)

    def _transaction(
        self, batches: Sequence[SinkBatch], topics: list[TopicBatch], rejects: list[Reject], *, is_careful: bool
    ) -> None:
        self._writer.back_to()
        written: dict[str, int] = {}
        rows = intake.rows(topics, self._prefix)
        began = time.perf_counter()
        with self._connection.transaction("write a batch") as cursor:
            # First of all: the locks of these rows keep out whoever else writes these partitions, or deletes.
            self._positions.move(cursor, batches, [rows[one.place] for one in batches])
            for batch in self._forgotten.without(cursor, topics):
                self._writer.delete(cursor, batch.topic, batch.tombstones)
                if is_careful:
                    n, found = carefully.write(cursor, self._writer, batch, self._prefix)
                    rejects += found
                else:
                    n = self._writer.write(cursor, batch.topic, batch.stored)
                written[batch.topic] = n
            self._reject(cursor, rejects)
            ended = time.perf_counter()
        metrics.SINK_SECONDS.labels("write").inc(ended - began)
        metrics.SINK_SECONDS.labels("commit").inc(time.perf_counter() - ended)
        self._committed(written, rejects)

    def _committed(self, written: dict[str, int], rejects: Sequence[Reject]) -> None:
        self._writer.committed()
        for topic, n in written.items():
            metrics.SINK_ROWS.labels(self._prefix + topic).inc(n)
        for one in rejects:
            metrics.SINK_REJECTS.labels(one.topic).inc()
            logger.warning("rejected", topic=one.topic, partition=one.partition, offset=one.offset, why=one.reason)

    def _reject(self, cursor: Cursor, rejects: Sequence[Reject]) -> None:
        if rejects:
            cursor.executemany(self._add_reject, rejects)

    def _sort(self, batches: Sequence[SinkBatch]) -> tuple[list[TopicBatch], list[Reject]]:
        """The batch as records. A schema id that the registry does not know may be there soon: it is waited for."""
        try:
            found = intake.sort(batches, self._prefix, self._decoder.read)
        except UnknownSchema as error:
            self._unknown_since = self._unknown_since or time.monotonic()
            if time.monotonic() - self._unknown_since < UNKNOWN_S:
                raise Unavailable("a record names a schema that the registry does not know yet") from error
            raise Misconfigured(
                "a record names a schema that the registry does not know: is STREAMS_REGISTRY_URL that of the workers? "
                "Was a schema deleted for good?"
            ) from error
        self._unknown_since = None
        return found
