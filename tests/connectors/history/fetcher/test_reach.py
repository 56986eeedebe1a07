"""No range, however far it goes, costs more than a hundred-odd calls, and none stops the fetcher."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from connectors.history import user_fetch
from connectors.history.fetcher.outcome import FetchedPage, FetchFailure
from connectors.history.fetcher.page_fetcher import PageFetcher
from connectors.history.reconcile.findings import ReconcileVerdict, ResourceFinding
from connectors.history.reconcile.missing import requests_for
from connectors.history.reconcile.reports import ResourceReport
from streams.events import topics
from streams.events.times import DAY_US
from streams.ops.errors import Misconfigured, Rejected
from streams.tables.history import job as jobs
from streams.tables.history import progress, windows
from streams.tables.history import request as requests
from streams.tables.history.job import Job, JobStatus
from streams.tables.history.outage import Outage
from streams.tables.history.progress import JobProgress
from streams.tables.history.request import Request
from streams.tables.history.windows import AHEAD_US, OLDEST_US
from tests.connectors.history.fetcher.memory import Fetcher
from tests.connectors.junction.scripted import http, scripted, settings_for
from tests.folding import NOW_MS, PREFIX, RawRecord, Worker

USER = "6a1e1c3e-0000-4000-8000-000000000001"
CALLS_MAX = 120  # 27 years in windows of 90 days, the first ones shorter
NOTHING = {"sleep": http(200, b'{"sleep":[]}'), "steps": http(200, b'{"groups":{},"next_cursor":null}')}
int64 = st.integers(-(2**63), 2**63 - 1)
any_int = st.integers(-(10**40), 10**40) | int64 | st.integers(-(10**17), 10**17)


async def calls_for(request: Request) -> tuple[Fetcher, int]:
    """A fetcher that has done all that is due for a request, and how many calls that took."""
    fetcher = Fetcher(NOW_MS, may_fail=True)
    async with scripted(NOTHING.get(request.resource, http(404))) as server:
        page_fetcher = PageFetcher(settings_for(server.url))
        page_fetcher.open()
        fetcher.take(request)
        await fetcher.run(page_fetcher.fetch)
    return fetcher, len(server.requests)


@pytest.mark.parametrize("resource", ["sleep", "steps"])
@pytest.mark.parametrize("start", ["0001-01-01", "1900-01-01", "1970-01-01", "2026-05-01"])
@pytest.mark.parametrize("end", ["2026-06-03", "2999-01-01", "9999-12-31"])
async def test_a_notice_is_fetched_where_data_can_be(start: str, end: str, resource: str) -> None:
    """An end far ahead means until now, a begin long ago as far back as anything was measured."""
    worker = Worker()
    days = {"start_date": f"{start}T00:00:00Z", "end_date": f"{end}T23:59:59Z", "provider": "oura"}
    worker.deliver({"event_type": f"historical.data.{resource}.created", "user_id": USER, "data": days})
    (request,) = worker.requests
    assert OLDEST_US <= request.start_us < request.end_us <= NOW_MS * 1000 + AHEAD_US
    _, calls = await calls_for(request)
    assert 1 <= calls <= CALLS_MAX


@pytest.mark.parametrize(("start", "end"), [("0001-01-01", "1999-12-01"), ("2031-01-01", "9999-12-31")])
def test_a_notice_of_no_time_that_can_hold_data_says_so(start: str, end: str) -> None:
    """Nothing is asked for, and the row says why."""
    worker = Worker()
    days = {"start_date": start, "end_date": end, "provider": "oura"}
    (row,) = worker.deliver({"event_type": "historical.data.sleep.created", "user_id": USER, "data": days})
    assert (row.record["status"], row.record["reason"]) == ("not_expected", "range_out_of_reach")
    assert worker.requests == []


@given(any_int, any_int, st.integers(OLDEST_US, 2**70))
def test_what_is_reachable_is_a_part_of_the_span(start_us: int, end_us: int, now_us: int) -> None:
    """Never more than was asked for, never outside of what a date can say; nothing only where nothing can be."""
    found = windows.reachable((start_us, end_us), now_us)
    if found is None:
        assert start_us >= end_us or end_us <= OLDEST_US or start_us >= min(now_us + AHEAD_US, windows.LAST_US)
        return
    assert start_us <= found[0] < found[1] <= end_us
    assert found[0] >= OLDEST_US
    assert found[1] <= min(now_us + AHEAD_US, windows.LAST_US)


@settings(max_examples=30, deadline=None)  # because each example opens a server and a client
@given(st.lists(st.tuples(int64, int64, st.sampled_from(["sleep", "steps", "sleep_cycle", "profile"])), min_size=5))
def test_any_span_is_a_page_or_trouble(spans: list[tuple[int, int, str]]) -> None:
    """Also those of jobs that an older version has put into the table: a final trouble, not the end of the process."""

    async def asked() -> None:
        async with scripted(http(404)) as server:
            page_fetcher = PageFetcher(settings_for(server.url))
            page_fetcher.open()
            for start, end, resource in spans:
                job = Job(Request("bf_1", USER, "oura", resource), window=(start, end), due_ms=0)
                outcome = await page_fetcher.fetch(job)
                assert isinstance(outcome, FetchedPage) or (isinstance(outcome, FetchFailure) and outcome.is_final)

    asyncio.run(asked())


async def test_a_job_of_before_that_no_date_can_say_fails_once() -> None:
    """It stands in the table since a version that took it: it is refused, and its place in the queue is free."""
    fetcher = Fetcher(NOW_MS, may_fail=True)
    request = Request("bf_1", USER, "oura", "sleep", 1, 253_402_387_199_000_000)
    stored = jobs.begin(request, NOW_MS)
    fetcher.put(stored)
    async with scripted(NOTHING["sleep"]) as server:
        page_fetcher = PageFetcher(settings_for(server.url))
        page_fetcher.open()
        await fetcher.run(page_fetcher.fetch)
    job = fetcher.job(request)
    assert job
    assert (job.status, job.reason, server.requests) == (JobStatus.FAILED, "bad_request", [])


values = (
    any_int | st.text(max_size=300) | st.sampled_from(["", "sleep", "workout_stream", "profile", "new_thing", None])
)
records = st.fixed_dictionaries(
    {
        "id": st.just("bf_1") | values,
        "user_id": st.just(USER) | values,
        "provider": st.just("oura") | values,
        "resource": st.sampled_from(["sleep", "steps", "profile", "workout_stream", "new_thing", "hypnogram"]) | values,
    },
    optional={"start_us": any_int, "end_us": any_int, "not_before_ms": any_int, "workout_id": values}
    | {"priority": st.integers(-1, 4), "why": values, "client_user_id": values, "team_id": values},
)


@settings(max_examples=60, deadline=None)  # because each example opens a server and a client
@given(records)
def test_any_record_of_the_queue_ends(record: dict[str, Any]) -> None:
    """Whoever wrote it: a dead letter, or a job that is over, or waits, after so many calls."""
    body = json.dumps(record).encode()
    try:
        request = requests.decode(body)
        fetcher, calls = asyncio.run(calls_for(request))
    except Rejected:
        return
    assert calls <= CALLS_MAX
    job = fetcher.job(request)
    assert job is None or job.due_ms is None or job.due_ms > NOW_MS


@given(st.sampled_from([JobProgress, Outage]), st.data())
def test_any_number_of_a_fetcher_is_bad_or_taken(kind: type[JobProgress | Outage], data: st.DataObject) -> None:
    """A worker that reads it goes on: JSON has integers that its rows have not."""
    said: dict[str, Any] = {"type": "progress" if kind is JobProgress else "outage"}
    if kind is JobProgress:
        said |= {"id": "bf_1", "user_id": USER, "provider": "oura", "resource": "sleep", "status": "fetching"}
        names = ["seq", "start_us", "end_us", "pages", "rows", "due_ms", "began_ms", "at_ms"]
    else:
        names = ["start_ms", "end_ms"]
    said |= {name: data.draw(any_int) for name in names}
    worker = Worker()
    try:
        worker.run(RawRecord(f"{PREFIX}.{topics.FETCH_PROGRESS}", 3, 0, NOW_MS, b"k", json.dumps(said).encode(), []))
    except Rejected:
        return
    worker.punctuate()


NOW = datetime(2026, 6, 3, 12, tzinfo=UTC)
NOW_US = 1_780_488_000_000_000


@pytest.mark.parametrize(
    ("start", "end", "span"),
    [
        (None, None, (NOW_US - 30 * DAY_US, NOW_US)),
        (datetime(2026, 6, 1), datetime(9999, 12, 31), (NOW_US - 60 * 3_600_000_000, NOW_US + AHEAD_US)),
        (datetime(1, 1, 1), None, (OLDEST_US, NOW_US)),
        (None, datetime(1, 1, 5), None),
        (datetime(2999, 1, 1), datetime(9999, 12, 31), None),
        (datetime(2026, 6, 1), datetime(2026, 6, 1), None),
    ],
)
def test_a_person_asks_for_any_dates(start: datetime | None, end: datetime | None, span: Any) -> None:
    """Far ahead is until now, long ago is from the beginning, and nothing at all is a sentence."""
    if span is None:
        with pytest.raises(Misconfigured):
            user_fetch.requested_span(start, end, NOW)
    else:
        assert user_fetch.requested_span(start, end, NOW) == span


@given(any_int, any_int)
def test_reconciling_asks_for_no_time_that_cannot_hold_data(start_us: int, end_us: int) -> None:
    """Whatever Junction names as its newest or oldest data."""
    finding = ResourceFinding("oura", "sleep", ReconcileVerdict.BEHIND, ResourceReport(), 0, None, (start_us, end_us))
    for request in requests_for(USER, [finding], NOW_MS / 1000):
        assert requests.bounded(request, NOW_MS) == request
        assert requests.decode(requests.encode(request)) == request


def test_a_wait_is_bounded() -> None:
    """A request that says not before the year 2^60 is asked for within a day."""
    request = Request("bf_1", USER, "oura", "profile", not_before_ms=2**60)
    assert requests.bounded(request, NOW_MS) == replace(request, not_before_ms=NOW_MS + requests.WAIT_MS_MAX)


def test_progress_says_what_is_bounded() -> None:
    """What the fetcher tells of a job is about the range that it really asks for."""
    fetcher = Fetcher(NOW_MS)
    fetcher.take(Request("bf_1", USER, "oura", "sleep", 0, 2**62))
    word = progress.decode(fetcher.stored[-1].value or b"")
    assert isinstance(word, JobProgress)
    assert (word.start_us, word.end_us) == (OLDEST_US, NOW_MS * 1000 + AHEAD_US)
