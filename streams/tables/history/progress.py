"""How far a job is: one record of `junction.fetch_progress`, from a fetcher to the worker, which keeps it in backfills.
The gateway writes there, too, when it was away for too long (`outage`).

JSON, for the same reasons as requests. The greatest `seq` of a job is the newest.
"""

import msgspec
from msgspec.structs import replace

from streams.events import ids
from streams.ops.errors import Reason, Rejected
from streams.tables.history.job import Job, JobStatus
from streams.tables.history.outage import Outage
from streams.tables.history.request import Int64, TimeMs, TimeUs


class JobProgress(msgspec.Struct, frozen=True, omit_defaults=True, tag="progress"):
    """`rows`: summaries or samples fetched so far; `share`: of the range, 0 to 1. `due_ms`: when it goes on, 0 if it is
    over. `reason`: of the last failure, or why something was left out. `workout_id`: if it is about one workout's
    stream. Range in µs, UTC."""

    id: str
    user_id: str
    provider: str
    resource: str
    seq: Int64
    status: JobStatus
    why: str = ""
    client_user_id: str = ""
    team_id: str = ""
    workout_id: str = ""
    start_us: TimeUs = 0
    end_us: TimeUs = 0
    share: float = 0.0
    pages: Int64 = 0
    rows: Int64 = 0
    tries: Int64 = 0
    asked: Int64 = 0
    reason: str = ""
    due_ms: TimeMs = 0
    began_ms: TimeMs = 0
    at_ms: TimeMs = 0


def of(job: Job, at_ms: int) -> JobProgress:
    """The job as it stands."""
    request = job.request
    return JobProgress(
        id=request.id, user_id=request.user_id, provider=request.provider, resource=request.resource, seq=job.seq,
        status=job.status, why=request.why, client_user_id=request.client_user_id, team_id=request.team_id,
        workout_id=request.workout_id, start_us=request.start_us, end_us=request.end_us, share=_share(job),
        pages=job.pages, rows=job.rows, tries=job.tries, asked=job.asked, reason=job.reason or job.given_up,
        due_ms=job.due_ms or 0,
        began_ms=job.began_ms, at_ms=at_ms,
    )  # fmt: skip


def _share(job: Job) -> float:
    if not job.is_open:
        return 1.0
    whole = job.request.end_us - job.request.start_us
    if whole <= 0:
        return 0.0
    left = sum(end - start for start, end in (*job.todo, *((job.window,) if job.window else ())))
    return float(round(min(1.0, max(0.0, 1 - left / whole)), 3))


def encode(progress: JobProgress) -> bytes:
    return msgspec.json.encode(progress)


_decode = msgspec.json.Decoder(JobProgress | Outage).decode


def decode(value: bytes) -> JobProgress | Outage:
    """One record of the topic. Raises Rejected(BAD_SHAPE) for anything else."""
    try:
        record: JobProgress | Outage = _decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Rejected(Reason.BAD_SHAPE, "fetch progress") from None
    if isinstance(record, JobProgress):
        return replace(record, user_id=ids.canonical(record.user_id), team_id=ids.canonical(record.team_id))
    return record
