"""The queue of jobs as rows of one table, so that it lives in the same transactions as everything else.

    j|<user>|<provider>|<resource>[|<workout>]     the job
    q<priority><due>j|...                          where an open job stands in its lane

Within a lane the earliest due goes first; a page puts its job behind all that are due by then, so users take turns.
Lanes do not starve each other: a lower one is only treated as due some time later.
"""

from collections.abc import Iterator
from heapq import merge

from streams.events import MINUTE_MS
from streams.tables.draft import Draft
from streams.tables.history import job as jobs
from streams.tables.history.job import Job
from streams.tables.history.request import Priority
from streams.tables.keys import state_key

TABLE = "fetches"
_JOB = b"j|"
_ROW = 10  # where the job's row begins in the key of its place
STALE_MAX = 500  # places that one walk deletes: a transaction has an end, and the next walk goes on
_PENALTY_MS = {Priority.FRESH: 0, Priority.NORMAL: MINUTE_MS, Priority.LATE: 10 * MINUTE_MS}


def row_of(key: tuple[str, ...]) -> bytes:
    """The row of a job by its request's key."""
    return _JOB + state_key(*key)


def load(draft: Draft, row: bytes) -> Job | None:
    stored = draft.get(TABLE, row)
    return None if stored is None else jobs.decode(stored)


def save(draft: Draft, before: Job | None, after: Job) -> None:
    """Write a job and its place. A workout's stream that is over has no row: there are too many of them.

    The place is written even where it stays the same: should it be lost, the next request brings it back.
    """
    row = row_of(after.request.key)
    old, new = _place(before, row), _place(after, row)
    if old and old != new:
        draft.put(TABLE, old, None)
    if new:
        draft.put(TABLE, new, b"")
    is_kept = after.is_open or not after.request.workout_id
    draft.put(TABLE, row, jobs.encode(after) if is_kept else None)


def _place(job: Job | None, row: bytes) -> bytes | None:
    if job is None or job.due_ms is None:
        return None
    return _lane(job.request.priority) + job.due_ms.to_bytes(8, "big") + row


def count(draft: Draft, now_ms: int) -> tuple[int, int]:
    """Open jobs of a partition: those that may go on now, and those that wait for a time."""
    due = parked = 0
    for key, _ in draft.scan(TABLE, b"q", b"r"):
        if int.from_bytes(key[2:_ROW], "big") <= now_ms:
            due += 1
        else:
            parked += 1
    return due, parked


def _lane(priority: Priority) -> bytes:
    return b"q" + bytes([priority])


class Heads:
    """How far each lane of one partition is known to be empty.

    Rows are deleted at the head of a queue, and a database walks over them, over more with every page. What is added
    to a lane is due now or later, so nothing is added before a head, unless the clock is set back:
    therefore a head is forgotten now and then.
    """

    def __init__(self) -> None:
        self._at = dict.fromkeys(Priority, b"")

    def forget(self) -> None:
        self._at = dict.fromkeys(Priority, b"")

    def due(self, draft: Draft, now_ms: int) -> Iterator[tuple[bytes, Job]]:
        """Row and job of those that may go on, the next one first.

        A place where no job stands (its job is over, gone, or due at another time) is deleted on the way: a call
        for it would change nothing, and be made again. Such rows return with an old state directory, whose deletions
        are no longer in the changelog.
        """
        stale = 0
        for _, place in merge(*(self._due(draft, priority, now_ms) for priority in Priority)):
            row = place[_ROW:]
            job = load(draft, row)
            if job is not None and _place(job, row) == place:
                yield row, job
                continue
            draft.put(TABLE, place, None)
            stale += 1
            if stale == STALE_MAX:
                return

    def _due(self, draft: Draft, priority: Priority, now_ms: int) -> Iterator[tuple[int, bytes]]:
        lane, is_first = _lane(priority), True
        start = max(self._at[priority], lane)
        for key, _ in draft.scan(TABLE, start, lane + (now_ms + 1).to_bytes(8, "big")):
            if is_first:
                self._at[priority], is_first = key, False
            yield int.from_bytes(key[2:_ROW], "big") + _PENALTY_MS[priority], key
