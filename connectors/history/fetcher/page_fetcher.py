"""Calls of the API for jobs, with one client: a failed call becomes a `FetchFailure`."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack

from connectors.history.fetcher.api_pages import fetch_page
from connectors.history.fetcher.clock_skew import CorrectedClock
from connectors.history.fetcher.outcome import FetchedPage, FetchFailure
from connectors.junction import Client, FailureReason, NotAuthorized, Refused, TryLater, open_client
from connectors.junction.retry_policy import RetryPolicy
from streams.events import Bounds
from streams.ops import log, metrics, tracing
from streams.ops.errors import Misconfigured, place
from streams.ops.settings import Settings
from streams.ops.trace_context import NO_TRACE
from streams.tables.history import Job, Request

HEAD_BYTES = 32 * 1024  # an upper bound for key and headers of a raw record


# Events of a page carry the context of its span: it creates them.
_CREATES = {"messaging.system": "kafka", "messaging.operation.name": "fetch", "messaging.operation.type": "create"}
logger = log.get("fetcher")


class PageFetcher:
    """Fetches pages with one client. Call `open` once the event loop runs. `clock`: Unix seconds.

    `policy`: how long a call is tried; None: as the settings say.
    """

    def __init__(
        self, settings: Settings, clock: Callable[[], float] = time.time, policy: RetryPolicy | None = None
    ) -> None:
        self._settings, self._policy = settings, policy
        self._clock = CorrectedClock(clock)
        self._event_bytes_max = Bounds.of(settings.record_bytes_max).emit - HEAD_BYTES
        self._share = 1.0
        self._stack = AsyncExitStack()
        self._client: asyncio.Future[Client]

    def open(self) -> None:
        """Make the client, in the running loop. Raises nothing: the first `fetch` raises what went wrong."""
        self._client = asyncio.ensure_future(self._stack.enter_async_context(open_client(self._settings, self._policy)))

    def set_share(self, share: float) -> None:
        """`share`: of the group's work that this process does, 0 to 1. It takes the same share of the team's rate."""
        self._share = share
        if self._client.done() and not self._client.exception():
            self._follow_share(self._client.result())

    def _follow_share(self, client: Client) -> None:
        rate_per_s = self._settings.junction_requests_per_s * self._share
        if client.limits.rate_per_s != rate_per_s:
            client.limits.set_rate(rate_per_s)

    async def _opened(self) -> Client:
        """The client. Raises what went wrong when it was made."""
        client = await asyncio.shield(self._client)
        self._follow_share(client)  # it may have been set before there was a client
        return client

    async def fetch(self, job: Job) -> FetchedPage | FetchFailure:
        """One call. Raises Misconfigured, and nothing else, whatever the API, a job or an answer holds."""
        kind = _kind(job.request)
        began_ms, began_s = self._clock.now_ms(), time.monotonic()
        try:
            page = await self._page(job, began_ms)
        except TryLater as error:
            return _counted(kind, FetchFailure(error.reason, error.retry_after_s if error.asked_to_wait else 0.0))
        except NotAuthorized as error:
            return _counted(kind, FetchFailure(error.reason, is_ours=True))
        except Refused as error:
            return _counted(kind, _refused(job, error, began_ms))
        except Misconfigured:
            raise
        except Exception as error:  # raised, it would end the process, and every start after it; so it fails one job
            logger.error("not_understood", error=type(error).__name__, at=place(error), backfill=job.request.id)
            return _counted(
                kind, FetchFailure(FailureReason.UNEXPECTED, is_final=isinstance(error, (ValueError, OverflowError)))
            )
        metrics.FETCH_CALL_SECONDS.labels(kind).observe(time.monotonic() - began_s)
        metrics.FETCH_ROWS.labels(job.request.resource).inc(page.rows)
        return _counted(kind, page)

    async def _page(self, job: Job, began_ms: int) -> FetchedPage:
        client, name = await self._opened(), f"fetch {job.request.resource}"
        with tracing.span(name, "producer", NO_TRACE, _CREATES) as span:
            trace = span.context if span else NO_TRACE
            page = await fetch_page(client, job, began_ms, self._clock, self._event_bytes_max, trace.traceparent)
        return page._replace(trace=trace)


def _kind(request: Request) -> str:
    return "stream" if request.workout_id else "page"


def _counted(kind: str, outcome: FetchedPage | FetchFailure) -> FetchedPage | FetchFailure:
    metrics.FETCH_CALLS.labels(kind, outcome.reason if isinstance(outcome, FetchFailure) else "ok").inc()
    return outcome


def _refused(job: Job, error: Refused, began_ms: int) -> FetchedPage | FetchFailure:
    if error.reason is FailureReason.ENDLESS:
        return FetchedPage([], 0, job.call.cursor, began_ms)  # a job handles a cursor that is repeated
    is_too_large, is_of_cursor = error.reason is FailureReason.TOO_LARGE, error.reason is FailureReason.CURSOR
    return FetchFailure(error.reason, is_final=True, is_too_large=is_too_large, is_of_cursor=is_of_cursor)
