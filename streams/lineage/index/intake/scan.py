"""A part of the topics into an index that is asked once: for who traces a delivery where no index is kept."""

import time
from collections.abc import Callable, Collection, Mapping
from contextlib import closing

from confluent_kafka import Message

from streams.events import topics
from streams.events.times import DAY_MS
from streams.kafka.reader import Messages
from streams.lineage.index.intake.records import SMALL, RecordIntake
from streams.lineage.index.temporary import TemporaryIndex
from streams.lineage.known import Reach, margin_ms
from streams.ops.errors import UnknownSchema, Unreadable
from streams.ops.settings import Settings

SLACK_MS = 60_000  # a record lies in its topic a little later than it was made, and clocks differ
COMMIT_EVERY = 100
STATES = (topics.CONNECTIONS, topics.BACKFILLS)  # compacted: all of them are read

Place = tuple[str, int]  # topic (full name), partition


def scan_into(
    index: TemporaryIndex,
    settings: Settings,
    since_ms: int,
    until_ms: int | None = None,
    progress: Callable[[int], None] = lambda ms: None,
) -> None:
    """Read lineage, and what stands beside it, from a time on into an index. Unix ms; `until_ms`: None for all.

    `progress` is told up to when it has been read, Unix ms, again and again. Blocking, until all is read that was there
    at the call. Raises Unavailable, Misconfigured.
    """
    began_ms = time.time_ns() // 1_000_000
    records = RecordIntake(settings, index.writer)
    small = [name for name in SMALL if name not in STATES]
    first_ms = since_ms
    for names, since in ((STATES, None), (small, since_ms), ((topics.LINEAGE,), since_ms)):
        first_ms = _read(index, settings, names, records, since, until_ms, progress)
    index.reached = reached(first_ms, began_ms, until_ms, margin_ms(settings.commit_interval_s))


def reached(first_ms: int, began_ms: int, until_ms: int | None, margin_ms: int) -> Reach:
    """How far an index reaches that was read at a time, Unix ms. `margin_ms`: so long rows may be on their way."""
    until = began_ms if until_ms is None else min(until_ms, began_ms)
    return Reach(first_ms=first_ms, as_of_ms=min(until, began_ms - margin_ms), behind_s=0.0, still_ms=until)


def first_of(since_ms: int, firsts: Mapping[Place, int], cut: Collection[Place], aged_ms: int, *, is_all: bool) -> int:
    """Since when all rows were there to be read, Unix ms; 0 where there never was one. `firsts`: when the first row of
    each partition was processed; `cut`: partitions of which Kafka had nothing more before it. `is_all`: whether none
    was ever written before these, so that the oldest one is the first that a worker wrote.

    What was cut off went by its age: before `aged_ms`, and before the oldest row of any partition. That one was quiet
    for days says nothing of these.
    """
    if is_all and not firsts:
        return 0
    oldest_ms = min(firsts.values(), default=since_ms) if is_all or cut else since_ms
    return max(since_ms, oldest_ms, aged_ms if cut else since_ms)


def _read(
    index: TemporaryIndex,
    settings: Settings,
    names: tuple[str, ...] | list[str],
    records: RecordIntake,
    since_ms: int | None,
    until_ms: int | None,
    progress: Callable[[int], None],
) -> int:
    """Since when all was there and could be read, Unix ms; 0 for whole topics."""
    firsts: dict[Place, int] = {}
    whole_ms = since_ms or 0
    full = [f"{settings.topic_prefix}.{name}" for name in names]
    since = None if since_ms is None else since_ms - SLACK_MS
    with closing(Messages(settings, full, from_beginning=True, since_ms=since, is_lean=True)) as messages:
        for n, message in enumerate(messages.until_now()):
            if since_ms is not None and until_ms is not None and message.timestamp()[1] > until_ms + SLACK_MS:
                continue
            at_ms, behind_ms = _take(records, messages, message)
            firsts.setdefault((message.topic(), message.partition()), at_ms)
            whole_ms = max(whole_ms, behind_ms)
            if n % COMMIT_EVERY == 0:
                index.writer.commit()
                if names == (topics.LINEAGE,):
                    progress(message.timestamp()[1])
        index.writer.commit()
        aged_ms = time.time_ns() // 1_000_000 - settings.lineage_days * DAY_MS
        return 0 if since_ms is None else first_of(whole_ms, firsts, messages.cut(), aged_ms, is_all=messages.is_all())


def _take(records: RecordIntake, messages: Messages, message: Message) -> tuple[int, int]:
    """When it was processed, or else stored; and since when all is whole behind it, 0 where it was read. Unix ms."""
    stored_ms = int(message.timestamp()[1])
    try:
        return records.take(message) or stored_ms, 0
    except (Unreadable, UnknownSchema) as why:
        messages.pass_over(message, str(why))
        return stored_ms, min(stored_ms, time.time_ns() // 1_000_000) + 1
