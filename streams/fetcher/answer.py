"""What a call of the API came to, and what it changes: the transaction of one page. Pure but for the draft."""

import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from streams import topics
from streams.draft import Draft
from streams.events import identify
from streams.fetch import job as jobs
from streams.fetch import progress, queue
from streams.fetch import request as requests
from streams.fetch.job import Job
from streams.fetch.request import Priority, Request, Why
from streams.topics import Delivery, Origin

DOOR = "api"


class Page(NamedTuple):
    """`bodies`: webhook-shaped events. `rows`: summaries and samples in them that can be read. `cursor`: of the next
    page, empty at the end. `workouts`: those whose streams are to be fetched. `began_ms`: when we asked."""

    bodies: Sequence[bytes]
    rows: int
    cursor: str
    began_ms: int
    workouts: Sequence[str] = ()


class Trouble(NamedTuple):
    """No page. `reason`: a constant name. `is_final`: it will never work. `is_ours`: our credentials, not the job.
    `is_too_large`: a shorter span may work."""

    reason: str
    retry_after_s: float = 0.0
    is_final: bool = False
    is_ours: bool = False
    is_too_large: bool = False


def enqueue(draft: Draft, prefix: str, request: Request) -> None:
    """A request joins its job, or begins one."""
    before = queue.load(draft, queue.row_of(request.key))
    _step(draft, prefix, before, jobs.join(before, request, draft.now_ms))


def settle(draft: Draft, prefix: str, row: bytes, seq: int, outcome: Page | Trouble) -> bool:
    """What a call made at step `seq` changes; False where the job has moved on since, and nothing happens."""
    before = queue.load(draft, row)
    if before is None or before.seq != seq or not before.is_open:
        return False
    if isinstance(outcome, Trouble):
        _step(draft, prefix, before, _after_trouble(before, outcome, draft.now_ms))
        return True
    for topic, key, body, headers in _events(before, outcome, draft.now_ms):
        draft.emit(f"{prefix}.{topic}", key, body, headers)
    for request in _streams(before.request, outcome.workouts):
        draft.emit(f"{prefix}.{topics.FETCH_JOBS}", ":".join(request.key).encode(), requests.encode(request))
    rows = outcome.rows + len(outcome.workouts)
    _step(draft, prefix, before, jobs.after_page(before, rows, outcome.cursor, draft.now_ms))
    return True


def _after_trouble(job: Job, trouble: Trouble, now_ms: int) -> Job:
    if trouble.is_too_large:
        return jobs.after_too_large(job, now_ms)
    if trouble.is_final:
        return jobs.refuse(job, trouble.reason)
    return jobs.after_trouble(job, trouble.reason, now_ms, retry_after_s=trouble.retry_after_s, is_ours=trouble.is_ours)


def _step(draft: Draft, prefix: str, before: Job | None, after: Job) -> None:
    queue.save(draft, before, after)
    said = progress.of(after, draft.now_ms)
    key = ":".join(after.request.key).encode()
    draft.emit(f"{prefix}.{topics.FETCH_PROGRESS}", key, progress.encode(said))


def _events(job: Job, page: Page, now_ms: int) -> Iterator[tuple[str, bytes, bytes, topics.Headers]]:
    """(raw topic, key, body, headers) of each event, as a door would store it. Its delivery time is that of the call:
    what came by webhook since then is newer."""
    for n, body in enumerate(page.bodies):
        identity = identify(body)
        delivery = Delivery(
            f"{job.request.id}.{job.seq}.{n}", DOOR, job.request.provider, _rfc3339(page.began_ms), _rfc3339(now_ms),
            Origin.HISTORICAL, job.request.id,
        )  # fmt: skip
        headers = topics.cloud_headers(identity, delivery)
        yield topics.raw_topic(identity.type), topics.raw_key(identity), body, headers


def _streams(parent: Request, workouts: Sequence[str]) -> Iterator[Request]:
    for workout_id in workouts:
        yield Request(
            parent.id, parent.user_id, parent.provider, parent.resource, why=Why.STREAM, priority=Priority.LATE,
            client_user_id=parent.client_user_id, team_id=parent.team_id, workout_id=workout_id,
        )  # fmt: skip


def _rfc3339(ms: int) -> str:
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(ms // 1000))}.{ms % 1000:03}Z"
