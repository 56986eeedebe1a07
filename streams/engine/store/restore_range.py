"""From which offset to which one each changelog partition is read, and what forbids that."""

import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import closing

from confluent_kafka import Consumer, KafkaException, TopicPartition

from streams.engine.positions.slices import Source
from streams.engine.store.restore_job import REBUILD, RestoreJob, Stopped
from streams.engine.store.tombstones import is_too_old, kept_ms
from streams.kafka.clients import asking
from streams.kafka.refused import refused
from streams.ops import log
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings

CALL_TIMEOUT_S = 20.0

logger = log.get("restore")


def check_origins(settings: Settings, jobs: Sequence[RestoreJob], ids: Mapping[str, str]) -> None:
    """Raises Misconfigured where a database was made from another topic. A new one remembers its topic."""
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


def find_range(settings: Settings, jobs: Sequence[RestoreJob], stop: threading.Event, *, rebuild: bool) -> None:
    """Set `begin`, `end` and `low` of each job. Raises Misconfigured, Unavailable, Stopped."""
    # Under `read_committed` the same call answers the last stable offset, which an open transaction holds back.
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


def forget_old(settings: Settings, jobs: Sequence[RestoreJob], stop: threading.Event) -> None:
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
    """The changelog begins behind `begin`. Compaction never moves its beginning: records were deleted."""
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
        raise refused(f"Kafka does not answer about {source[0]}", error.args[0], is_question=True) from None
    return low, high
