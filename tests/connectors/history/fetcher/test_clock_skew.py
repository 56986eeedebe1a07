"""A fetcher on a host whose clock is wrong: what it fetched is never newer than what Junction says later."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.history.fetcher.clock_skew import DATE_MS, CorrectedClock
from connectors.history.fetcher.outcome import FetchedPage
from connectors.history.fetcher.page_fetcher import PageFetcher
from connectors.history.fetcher.transaction import apply_outcome, enqueue
from streams.simulator.api.app import FakeApi
from streams.simulator.api.keys import KEY
from streams.simulator.api.options import ApiOptions
from streams.simulator.api.serve import running
from streams.tables.draft import Draft
from streams.tables.history import job as jobs
from streams.tables.history.job import Job
from streams.tables.history.request import Request
from tests.connectors.junction.scripted import http, scripted, settings_for
from tests.folding import NOW_MS, PREFIX, RawRecord, Worker
from tests.simulator.worlds import world

USER = "6a1e1c3e-0000-4000-8000-000000000001"
STEPS = jobs.begin(Request("bf_1", USER, "garmin", "steps", (NOW_MS - 1000) * 1000, NOW_MS * 1000), NOW_MS)
STREAM = jobs.begin(Request("bf_1", USER, "garmin", "workout_stream", workout_id="w1"), NOW_MS)
SOURCE = {"provider": "garmin", "type": "watch"}
DATE = "date: " + format_datetime(datetime.fromtimestamp(NOW_MS / 1000, UTC), usegmt=True)
MINUTE_MS = 60_000


def sample(value: int) -> dict[str, Any]:
    at = (datetime.fromtimestamp(NOW_MS / 1000, UTC) - timedelta(hours=1)).isoformat()
    return {"id": 1, "timestamp": at, "start": at, "end": at, "unit": "count", "value": value, "type": "x"}


def answer(value: int, *headers: str) -> bytes:
    groups = {"groups": {"garmin": [{"source": SOURCE, "data": [sample(value)]}]}, "next_cursor": None}
    return http(200, json.dumps(groups).encode(), *headers)


def webhook(value: int) -> dict[str, Any]:
    data = {"user_id": USER, "source": SOURCE, "source_id": 1, "data": [sample(value)]}
    return {"event_type": "daily.data.steps.created", "user_id": USER, "data": data}


def clock(ahead_ms: int) -> Callable[[], float]:
    return lambda: (NOW_MS + ahead_ms) / 1000


async def asked(said: bytes, job: Job = STEPS, ahead_ms: int = 0) -> FetchedPage:
    """The page of a fetcher whose clock is so far ahead of Junction's."""
    async with scripted(said) as server:
        page_fetcher = PageFetcher(settings_for(server.url), clock(ahead_ms))
        page_fetcher.open()
        found = await page_fetcher.fetch(job)
    assert isinstance(found, FetchedPage)
    return found


def stored(page: FetchedPage) -> list[RawRecord]:
    """The events of a page as a reader of the raw topics gets them."""
    draft = Draft(lambda *_: None, 3, NOW_MS)
    enqueue(draft, PREFIX, STEPS.request)
    apply_outcome(draft, PREFIX, jobs.begin(STEPS.request, NOW_MS), page)
    raw = [emit for emit in draft.emits if ".raw." in emit.topic]
    return [RawRecord(one.topic, 3, 0, NOW_MS, one.key, one.value, list(one.headers or ())) for one in raw]


@pytest.mark.parametrize("ahead_ms", [0, 10 * MINUTE_MS, -10 * MINUTE_MS])
async def test_a_webhook_that_is_newer_than_a_page_wins(ahead_ms: int) -> None:
    """Whatever the fetcher's clock says: what Junction sends five minutes after it answered replaces the answer."""
    (page,) = stored(await asked(answer(10, DATE), ahead_ms=ahead_ms))
    worker = Worker()
    assert [clean.record["values"] for clean in worker.run(page) if clean.topic == "steps"] == [[10.0]]
    told = worker.deliver(webhook(25), at_ms=NOW_MS + 5 * MINUTE_MS, id="m2")
    assert [clean.record["values"] for clean in told if clean.topic == "steps"] == [[25.0]]


@pytest.mark.parametrize(
    ("headers", "ahead_ms", "late_ms"),
    [
        ([DATE], 0, 0),
        ([DATE], 700, 700),
        ([DATE], MINUTE_MS, DATE_MS),
        ([DATE], -MINUTE_MS, -MINUTE_MS),
        ([], MINUTE_MS, MINUTE_MS),
        (["date: tomorrow"], MINUTE_MS, MINUTE_MS),
    ],
)
@pytest.mark.parametrize("job", [STEPS, STREAM])
async def test_a_page_is_never_newer_than_its_answer(job: Job, headers: list[str], ahead_ms: int, late_ms: int) -> None:
    """Our clock when we asked, unless it is ahead of the second in which Junction answered, where it names one."""
    said = http(200, b'{"time":[1],"power":[7]}', *headers) if job is STREAM else answer(10, *headers)
    page = await asked(said, job, ahead_ms)
    assert (page.rows, page.began_ms) == (1, NOW_MS + late_ms)


async def test_the_fake_junction_says_what_time_it_is() -> None:
    """Over real HTTP: a clock that is ahead by an hour makes no page of the future."""
    async with running(FakeApi(world(users=1, days=1), ApiOptions())) as url:
        page_fetcher = PageFetcher(settings_for(url, junction_api_key=KEY), lambda: time.time() + 3600)
        page_fetcher.open()
        page = await page_fetcher.fetch(STEPS)
    assert isinstance(page, FetchedPage)
    assert page.began_ms <= time.time() * 1000 + DATE_MS


def test_a_slow_answer_proves_nothing() -> None:
    """What is known of a clock that is ahead is not forgotten when an answer takes long."""
    clock = CorrectedClock(time.time)
    assert clock.asked_ms(NOW_MS + 10_000, NOW_MS) == NOW_MS + DATE_MS
    assert clock.asked_ms(NOW_MS + 20_000, NOW_MS + 22_000) == NOW_MS + 10_000 + DATE_MS


@given(
    st.lists(st.tuples(st.integers(1, 3_000), st.integers(0, 900)), min_size=1, max_size=20),
    st.integers(-10 * MINUTE_MS, 10 * MINUTE_MS),
)
def test_answers_keep_their_order(calls: list[tuple[int, int]], ahead_ms: int) -> None:
    """Whatever the clock: no page is newer than its answer by more than a second, and once a first call has shown
    how far the clock is ahead to the second, what was asked later is newer: not one page equal to the one before."""
    clock, at_ms, before_ms = CorrectedClock(time.time), NOW_MS // 1000 * 1000, 0
    clock.asked_ms(at_ms + ahead_ms, at_ms)  # answered at once, at the start of a second
    clock.asked_ms(at_ms + 999 + ahead_ms, at_ms)  # and at its end: the clock cannot be known better
    for later_ms, took_ms in calls:
        at_ms += 999 + later_ms
        answered_ms = at_ms + took_ms
        found_ms = clock.asked_ms(at_ms + ahead_ms, answered_ms // 1000 * 1000)
        assert found_ms <= answered_ms + 1_000
        assert found_ms > before_ms
        before_ms = found_ms
