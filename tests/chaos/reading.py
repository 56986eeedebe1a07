"""Everything that Kafka and the workers' disks hold when all is over, read with clients of our own."""

import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import rocksdict
from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from streams.engine.store.database import Damaged, trouble
from streams.engine.store.table import CURRENT_KEY, ORIGIN_KEY
from streams.events import topics
from streams.kafka import codec
from streams.kafka.login.librdkafka import for_librdkafka
from streams.kafka.writer_schemas import WriterSchemas
from streams.ops.errors import Unavailable
from streams.ops.settings import Settings
from tests.folding import RawRecord

STABLE_S = 40.0  # an abandoned transaction is ended by the broker after its timeout (10 s), looked at every 10 s
ANSWER_S = 30.0
OFFSET_KEY = b"__faust\0offset__"


@dataclass
class Found:
    """Records in the order of (topic, partition, offset). Topics are short names; changelogs are by table.

    `progress`: the words of fetchers. `clean`, `lineage`: with their decoded value. `hanging`: partitions that an
    unfinished transaction holds back.
    """

    raw: list[RawRecord] = field(default_factory=list)
    progress: list[RawRecord] = field(default_factory=list)
    clean: list[tuple[Message, dict[str, Any] | None]] = field(default_factory=list)
    lineage: list[tuple[Message, dict[str, Any]]] = field(default_factory=list)
    dead: list[Message] = field(default_factory=list)
    changes: dict[str, list[Message]] = field(default_factory=dict)
    hanging: list[str] = field(default_factory=list)


def read(settings: Settings) -> Found:
    """All committed records of raw, progress, clean, dead-letter and changelog topics."""
    prefix, found = f"{settings.topic_prefix}.", Found()
    raw, clean = [prefix + name for name in topics.RAW], [prefix + name for name in topics.avro_topics()]
    dead, progress, logs = prefix + topics.DEAD_LETTERS, prefix + topics.FETCH_PROGRESS, _changelogs(settings)
    found.hanging = wait_stable(settings, [*raw, progress, *clean, dead, *logs])
    found.changes = {table: [] for table in logs.values()}
    schemas = WriterSchemas(settings)
    for message in committed(settings, [*raw, progress, *clean, dead, *logs]):
        topic = message.topic()
        if topic in logs:
            found.changes[logs[topic]].append(message)
        elif topic == dead:
            found.dead.append(message)
        elif topic == progress:
            found.progress.append(_raw(message))
        elif topic == f"{prefix}{topics.LINEAGE}":
            value = message.value() or b""
            writer = codec.bare(schemas.writer(codec.schema_id(value)))
            found.lineage.append((message, codec.decode(value, writer)))
        elif topic.startswith(f"{prefix}raw."):
            found.raw.append(_raw(message))
        else:
            value = message.value()
            found.clean.append((message, value and codec.decode(value, schemas.writer(codec.schema_id(value)))))
    return found


def _changelogs(settings: Settings) -> dict[str, str]:
    """Topic → table, of workers and fetchers."""
    fetchers = topics.fetch_group(settings.group_id)
    logs = {topics.changelog(settings.group_id, table): table for table in topics.TABLES}
    return logs | {topics.changelog(fetchers, table): table for table in topics.FETCH_TABLES}


def _raw(message: Message) -> RawRecord:
    place = (message.topic(), message.partition(), message.offset(), message.timestamp()[1])
    return RawRecord(*place, message.key(), message.value(), message.headers() or [])


def _consumer(settings: Settings, isolation: str) -> Consumer:
    return Consumer(
        for_librdkafka(settings)
        | {
            "group.id": "chaos-verifier",
            "isolation.level": isolation,
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "fetch.message.max.bytes": settings.record_bytes_max,
            "log_level": 2,
        }
    )


def _partitions(settings: Settings, names: Iterable[str]) -> list[TopicPartition]:
    return [TopicPartition(name, partition, 0) for name in names for partition in range(settings.partitions)]


def wait_stable(settings: Settings, names: list[str]) -> list[str]:
    """Until every last stable offset is the high watermark; those that never were, as `topic[partition]`."""
    with (
        closing(_consumer(settings, "read_committed")) as stable,
        closing(_consumer(settings, "read_uncommitted")) as any_,
    ):
        left, deadline_s = _partitions(settings, names), time.monotonic() + STABLE_S
        while left and time.monotonic() < deadline_s:
            left = [p for p in left if _end(stable, p) < _end(any_, p)]
            time.sleep(0.5 if left else 0)
    return [f"{p.topic}[{p.partition}]" for p in left]


def _end(consumer: Consumer, partition: TopicPartition) -> int:
    return int(consumer.get_watermark_offsets(partition, timeout=ANSWER_S)[1])


def committed(settings: Settings, names: list[str]) -> list[Message]:
    """Every committed record, sorted by place. Raises Unavailable."""
    messages: list[Message] = []
    with closing(_consumer(settings, "read_committed")) as consumer:
        left = {(p.topic, p.partition) for p in _partitions(settings, names)}
        consumer.assign(_partitions(settings, names))
        said_s = time.monotonic()
        while left:
            for message in consumer.consume(5_000, 0.5):
                said_s = time.monotonic()
                if message.error() is None:
                    messages.append(message)
                elif message.error().code() == KafkaError._PARTITION_EOF:
                    left.discard((message.topic(), message.partition()))
            if time.monotonic() - said_s > ANSWER_S:
                raise Unavailable(f"Kafka says nothing about {len(left)} partitions")
    return sorted(messages, key=lambda m: (m.topic(), m.partition(), m.offset()))


def databases(state: Path) -> Iterator[tuple[str, int, Path]]:
    """(table, partition, path) of every database in the state directories of all workers and fetchers. None of them
    may run."""
    for path in sorted([*state.glob("*/v*/tables/*.db"), *state.glob("*/fetcher/v*/tables/*.db")]):
        table, _, partition = path.stem.rpartition("-")
        yield table, int(partition), path


def contents(path: Path) -> tuple[int | None, dict[bytes, bytes]]:
    """(offset of the last changelog record that it claims to hold, rows) of one database.

    One whose files are damaged claims nothing: its worker was killed last, and forgets it at its next start.
    """
    try:
        database = rocksdict.Rdict(
            str(path), options=rocksdict.Options(raw_mode=True), access_type=rocksdict.AccessType.read_only()
        )
    except Exception as error:  # rocksdict has no narrower one
        if not isinstance(trouble(path, error), Damaged):
            raise
        return None, {}
    try:
        rows = dict(database.items())
    finally:
        database.close()
    for own in (ORIGIN_KEY, CURRENT_KEY):
        rows.pop(own, None)
    offset = rows.pop(OFFSET_KEY, None)
    return (None if offset is None else int(offset)), rows
