"""One call of the API for a job: what to ask, and what its answer, or its failure, means for the job."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack

import msgspec

from connectors.history.fetcher import workout_events
from connectors.history.fetcher.clock_skew import CorrectedClock
from connectors.history.fetcher.outcome import FetchedPage, FetchFailure
from connectors.junction import Client, FailureReason, NotAuthorized, Refused, TryLater, bodies_within, open_client
from streams.events.record_bounds import Bounds
from streams.ops import log, metrics
from streams.ops.errors import Misconfigured, Rejected, place
from streams.ops.settings import Settings
from streams.payloads.decode import decode
from streams.payloads.series import Series
from streams.payloads.values import short_text
from streams.tables.history.job import Job
from streams.tables.history.request import Request

BODY_BYTES_MAX = 4 * 1024 * 1024  # of one event: several small ones are folded side by side with those of other users
HEAD_BYTES = 32 * 1024  # more than key and headers of a raw record have


logger = log.get("fetcher")


class PageFetcher:
    """Makes calls with one client. `opened` once the event loop runs. `clock`: Unix seconds."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._clock = CorrectedClock(clock)
        self._event_bytes_max = Bounds.of(settings.record_bytes_max).emit - HEAD_BYTES
        self._share = 1.0
        self._stack = AsyncExitStack()
        self._client: asyncio.Future[Client]

    def open(self) -> None:
        """Make the client, in the running loop. Raises nothing: what is wrong comes with the first call."""
        self._client = asyncio.ensure_future(self._stack.enter_async_context(open_client(self._settings)))

    def set_share(self, share: float) -> None:
        """This process does so much of the group's work (0 to 1), and takes so much of the team's rate."""
        self._share = share
        if self._client.done() and not self._client.exception():
            self._follow_share(self._client.result())

    def _follow_share(self, client: Client) -> None:
        rate_per_s = self._settings.junction_requests_per_s * self._share
        if client.limits.rate_per_s != rate_per_s:
            client.limits.set_rate(rate_per_s)

    async def _opened(self) -> Client:
        """Raises what was wrong when it was made."""
        client = await asyncio.shield(self._client)
        self._follow_share(client)  # it may have been told before there was a client
        return client

    async def fetch(self, job: Job) -> FetchedPage | FetchFailure:
        """One call. Raises Misconfigured; nothing for anything that the API, a job or an answer may hold."""
        kind = _kind(job.request)
        began_ms, began_s = self._clock.now_ms(), time.monotonic()
        try:
            page = await self._page(await self._opened(), job, began_ms)
        except TryLater as error:
            return _counted(kind, FetchFailure(error.reason, error.retry_after_s if error.asked_to_wait else 0.0))
        except NotAuthorized as error:
            return _counted(kind, FetchFailure(error.reason, is_ours=True))
        except Refused as error:
            return _counted(kind, _refused(job, error, began_ms))
        except Misconfigured:
            raise
        except Exception as error:  # it costs one job: raised, it would end the process, and each start after it
            logger.error("not_understood", error=type(error).__name__, at=place(error), backfill=job.request.id)
            return _counted(
                kind, FetchFailure(FailureReason.UNEXPECTED, is_final=isinstance(error, (ValueError, OverflowError)))
            )
        metrics.FETCH_CALL_SECONDS.labels(kind).observe(time.monotonic() - began_s)
        metrics.FETCH_ROWS.labels(job.request.resource).inc(page.rows)
        return _counted(kind, page)

    async def _page(self, client: Client, job: Job, began_ms: int) -> FetchedPage:
        request, call = job.request, job.call
        if request.workout_id:
            return await _stream(client, request, began_ms, self._clock, self._event_bytes_max)
        if request.resource == "workout_stream":
            return await _workouts(client, job, began_ms)
        found = await client.page(request.resource, request.user_id, call.span, request.provider, call.cursor)
        who = request.user_id, request.client_user_id, request.team_id
        alone_max = self._event_bytes_max
        events, left_out = bodies_within(found, *who, bytes_max=min(BODY_BYTES_MAX, alone_max), alone_max=alone_max)
        rows = await _rows(events)
        at_ms = self._clock.asked_ms(began_ms, found.answered_ms)
        return FetchedPage(events, rows, found.next_cursor or "", at_ms, left_out=left_out)


def _kind(request: Request) -> str:
    return "stream" if request.workout_id else "page"


def _counted(kind: str, outcome: FetchedPage | FetchFailure) -> FetchedPage | FetchFailure:
    metrics.FETCH_CALLS.labels(kind, outcome.reason if isinstance(outcome, FetchFailure) else "ok").inc()
    return outcome


def _refused(job: Job, error: Refused, began_ms: int) -> FetchedPage | FetchFailure:
    if error.reason is FailureReason.ENDLESS:
        return FetchedPage([], 0, job.call.cursor, began_ms)  # the job knows what to do about a cursor that comes again
    is_too_large, is_of_cursor = error.reason is FailureReason.TOO_LARGE, error.reason is FailureReason.CURSOR
    return FetchFailure(error.reason, is_final=True, is_too_large=is_too_large, is_of_cursor=is_of_cursor)


async def _workouts(client: Client, job: Job, began_ms: int) -> FetchedPage:
    """The workouts of a span: each has a stream that is asked for by its id (domain file, 6.6)."""
    request = job.request
    found = await client.page("workouts", request.user_id, job.call.span, request.provider)
    ids = (_id(bytes(one)) for one in found.objects)
    return FetchedPage([], 0, found.next_cursor or "", began_ms, [id for id in ids if id])


class _Named(msgspec.Struct):
    id: str = ""


def _id(workout: bytes) -> str:
    try:
        return short_text(msgspec.json.decode(workout, type=_Named).id) or ""
    except msgspec.MsgspecError:
        return ""


async def _stream(
    client: Client, request: Request, began_ms: int, clock: CorrectedClock, bytes_max: int
) -> FetchedPage:
    """One workout's stream as an event. Raises Refused(TOO_LARGE), beside what the client raises.

    Where the worker's record of it would be too large it is no row: there it becomes a dead letter, with the original.
    """
    found = await client.workout_stream(request.workout_id)
    if found is None or not found.times_s:
        return FetchedPage([], 0, "", began_ms)
    body = workout_events.stream_event(request, found.json)
    if len(body) > bytes_max:
        raise Refused(FailureReason.TOO_LARGE, "a stream that no record can hold")
    rows = 1 if workout_events.clean_bytes(found) <= bytes_max else 0
    return FetchedPage([body], rows, "", clock.asked_ms(began_ms, found.answered_ms))


async def _rows(events: Sequence[bytes]) -> int:
    """How many summaries and samples the worker will count: what it rejects becomes a dead letter, and no row."""
    count = 0
    for body in events:
        try:
            event = decode(body)
        except Rejected:
            continue
        count += len(event.columns) + event.dropped if isinstance(event, Series) else 1
        await asyncio.sleep(0)  # a large page must not hold up the engine
    return count
