"""Bring tables up to date from their changelogs, before their partitions are worked on.

The caller has read the stable committed offsets before (`recovery.py` says why): then no transaction of a previous
owner can commit any more, and what the changelogs hold now is all that they will.
"""

import threading
import time
from collections.abc import Iterable, Mapping, Sequence

from streams.engine.positions.slices import Source
from streams.engine.store.restore_job import RestoreJob
from streams.engine.store.restore_range import check_origins, find_range, forget_old
from streams.engine.store.restore_read import read
from streams.engine.store.table import StateTable
from streams.ops import log
from streams.ops.settings import Settings

logger = log.get("restore")


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
    check_origins(settings, jobs, ids)
    find_range(settings, jobs, stop, rebuild=rebuild)
    forget_old(settings, jobs, stop)
    started_s = time.monotonic()
    todo = {job.source: job for job in jobs if job.left}
    count = read(settings, todo, stop) if todo else 0
    if count:
        logger.info("restored", records=count, partitions=len(todo), seconds=round(time.monotonic() - started_s, 2))
    return count
