"""A part of the topics into an index that is asked once: for who traces a delivery where no index is kept."""

import time
from collections.abc import Callable
from contextlib import closing

from confluent_kafka import Message

from streams.events import topics
from streams.kafka.reader import Messages
from streams.lineage.index.intake.records import SMALL, RecordIntake
from streams.lineage.index.temporary import TemporaryIndex
from streams.lineage.known import Reach
from streams.ops.errors import UnknownSchema, Unreadable
from streams.ops.settings import Settings

SLACK_MS = 60_000  # a record lies in its topic a little later than it was made, and clocks differ
COMMIT_EVERY = 100
STATES = (topics.CONNECTIONS, topics.BACKFILLS)  # compacted: all of them are read
MARGIN_MS = 1_000


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
    for names, since in ((STATES, None), (small, since_ms), ((topics.LINEAGE,), since_ms)):
        _read(index, settings, names, records, since, until_ms, progress)
    index.reached = Reach(first_ms=since_ms, as_of_ms=_as_of(began_ms, until_ms, settings), behind_s=0.0)


def _as_of(began_ms: int, until_ms: int | None, settings: Settings) -> int:
    now = began_ms - MARGIN_MS - int(2000 * settings.commit_interval_s)
    return now if until_ms is None else min(until_ms, now)


def _read(
    index: TemporaryIndex,
    settings: Settings,
    names: tuple[str, ...] | list[str],
    records: RecordIntake,
    since_ms: int | None,
    until_ms: int | None,
    progress: Callable[[int], None],
) -> None:
    full = [f"{settings.topic_prefix}.{name}" for name in names]
    since = None if since_ms is None else since_ms - SLACK_MS
    with closing(Messages(settings, full, from_beginning=True, since_ms=since, is_lean=True)) as messages:
        for n, message in enumerate(messages.until_now()):
            if since_ms is not None and until_ms is not None and message.timestamp()[1] > until_ms + SLACK_MS:
                continue
            _take(records, messages, message)
            if n % COMMIT_EVERY == 0:
                index.writer.commit()
                if names == (topics.LINEAGE,):
                    progress(message.timestamp()[1])
    index.writer.commit()


def _take(records: RecordIntake, messages: Messages, message: Message) -> None:
    try:
        records.take(message)
    except (Unreadable, UnknownSchema) as why:
        messages.pass_over(message, str(why))
