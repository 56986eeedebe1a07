"""One call of the API for a job: how fast, as a share of the team's rate."""

import asyncio
import time

from connectors.history.fetcher.outcome import FetchedPage, FetchFailure
from connectors.history.fetcher.page_fetcher import PageFetcher
from streams.tables.history import job as jobs
from streams.tables.history.request import Request
from tests.connectors.junction.scripted import http, scripted, settings_for

RATE_PER_S = 40.0
CALLS = 10
PROFILE = jobs.begin(Request("bf_1", "u1", "oura", "profile"), 0)


async def test_a_share_of_the_work_is_a_share_of_the_rate() -> None:
    """Told before there is a client, and told anew: calls leave that much apart."""
    async with scripted(http(404)) as server:
        page_fetcher = PageFetcher(settings_for(server.url, junction_requests_per_s=RATE_PER_S))
        page_fetcher.open()
        for share in (0.5, 1.0):
            page_fetcher.set_share(share)
            began_s = time.monotonic()
            found = await asyncio.gather(*(page_fetcher.fetch(PROFILE) for _ in range(CALLS)))
            assert all(isinstance(page, FetchedPage) for page in found)
            least_s = (CALLS - 1) / (RATE_PER_S * share)
            assert time.monotonic() - began_s >= 0.95 * least_s
            assert time.monotonic() - began_s < least_s + 5


async def test_a_cursor_that_has_ended_is_no_end_of_the_pages() -> None:
    """The answer is 404, as for a user of whom there is nothing: the window is read again from its beginning."""
    now_ms = 1_780_500_000_000
    page = b'{"groups":{},"next_cursor":"more"}'
    job = jobs.begin(Request("bf_1", "u1", "oura", "steps", 0, 1_000_000), now_ms)
    async with scripted(http(200, page), http(404)) as server:
        page_fetcher = PageFetcher(settings_for(server.url))
        page_fetcher.open()
        first = await page_fetcher.fetch(job)
        assert isinstance(first, FetchedPage)
        job = jobs.after_page(job, first.rows, first.cursor, now_ms)
        found = await page_fetcher.fetch(job)
    assert isinstance(found, FetchFailure)
    assert (found.reason, found.is_of_cursor) == ("cursor_refused", True)
