"""What a request and the outcome of a call change: the transaction of one page. Pure but for the draft."""

from connectors.history.fetcher import workout_events
from connectors.history.fetcher.outcome import FetchedPage, FetchFailure
from connectors.history.fetcher.page_events import DOOR, page_events, page_id
from streams.events import Delivery, ids, key_of, rfc3339, topics
from streams.ops.errors import Reason, Rejected
from streams.tables import Draft
from streams.tables.history import Job, Priority, Request, progress, queue
from streams.tables.history import job as jobs
from streams.tables.history.request import bounded

TOO_LARGE = str(Reason.TOO_LARGE)


def enqueue(draft: Draft, prefix: str, request: Request) -> None:
    """A request joins its job, or starts one. Raises Rejected for a span that cannot hold data."""
    request = bounded(request, draft.now_ms)
    before = queue.load(draft, queue.row_of(request.key))
    _step(draft, prefix, before, jobs.join(before, request, draft.now_ms))


def apply_outcome(draft: Draft, prefix: str, asked: Job, outcome: FetchedPage | FetchFailure) -> bool:
    """Write the events of a page and the job's next step; False, and no change, where the job has changed since."""
    # The whole job is compared, since the number of a step may occur twice. A finished stream of a workout has no row,
    # so its next job counts from 0; and a call may belong to a step that was not committed, while another fetcher took
    # another one.
    before = queue.load(draft, queue.row_of(asked.request.key))
    if before != asked or not before.is_open:
        return False
    if isinstance(outcome, FetchFailure):
        if outcome.is_too_large and before.request.workout_id:
            _emit_dead_letter(draft, prefix, before)
        _step(draft, prefix, before, _after_failure(before, outcome, draft.now_ms))
        return True
    try:
        events = list(page_events(before, outcome, draft.now_ms))
    except Rejected as rejection:  # JSON may be too deep only once it stands inside an event
        _step(draft, prefix, before, jobs.refuse(before, str(rejection.reason)))
        return True
    for topic, key, body, headers in events:
        draft.emit(f"{prefix}.{topic}", key, body, headers)
    rows = outcome.rows + sum(_enqueue_stream(draft, prefix, before.request, one) for one in outcome.workouts)
    given_up = TOO_LARGE if outcome.left_out else ""
    _step(draft, prefix, before, jobs.after_page(before, rows, outcome.cursor, draft.now_ms, given_up))
    return True


def _enqueue_stream(draft: Draft, prefix: str, parent: Request, workout_id: str) -> bool:
    """A job for the stream of a listed workout; False where this backfill has an open one already.

    A workout may be listed twice, at the end of one window and at the start of the next; it counts as one row.
    """
    request = Request(
        parent.id, parent.user_id, parent.provider, parent.resource, why=parent.why, priority=Priority.LATE,
        client_user_id=parent.client_user_id, team_id=parent.team_id, workout_id=ids.canonical(workout_id),
    )  # fmt: skip
    job = queue.load(draft, queue.row_of(request.key))
    if job is not None and job.is_open and job.request.id == parent.id:
        return False
    enqueue(draft, prefix, request)
    return True


def _emit_dead_letter(draft: Draft, prefix: str, job: Job) -> None:
    """A finished job of a single stream has no row to look at: only a dead letter says that it was given up."""
    now = rfc3339(draft.now_ms)
    key, body, headers = workout_events.dead_letter(
        job.request, Delivery(f"{page_id(job)}.0", DOOR, job.request.provider, now, now)
    )
    draft.emit(f"{prefix}.{topics.DEAD_LETTERS}", key, body, headers)
    draft.count("dead_letters", TOO_LARGE)


def _after_failure(job: Job, failure: FetchFailure, now_ms: int) -> Job:
    if failure.is_too_large:
        return jobs.after_too_large(job, now_ms)
    if failure.is_of_cursor:
        return jobs.after_lost_cursor(job, now_ms)
    if failure.is_final:
        return jobs.refuse(job, failure.reason)
    return jobs.after_trouble(job, failure.reason, now_ms, retry_after_s=failure.retry_after_s, is_ours=failure.is_ours)


def _step(draft: Draft, prefix: str, before: Job | None, after: Job) -> None:
    queue.save(draft, before, after)
    key, value = key_of(*after.request.key), progress.encode(progress.of(after, draft.now_ms))
    draft.emit(f"{prefix}.{topics.FETCH_PROGRESS}", key, value)
