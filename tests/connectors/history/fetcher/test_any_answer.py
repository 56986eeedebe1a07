"""Whatever an answer holds, it is a page or trouble of a known kind, and changes its own job alone."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.history.fetcher.outcome import FetchedPage, FetchFailure
from connectors.history.fetcher.page_fetcher import PageFetcher
from connectors.junction.answer_json import CURSOR_CHARS_MAX
from connectors.junction.retry_policy import RetryPolicy
from streams.events.times import DAY_US
from streams.tables.history import job as jobs
from streams.tables.history.job import Job, JobStatus
from streams.tables.history.request import Request
from tests.connectors.history.fetcher.memory import Fetcher
from tests.connectors.junction.scripted import http, scripted, settings_for
from tests.folding import NOW_MS

USER = "6a1e1c3e-0000-4000-8000-000000000001"
SPAN = (NOW_MS * 1000 - DAY_US, NOW_MS * 1000)
RESOURCES = ["sleep", "steps", "profile", "workout_stream", "blood_pressure", "electrocardiogram"]
REQUESTS = [
    *(Request("bf_1", USER, "oura", name, *(SPAN if name != "profile" else (0, 0))) for name in RESOURCES),
    Request("bf_1", USER, "oura", "workout_stream", workout_id="w1"),
]
WORDS = (
    "sleep groups oura data source provider id workouts next next_cursor time power timestamp value start end "
    "calendar_date heartrate profile \ud800 user_id"
)
names = st.sampled_from(WORDS.split(" "))
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**400), 10**400)
    | st.floats()
    | st.text(st.characters(), max_size=8)
    | st.sampled_from(["2026-05-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "\ud800", "x" * 5_000, "oura", "c"])
)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4), max_leaves=25
)
samples = st.fixed_dictionaries({"groups": st.dictionaries(names, st.lists(anything, max_size=3), max_size=2)})
listings = st.fixed_dictionaries(
    {"workouts": st.lists(st.dictionaries(names, anything), max_size=3)}, optional={"sleep": anything}
)
bodies = (
    anything.map(lambda value: json.dumps(value).encode())
    | (samples | listings).map(lambda value: json.dumps(value).encode())
    | st.binary(max_size=60)
)
ONCE = RetryPolicy(tries=1, wait_max_s=0.0)  # a 429 that asks for 20 s holds back nobody
headers = st.lists(
    st.tuples(
        st.sampled_from(["date", "retry-after", "content-type"]), st.text("0123456789-:., GMTSunJae", max_size=30)
    ),
    max_size=2,
)


async def outcome_of(page_fetcher: PageFetcher, request: Request) -> tuple[Fetcher, FetchedPage | FetchFailure]:
    fetcher, said = Fetcher(NOW_MS, may_fail=True), []

    async def ask(job: Job) -> FetchedPage | FetchFailure:
        said.append(await page_fetcher.fetch(job))
        return said[-1] if len(said) == 1 else FetchFailure("enough", is_final=True)

    fetcher.take(request)
    await fetcher.run(ask)
    return fetcher, said[0]


@settings(max_examples=60)  # because each example opens a server and a client
@given(st.lists(st.tuples(st.sampled_from([200, 200, 200, 400, 422, 429, 503]), bodies, headers), min_size=4))
def test_any_answer_is_a_page_or_known_trouble(answers: list[tuple[int, bytes, list[tuple[str, str]]]]) -> None:
    """And what it changes can be written: no answer ends the process."""

    async def asked() -> None:
        made = [http(status, body, *(f"{name}: {text}" for name, text in more)) for status, body, more in answers]
        async with scripted(*made * len(REQUESTS)) as server:
            page_fetcher = opened(server.url)
            for request in REQUESTS:
                for _ in made:
                    _, outcome = await outcome_of(page_fetcher, request)
                    assert isinstance(outcome, FetchedPage) or outcome.reason != "unexpected"

    asyncio.run(asked())


async def job_after(request: Request, *answers: bytes) -> Job:
    """What has become of a request once nothing is due."""
    async with scripted(*answers) as server:
        return await fetched(opened(server.url), request)


def opened(url: str) -> PageFetcher:
    page_fetcher = PageFetcher(settings_for(url), policy=ONCE)
    page_fetcher.open()
    return page_fetcher


async def fetched(page_fetcher: PageFetcher, request: Request) -> Job:
    fetcher = Fetcher(NOW_MS, may_fail=True)
    fetcher.take(request)
    await fetcher.run(page_fetcher.fetch)
    job = fetcher.job(request)
    assert job
    return job


@pytest.mark.parametrize("chars", [CURSOR_CHARS_MAX + 1, 70_000])
async def test_a_cursor_that_fits_no_url_fails_its_job(chars: int) -> None:
    """It would be refused by whoever reads the address, ours or theirs: one job is over, no process."""
    page: Any = {"groups": {}, "next_cursor": "c" * chars}
    job = await job_after(REQUESTS[1], http(200, json.dumps(page).encode()))
    assert (job.status, job.reason) == (JobStatus.FAILED, "bad_shape")


async def test_a_stored_cursor_that_fits_no_url_fails_its_job() -> None:
    """An older version has put it into the table."""
    job = jobs.after_page(jobs.begin(REQUESTS[1], NOW_MS), 0, "c" * 70_000, NOW_MS)
    async with scripted(http(404)) as server:
        page_fetcher = PageFetcher(settings_for(server.url))
        page_fetcher.open()
        outcome = await page_fetcher.fetch(job)
    assert outcome == FetchFailure("bad_request", is_final=True)


async def test_a_profile_that_is_one_level_too_deep_inside_of_an_event_fails_its_job() -> None:
    """The depth at which reading ends is found by trying: each depth is a page that can be stored, or trouble."""
    seen = set()
    answers = [http(200, b'{"a":' * depth + b"1" + b"}" * depth) for depth in range(900, 1_100)]
    async with scripted(*answers) as server:
        page_fetcher = opened(server.url)
        for _ in answers:
            job = await fetched(page_fetcher, REQUESTS[2])
            seen.add((job.status, job.reason))
        assert len(server.requests) == len(answers)
    assert seen == {
        (JobStatus.EMPTY, ""),
        (JobStatus.FAILED, "too_deep"),
    }  # stored, but no row: a worker reads 64


async def test_a_workout_with_an_id_that_is_none_has_no_stream() -> None:
    """An id of a megabyte would be the key of a row that no table takes."""
    listed = [{"id": "w" * 1_000_000}, {"id": ""}, {"id": 7}, {}]
    job = await job_after(REQUESTS[3], http(200, json.dumps({"workouts": listed}).encode()))
    assert (job.status, job.rows) == (JobStatus.EMPTY, 0)
