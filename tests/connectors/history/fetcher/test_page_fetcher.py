"""One call of the API for a job: how fast, as a share of the team's rate."""

import asyncio
import time

from connectors.history.fetcher.page_fetcher import Asker
from connectors.history.fetcher.transaction import Page, Trouble
from streams.tables.history import job as jobs
from streams.tables.history.request import Request
from tests.connectors.junction.scripted import http, scripted, settings_for

RATE_PER_S = 40.0
CALLS = 10
PROFILE = jobs.begin(Request("bf_1", "u1", "oura", "profile"), 0)


async def test_a_share_of_the_work_is_a_share_of_the_rate() -> None:
    """Told before there is a client, and told anew: calls leave that much apart."""
    async with scripted(http(404)) as server:
        asker = Asker(settings_for(server.url, junction_requests_per_s=RATE_PER_S))
        asker.open()
        for share in (0.5, 1.0):
            asker.set_share(share)
            began_s = time.monotonic()
            found = await asyncio.gather(*(asker.ask(PROFILE) for _ in range(CALLS)))
            assert all(isinstance(page, Page) for page in found)
            least_s = (CALLS - 1) / (RATE_PER_S * share)
            assert time.monotonic() - began_s >= 0.95 * least_s
            assert time.monotonic() - began_s < least_s + 5


async def test_a_cursor_that_has_ended_is_no_end_of_the_pages() -> None:
    """The answer is 404, as for a user of whom there is nothing: the window is read again from its beginning."""
    now_ms = 1_780_500_000_000
    page = b'{"groups":{},"next_cursor":"more"}'
    job = jobs.begin(Request("bf_1", "u1", "oura", "steps", 0, 1_000_000), now_ms)
    async with scripted(http(200, page), http(404)) as server:
        asker = Asker(settings_for(server.url))
        asker.open()
        first = await asker.ask(job)
        assert isinstance(first, Page)
        job = jobs.after_page(job, first.rows, first.cursor, now_ms)
        found = await asker.ask(job)
    assert isinstance(found, Trouble)
    assert (found.reason, found.is_of_cursor) == ("cursor_refused", True)
