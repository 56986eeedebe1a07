"""Read changelog partitions to their ends, in bulk and patiently, and write them to their tables.

Read with `read_committed`: the end of a partition is met at the last stable offset, which an open or just committing
transaction of the previous owner holds back. So a partition is over only at the high watermark of the start.
"""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from contextlib import closing

from confluent_kafka import Consumer, KafkaError, TopicPartition

from streams.engine.positions.slices import Source
from streams.engine.store.restore_job import RestoreJob, Stopped
from streams.kafka.clients import asking
from streams.kafka.refused import refused
from streams.ops import log, metrics
from streams.ops.settings import Settings

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


def read(settings: Settings, todo: dict[Source, RestoreJob], stop: threading.Event) -> int:
    """Write the records of these ranges to their tables; returns their number.

    Raises Unavailable, Misconfigured, Stopped.
    """
    with closing(asking(settings, "restore", "read_committed", **BULK)) as consumer:
        consumer.assign([TopicPartition(*source, job.begin) for source, job in todo.items()])
        return _read_to_ends(consumer, todo, stop)


def _read_to_ends(consumer: Consumer, todo: dict[Source, RestoreJob], stop: threading.Event) -> int:
    unfinished = dict(todo)
    count, report = 0, _ProgressReport(todo)
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
                raise refused(f"reading changelog {source[0]}", error, is_question=True)
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
    """Partitions of which a batch had an end: they are over, or a transaction is still open. `reached` gets
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


class _ProgressReport:
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
