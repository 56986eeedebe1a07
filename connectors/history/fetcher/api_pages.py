"""One call of the API for a job, and its answer as a page. The client's errors pass through."""

import asyncio
from collections.abc import Sequence

import msgspec

from connectors.history.fetcher import workout_events
from connectors.history.fetcher.clock_skew import CorrectedClock
from connectors.history.fetcher.outcome import FetchedPage
from connectors.junction import Client, FailureReason, Refused, bodies_within
from streams.ops.errors import Rejected
from streams.payloads import Series, short_text
from streams.payloads.decode import decode
from streams.tables.history import Job, Request

BODY_BYTES_MAX = 4 * 1024 * 1024  # of one event: several small ones are folded between those of other users


async def fetch_page(
    client: Client, job: Job, began_ms: int, clock: CorrectedClock, event_bytes_max: int, traceparent: str = ""
) -> FetchedPage:
    """`began_ms`: our clock before the call. `event_bytes_max`: of a body that a raw record can hold."""
    request, call = job.request, job.call
    if request.workout_id:
        return await _workout_stream(client, request, began_ms, clock, event_bytes_max, traceparent)
    if request.resource == "workout_stream":
        return await _listed_workouts(client, job, began_ms, traceparent)
    found = await client.page(
        request.resource, request.user_id, call.span, request.provider, call.cursor, traceparent=traceparent
    )
    owner = request.user_id, request.client_user_id, request.team_id
    bytes_max = min(BODY_BYTES_MAX, event_bytes_max)
    events, left_out = bodies_within(found, *owner, bytes_max=bytes_max, alone_max=event_bytes_max)
    rows = await _count_rows(events)
    at_ms = clock.asked_ms(began_ms, found.answered_ms)
    return FetchedPage(events, rows, found.next_cursor or "", at_ms, left_out=left_out)


async def _listed_workouts(client: Client, job: Job, began_ms: int, traceparent: str) -> FetchedPage:
    """The workouts of a span: each has a stream that is asked for by its id (domain file, 6.6)."""
    request = job.request
    found = await client.page("workouts", request.user_id, job.call.span, request.provider, traceparent=traceparent)
    ids = (_id(bytes(one)) for one in found.objects)
    return FetchedPage([], 0, found.next_cursor or "", began_ms, [id for id in ids if id])


class _Named(msgspec.Struct):
    id: str = ""


def _id(workout: bytes) -> str:
    try:
        return short_text(msgspec.json.decode(workout, type=_Named).id) or ""
    except msgspec.MsgspecError:
        return ""


async def _workout_stream(
    client: Client, request: Request, began_ms: int, clock: CorrectedClock, bytes_max: int, traceparent: str
) -> FetchedPage:
    """One workout's stream as an event. Raises Refused(TOO_LARGE), and what the client raises."""
    found = await client.workout_stream(request.workout_id, traceparent=traceparent)
    if found is None or not found.times_s:
        return FetchedPage([], 0, "", began_ms)
    body = workout_events.stream_event(request, found.json)
    if len(body) > bytes_max:
        raise Refused(FailureReason.TOO_LARGE, "a stream that no record can hold")
    # Where the clean record would be too large, the worker makes a dead letter of the event: then it is no row.
    rows = 1 if workout_events.clean_bytes(found) <= bytes_max else 0
    return FetchedPage([body], rows, "", clock.asked_ms(began_ms, found.answered_ms))


async def _count_rows(events: Sequence[bytes]) -> int:
    """Summaries and samples that the worker will count: what it rejects becomes a dead letter, and no row."""
    count = 0
    for body in events:
        try:
            event = decode(body)
        except Rejected:
            continue
        count += len(event.columns) + event.dropped if isinstance(event, Series) else 1
        await asyncio.sleep(0)  # so that a large page does not hold up the engine
    return count
