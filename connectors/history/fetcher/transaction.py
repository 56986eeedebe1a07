"""What a call of the API came to, and what it changes: the transaction of one page. Pure but for the draft."""

import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from connectors.history.fetcher import workout_events
from streams.events import ids, topics
from streams.events.topics import Delivery, Origin
from streams.events.types import identify
from streams.ops.errors import Reason, Rejected
from streams.tables.draft import Draft
from streams.tables.history import job as jobs
from streams.tables.history import progress, queue
from streams.tables.history.job import Job
from streams.tables.history.request import Priority, Request, Why, bounded

DOOR = "api"
TOO_LARGE = str(Reason.TOO_LARGE)


class FetchedPage(NamedTuple):
    """`bodies`: webhook-shaped events. `rows`: summaries and samples in them that can be read. `cursor`: of the next
    page, empty at the end. `workouts`: those whose streams are to be fetched. `began_ms`: see `Clock.asked_ms`.
    `left_out`: objects and samples that no record can hold."""

    bodies: Sequence[bytes]
    rows: int
    cursor: str
    began_ms: int
    workouts: Sequence[str] = ()
    left_out: int = 0


class FetchFailure(NamedTuple):
    """No page. `reason`: a constant name. `is_final`: it will never work. `is_ours`: our credentials, not the job.
    `is_too_large`: a shorter span may work, where there is one. `is_of_cursor`: it works without the cursor."""

    reason: str
    retry_after_s: float = 0.0
    is_final: bool = False
    is_ours: bool = False
    is_too_large: bool = False
    is_of_cursor: bool = False


def enqueue(draft: Draft, prefix: str, request: Request) -> None:
    """A request joins its job, or begins one. Raises Rejected for one that asks for nothing that can be there."""
    request = bounded(request, draft.now_ms)
    before = queue.load(draft, queue.row_of(request.key))
    _step(draft, prefix, before, jobs.join(before, request, draft.now_ms))


def apply_outcome(draft: Draft, prefix: str, asked: Job, outcome: FetchedPage | FetchFailure) -> bool:
    """What a call made for a job changes; False where the job has moved on since, and nothing happens.

    All of it is compared: the number of a step may come again. The stream of a workout leaves no row, so its next job
    counts from 0; a call may be made for a step that is then not committed, and another fetcher goes another way.
    """
    before = queue.load(draft, queue.row_of(asked.request.key))
    if before != asked or not before.is_open:
        return False
    if isinstance(outcome, FetchFailure):
        if outcome.is_too_large and before.request.workout_id:
            _leave_letter(draft, prefix, before)
        _step(draft, prefix, before, _after_trouble(before, outcome, draft.now_ms))
        return True
    try:
        events = list(_events(before, outcome, draft.now_ms))
    except Rejected as rejection:  # JSON may be one level too deep only once it is inside of an event
        _step(draft, prefix, before, jobs.refuse(before, str(rejection.reason)))
        return True
    for topic, key, body, headers in events:
        draft.emit(f"{prefix}.{topic}", key, body, headers)
    rows = outcome.rows + sum(_want_stream(draft, prefix, before.request, one) for one in outcome.workouts)
    given_up = TOO_LARGE if outcome.left_out else ""
    _step(draft, prefix, before, jobs.after_page(before, rows, outcome.cursor, draft.now_ms, given_up))
    return True


def _want_stream(draft: Draft, prefix: str, parent: Request, workout_id: str) -> bool:
    """A job for a workout of a listing; False where this backfill has one that is open: the workout was listed twice,
    at the end of one window and the start of another, and will be one row."""
    request = Request(
        parent.id, parent.user_id, parent.provider, parent.resource, why=parent.why, priority=Priority.LATE,
        client_user_id=parent.client_user_id, team_id=parent.team_id, workout_id=ids.canonical(workout_id),
    )  # fmt: skip
    job = queue.load(draft, queue.row_of(request.key))
    if job is not None and job.is_open and job.request.id == parent.id:
        return False
    enqueue(draft, prefix, request)
    return True


def _leave_letter(draft: Draft, prefix: str, job: Job) -> None:
    """The job of a single stream leaves no row where one could look: that it was given up is said by a dead letter."""
    now = _rfc3339(draft.now_ms)
    key, body, headers = workout_events.letter(
        job.request, Delivery(f"{_page_id(job)}.0", DOOR, job.request.provider, now, now)
    )
    draft.emit(f"{prefix}.{topics.DEAD_LETTERS}", key, body, headers)
    draft.count("dead_letters", TOO_LARGE)


def _after_trouble(job: Job, trouble: FetchFailure, now_ms: int) -> Job:
    if trouble.is_too_large:
        return jobs.after_too_large(job, now_ms)
    if trouble.is_of_cursor:
        return jobs.after_lost_cursor(job, now_ms)
    if trouble.is_final:
        return jobs.refuse(job, trouble.reason)
    return jobs.after_trouble(job, trouble.reason, now_ms, retry_after_s=trouble.retry_after_s, is_ours=trouble.is_ours)


def _step(draft: Draft, prefix: str, before: Job | None, after: Job) -> None:
    queue.save(draft, before, after)
    said = progress.of(after, draft.now_ms)
    key = topics.key_of(*after.request.key)
    draft.emit(f"{prefix}.{topics.FETCH_PROGRESS}", key, progress.encode(said))


def _events(job: Job, page: FetchedPage, now_ms: int) -> Iterator[tuple[str, bytes, bytes, topics.Headers]]:
    """(raw topic, key, body, headers) of each event, as a door would store it. Its delivery time is that of the call:
    what came by webhook since then is newer. The stream of a workout that has just come belongs to no backfill."""
    is_live = job.request.why is Why.STREAM
    history = (Origin.INCREMENTAL, "") if is_live else (Origin.HISTORICAL, job.request.id)
    for n, body in enumerate(page.bodies):
        identity = identify(body)
        times = _rfc3339(page.began_ms), _rfc3339(now_ms)
        delivery = Delivery(f"{_page_id(job)}.{n}", DOOR, job.request.provider, *times, *history)
        headers = topics.cloud_headers(identity, delivery)
        yield topics.raw_topic(identity.type), topics.raw_key(identity), body, headers


def _page_id(job: Job) -> str:
    """The same for a page that is fetched again, because what became of it was not committed; and for no other."""
    request = job.request
    return f"{request.id}.{request.workout_id}.{job.began_ms}" if request.workout_id else f"{request.id}.{job.seq}"


def _rfc3339(ms: int) -> str:
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(ms // 1000))}.{ms % 1000:03}Z"
