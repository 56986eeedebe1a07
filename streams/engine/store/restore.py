"""Bring tables up to date from their changelogs, in bulk, before their partitions are worked on.

Read with `read_committed`, and patiently: the end of a partition comes at the last stable offset, which an open or
just committing transaction of the previous owner holds back. So we wait until it has reached the high watermark of the
start. That watermark is asked for with `read_uncommitted`, because under `read_committed` the same call answers the
last stable offset.

The caller has read the stable committed offsets before (`recovery.py` says why): then no transaction of a previous
owner can commit any more, and what the changelogs hold now is all that they will.
"""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient

from streams.engine.positions.slices import Source
from streams.engine.store.table import StateTable
from streams.engine.store.tombstones import is_too_old, kept_ms
from streams.kafka.clients import SILENT, asking
from streams.ops import log, metrics
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.settings import Settings

CALL_TIMEOUT_S = 20.0
REBUILD = "`--rebuild-state`"
BATCH_RECORDS = 10_000
BATCH_WAIT_S = 0.05  # a batch that does not fill takes as long: most starts have a commit marker to read, no more
REPORT_EVERY_S = 5.0
BULK = {
    "enable.partition.eof": True,
    "fetch.wait.max.ms": 10,
    "fetch.message.max.bytes": 4 * 1024 * 1024,
    "queued.min.messages": 100_000,
    "fetch.queue.backoff.ms": 10,  # a full queue made librdkafka look away for a second: half of the restore
    "queued.max.messages.kbytes": 32 * 1024,
}

logger = log.get("restore")


@dataclass(slots=True)
class RestoreJob:
    """One changelog partition to read from `begin` up to `end`, its high watermark. `low`: its first offset."""

    table: StateTable
    source: Source
    begin: int = 0
    end: int = 0
    low: int = 0

    @property
    def left(self) -> int:
        """Offsets still to be read; markers and compacted records count, so it is an upper bound of records."""
        return max(0, self.end - self.begin)

    @property
    def may_lack(self) -> bool:
        """Whether there may be a record to read: one offset alone is the marker of the commit that was read last."""
        return self.left > 1


class Stopped(Exception):
    """Told to stop. What was read is kept; the next restore goes on from there."""


def restore(
    settings: Settings,
    tables: Sequence[StateTable],
    sources: Iterable[Source],
    ids: Mapping[str, str],
    stop: threading.Event,
    *,
    rebuild: bool = False,
) -> int:
    """Read the changelog partitions `sources` of `tables` to their ends; answers the number of records read.

    `ids`: Kafka's id of each changelog. `rebuild`: take what Kafka has, even where a changelog's beginning was deleted.
    Blocking. Raises Misconfigured when a database belongs to another Kafka or lacks records that Kafka deleted,
    Unavailable when Kafka does not answer, Stopped when `stop` is set.
    """
    by_topic = {table.changelog_topic_name: table for table in tables}
    jobs = [RestoreJob(by_topic[source[0]], source) for source in sorted(sources)]
    if not jobs:
        return 0
    _check_origins(settings, jobs, ids)
    _find_range(settings, jobs, stop, rebuild=rebuild)
    _forget_old(settings, jobs, stop)
    started_s = time.monotonic()
    todo = {job.source: job for job in jobs if job.left}
    count = _read(settings, todo, stop) if todo else 0
    if count:
        logger.info("restored", records=count, partitions=len(todo), seconds=round(time.monotonic() - started_s, 2))
    return count


def _check_origins(settings: Settings, jobs: Sequence[RestoreJob], ids: Mapping[str, str]) -> None:
    for job in jobs:
        topic, partition = job.source
        known = job.table.origin(partition)
        if not known:
            job.table.claim(partition, ids[topic])
        elif known != ids[topic]:
            raise Misconfigured(
                f"the state in {settings.state_dir} belongs to another Kafka or to a deleted topic: its table "
                f"{job.table.name} was made from another {topic}. Point STREAMS_STATE_DIR elsewhere, or start once "
                f"with {REBUILD}: the tables are then made from the changelogs that this Kafka has."
            )


def topic_ids(settings: Settings, topics: Iterable[str]) -> dict[str, str]:
    """Kafka's id of each topic: a topic that is deleted and created again has another one. Blocking.

    Raises Misconfigured when one is missing, Unavailable.
    """
    if settings.is_mock:  # it cannot describe topics, and lives no longer than its address
        return dict.fromkeys(topics, settings.bootstrap_servers)
    admin = AdminClient(settings.librdkafka | SILENT)  # kept until its futures are done, else they fail with _DESTROY
    described = admin.describe_topics(TopicCollection(list(topics)), request_timeout=CALL_TIMEOUT_S)
    try:
        return {topic: str(future.result().topic_id) for topic, future in described.items()}
    except KafkaException as error:
        if error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            raise Misconfigured("a topic is missing: run `junction-streams topics apply`.") from None
        raise Unavailable(f"Kafka does not describe the topics: {error.args[0].name()}") from None


def _find_range(settings: Settings, jobs: Sequence[RestoreJob], stop: threading.Event, *, rebuild: bool) -> None:
    with closing(asking(settings, "watermarks", "read_uncommitted")) as consumer:
        for job in jobs:
            if stop.is_set():  # a rebalance waits for us, and Kafka may take its time for each answer
                raise Stopped
            partition = job.source[1]
            persisted = job.table.persisted(partition)
            job.low, job.end = _watermarks(consumer, job.source)
            job.begin = 0 if persisted is None else persisted + 1
            if job.begin > job.end:
                raise Misconfigured(
                    f"the state in {settings.state_dir} is ahead of Kafka: table {job.table.name} holds offset "
                    f"{persisted} of {job.source[0]}[{partition}], which ends at {job.end}. Kafka lost records. "
                    f"To go on with what Kafka has, start once with {REBUILD}."
                )
            if job.begin < job.low:
                _without_beginning(job, rebuild=rebuild)


def _forget_old(settings: Settings, jobs: Sequence[RestoreJob], stop: threading.Event) -> None:
    """Databases that were away for too long are read from the beginning."""
    for job in jobs:
        if not job.left:
            job.table.mark_current(job.source[1])
    waiting = [job for job in jobs if job.begin and job.may_lack]
    if stop.is_set():
        raise Stopped
    if settings.is_mock or not waiting:  # it compacts nothing
        return
    kept = kept_ms(settings, {job.source[0] for job in waiting})
    now_ms = time.time_ns() // 1_000_000
    for job in waiting:
        topic, partition = job.source
        if not is_too_old(job.table.current_ms(partition), now_ms, kept[topic]):
            continue
        if job.low:
            raise Misconfigured(
                f"table {job.table.name}[{partition}] in {settings.state_dir} was away for longer than {topic} keeps "
                f"deletions, and the beginning of {topic} was deleted: neither says which rows there still are. If "
                f"rows that come back, or are missing, are acceptable, start once with {REBUILD}."
            )
        logger.warning("state_too_old", table=job.table.name, partition=partition, records=job.end)
        origin = job.table.origin(partition)
        job.table.discard(partition)
        job.table.claim(partition, origin)
        job.begin = 0


def _without_beginning(job: RestoreJob, *, rebuild: bool) -> None:
    """The changelog begins behind what we need. Compaction alone never moves that; somebody deleted records."""
    low = job.low
    topic, partition = job.source
    if not rebuild:
        raise Misconfigured(
            f"{topic}[{partition}] begins at offset {low}, but table {job.table.name} needs it from {job.begin} on: "
            "records were deleted, and keys would be forgotten, so that what was emitted may be emitted again. Its "
            "cleanup.policy has to be compact, without delete. If that is acceptable, or no worker's directory "
            f"has them any more, start once with {REBUILD}."
        )
    logger.warning("changelog_without_beginning", topic=topic, partition=partition, records=low - job.begin)
    job.begin = low


def _watermarks(consumer: Consumer, source: Source) -> tuple[int, int]:
    try:
        low, high = consumer.get_watermark_offsets(TopicPartition(*source), timeout=CALL_TIMEOUT_S)
    except KafkaException as error:
        raise Unavailable(f"Kafka does not answer about {source[0]}: {error.args[0].name()}") from None
    return low, high


def _read(settings: Settings, todo: dict[Source, RestoreJob], stop: threading.Event) -> int:
    with closing(asking(settings, "restore", "read_committed", **BULK)) as consumer:
        consumer.assign([TopicPartition(*source, job.begin) for source, job in todo.items()])
        return _drain(consumer, todo, stop)


def _drain(consumer: Consumer, todo: dict[Source, RestoreJob], stop: threading.Event) -> int:
    unfinished = dict(todo)
    count, report = 0, _Report(todo)
    while unfinished:
        if stop.is_set():
            raise Stopped
        changed: defaultdict[Source, dict[bytes, bytes | None]] = defaultdict(dict)
        reached: dict[Source, int] = {}
        ended: dict[Source, int] = {}
        for message in consumer.consume(BATCH_RECORDS, BATCH_WAIT_S):
            source = (message.topic(), message.partition())
            error = message.error()
            if error is None:
                changed[source][message.key()] = message.value()
                reached[source] = message.offset()
                count += 1
            elif error.code() == KafkaError._PARTITION_EOF:
                ended[source] = message.offset()
            elif not error.retriable():
                raise Unavailable(f"changelog {source[0]} cannot be read: {error.name()}")
        _at_ends(consumer, unfinished, ended, reached)
        for source, offset in reached.items():
            if stop.is_set():  # looked at between writes: one may take long, and a rebalance waits for its end
                raise Stopped
            todo[source].table.write(source[1], changed[source], offset, is_current=source not in unfinished)
        report.after(reached)
    report.done()
    return count


def _at_ends(
    consumer: Consumer, unfinished: dict[Source, RestoreJob], ended: Mapping[Source, int], reached: dict[Source, int]
) -> None:
    """Partitions of which a batch had an end: they are over, or somebody's transaction is still open. `reached` gets
    the offset before an end."""
    is_held = False
    for source, end in ended.items():
        job = unfinished.get(source)
        if job is None:
            continue
        if end >= job.end:
            reached[source] = max(end - 1, reached.get(source, -1))
            del unfinished[source]
            consumer.incremental_unassign([TopicPartition(*source)])
        elif reached.get(source, -1) < end:  # else records came behind it, and there will be another end
            consumer.seek(TopicPartition(*source, end))
            is_held = True
    if is_held:
        time.sleep(0.02)


class _Report:
    """Progress, in metrics after every batch and in the log now and then."""

    def __init__(self, todo: dict[Source, RestoreJob]) -> None:
        self._jobs = todo
        self._at = {source: job.begin for source, job in todo.items()}
        self._next_s = time.monotonic() + REPORT_EVERY_S

    def after(self, reached: dict[Source, int]) -> None:
        for source, offset in reached.items():
            name = self._jobs[source].table.name
            metrics.RESTORED.labels(name).inc(max(0, offset + 1 - self._at[source]))
            self._at[source] = offset + 1
        left = self._left()
        for name, count in left.items():
            metrics.RESTORE_LEFT.labels(name).set(count)
        if time.monotonic() >= self._next_s:
            self._next_s += REPORT_EVERY_S
            logger.info("restoring", left=dict(left))

    def done(self) -> None:
        for job in self._jobs.values():
            metrics.RESTORE_LEFT.labels(job.table.name).set(0)

    def _left(self) -> Counter[str]:
        left: Counter[str] = Counter()
        for source, job in self._jobs.items():
            left[job.table.name] += max(0, job.end - self._at[source])
        return left
