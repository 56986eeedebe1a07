"""One job: what is left to fetch of a user's resource at a provider, and what happens after each call.

A job is a value; every transition is a function from a job and what happened to the next job. One call is one page.

    queued ──page──► fetching ──last page──► complete
       │                │  └──nothing found──► empty (asked again after 15 min, 1 h, 6 h, 24 h; then it stays empty)
       └──trouble──► the same, parked until `due_ms`; after TRIES_MAX in a row: failed

Deterministic: the time is an argument.
"""

from enum import StrEnum
from typing import Any
from zlib import crc32

import msgspec
from msgspec.structs import replace

from streams.events import HOUR_US, MINUTE_MS, RESOURCES, providers
from streams.tables import rows
from streams.tables.history import windows
from streams.tables.history.request import Request, Why
from streams.tables.history.windows import Span

RE_ASK_MS = tuple(minutes * MINUTE_MS for minutes in (15, 60, 360, 1440))  # domain file, 5.6
PARK_MS = (2_000, 10_000, 30_000, 2 * MINUTE_MS, 10 * MINUTE_MS, 60 * MINUTE_MS)
TRIES_MAX = 12  # of one page in a row; with the waits above about seven hours
PAGES_MAX = 1_000  # of one window: a walk that does not end is a walk in circles
WINDOW_US_MIN = HOUR_US  # a shorter one is not cut in two
LOOPS_MAX = 3  # walks in circles through one window, each begun anew


class JobStatus(StrEnum):
    QUEUED = "queued"
    FETCHING = "fetching"
    COMPLETE = "complete"
    EMPTY = "empty"
    FAILED = "failed"


class Call(msgspec.Struct, frozen=True):
    """One call of the API. `span`: None where the resource has no range. `cursor`: empty for the first page."""

    resource: str
    span: Span | None
    cursor: str = ""


class Job(msgspec.Struct, frozen=True, array_like=True):
    """`due_ms`: when it may go on; None when it is over. `seq` grows with every transition: the worker takes the
    greatest as the newest. `seen`: hashes of the cursors of this window. `asked`: how often the answer was empty.
    `days`: length of windows, 0 before the first; `window_rows`: rows of this one so far. `given_up`: why a part was
    left out, while the rest goes on; a constant name.
    """

    request: Request
    status: JobStatus = JobStatus.QUEUED
    seq: int = 0
    due_ms: int | None = None
    todo: tuple[Span, ...] = ()
    window: Span | None = None
    days: int = 0
    window_rows: int = 0
    cursor: str = ""
    seen: tuple[int, ...] = ()
    pages: int = 0
    rows: int = 0
    tries: int = 0
    loops: int = 0
    asked: int = 0
    reason: str = ""
    began_ms: int = 0
    given_up: str = ""

    @property
    def is_open(self) -> bool:
        return self.due_ms is not None

    @property
    def call(self) -> Call:
        """The next call."""
        return Call(self.request.resource, self.window, self.cursor)


def begin(request: Request, now_ms: int) -> Job:
    """The job of a first request."""
    job = Job(request, due_ms=max(now_ms, request.not_before_ms), todo=_range(request), began_ms=now_ms)
    return _next_window(job)


def join(job: Job | None, request: Request, now_ms: int) -> Job:
    """The job after another request for its key: an open one takes the range along, one that is over begins anew.

    What was fetched before the request is fetched again where the request names it: it may have changed since. The
    stream of a workout belongs to the newest backfill that wants it, which counts it among its rows.
    """
    if job is None:
        return begin(request, now_ms)
    if not job.is_open:
        return replace(begin(request, now_ms), seq=job.seq + 1)  # the worker has seen the old ones
    spans = [*job.todo, *_range(request), *((job.window,) if job.window else ())]
    is_row = request.workout_id and request.why is not Why.STREAM
    merged = replace(
        request if is_row else job.request,
        priority=min(job.request.priority, request.priority),
        client_user_id=request.client_user_id or job.request.client_user_id,
        team_id=request.team_id or job.request.team_id,
    )
    joined = _next(job, request=merged, todo=windows.union(spans), window=None, cursor="", seen=(), asked=0)
    if job.status is JobStatus.EMPTY:
        joined = replace(joined, status=JobStatus.QUEUED, due_ms=max(now_ms, request.not_before_ms))
    return _next_window(joined)


def after_page(job: Job, rows: int, cursor: str, now_ms: int, given_up: str = "") -> Job:
    """The job after a page of so many rows. `cursor`: of the next page, empty at the end of the window. `given_up`:
    why something in the page was left out."""
    got = _next(
        job, status=JobStatus.FETCHING, pages=job.pages + 1, rows=job.rows + rows, window_rows=job.window_rows + rows,
        due_ms=now_ms, tries=0, reason="", given_up=given_up or job.given_up,
    )  # fmt: skip
    if not cursor:
        return _after_window(got, now_ms)
    mark = crc32(cursor.encode())
    if mark in job.seen or cursor == job.cursor or len(job.seen) >= PAGES_MAX:
        return _window_anew(got, "cursor_loop", now_ms)
    return replace(got, cursor=cursor, seen=(*job.seen, mark))


def after_lost_cursor(job: Job, now_ms: int) -> Job:
    """The job after an unknown cursor: the window is fetched anew."""
    # A cursor may expire before a job that is parked goes on.
    return _window_anew(job, "cursor_refused", now_ms)


def _window_anew(job: Job, reason: str, now_ms: int) -> Job:
    if job.loops >= LOOPS_MAX:
        return refuse(job, reason)
    again = replace(job, cursor="", seen=(), loops=job.loops + 1)
    return after_trouble(again, reason, now_ms)


def after_trouble(job: Job, reason: str, now_ms: int, *, retry_after_s: float = 0, is_ours: bool = False) -> Job:
    """The job after no answer, or one that asks to retry. `is_ours`: our fault, as with credentials: no try of the job.

    `reason`: a constant name. `retry_after_s`: what the API asked for.
    """
    tries = job.tries if is_ours else job.tries + 1
    if tries > TRIES_MAX:
        return refuse(job, reason)
    wait_ms = PARK_MS[min(tries, len(PARK_MS)) - 1] if tries else MINUTE_MS
    return _next(job, due_ms=now_ms + max(wait_ms, int(retry_after_s * 1000)), tries=tries, reason=reason)


def after_too_large(job: Job, now_ms: int) -> Job:
    """The job after an answer that is too large: its window becomes two halves, the newer one first."""
    if job.window is None or job.window[1] - job.window[0] <= WINDOW_US_MIN:
        return refuse(job, "too_large")
    start, end = job.window
    middle = (start + end) // 2
    todo = (*job.todo, (start, middle))
    return _next(job, window=(middle, end), todo=todo, cursor="", seen=(), due_ms=now_ms)


def refuse(job: Job, reason: str) -> Job:
    """The job, failed for good."""
    return _next(job, status=JobStatus.FAILED, due_ms=None, reason=reason)


def _after_window(job: Job, now_ms: int) -> Job:
    days = windows.next_days(job.days, job.window_rows) if job.days else 0
    job = replace(job, window=None, days=days, window_rows=0, cursor="", seen=(), loops=0)
    if job.todo:
        return _next_window(job)
    if job.rows or job.given_up:
        return replace(job, status=JobStatus.COMPLETE, due_ms=None)
    request = job.request
    is_final = request.workout_id or providers.is_empty_final(request.provider, request.resource)
    if is_final or job.asked >= len(RE_ASK_MS):
        return replace(job, status=JobStatus.EMPTY, due_ms=None)
    later = now_ms + RE_ASK_MS[job.asked]
    empty = replace(job, status=JobStatus.EMPTY, due_ms=later, asked=job.asked + 1, todo=_range(request))
    return _next_window(empty)


def _range(request: Request) -> tuple[Span, ...]:
    return ((request.start_us, request.end_us),) if request.end_us > request.start_us else ()


def _next_window(job: Job) -> Job:
    if not job.todo:
        return job
    days = job.days or windows.days_of(RESOURCES.get(job.request.resource))
    window, todo = windows.newest(job.todo, days)
    return replace(job, window=window, todo=todo, days=days)


def _next(job: Job, **changes: Any) -> Job:
    return replace(job, seq=job.seq + 1, **changes)


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Job).decode


def encode(job: Job) -> bytes:
    return rows.pack(rows.JOB, _encode(job))


def decode(stored: bytes) -> Job:
    return _decode(rows.unpack(rows.JOB, stored))
