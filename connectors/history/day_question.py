"""Whether Junction has anything of a user's resource on a day: asked now, for who wants to know why we have nothing."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from functools import partial

from connectors.junction import Client, bodies_within, iterate_pages, open_client
from connectors.junction.retry_policy import RetryPolicy
from streams.events import DAY_US
from streams.lineage.data.days import LocalDay
from streams.lineage.data_asker import AskJunction
from streams.lineage.why.facts import JunctionSays
from streams.ops.errors import Rejected
from streams.ops.settings import MIB, Settings
from streams.payloads import Series, Summary
from streams.payloads.decode import decode
from streams.tables import coverage
from streams.tables.history import RANGELESS, Span, windows

PAGES_MAX = 20
PATIENCE = RetryPolicy(tries=2, total_s=10.0, wait_max_s=2.0)  # a person waits
DAYS = 30  # where no day is asked for
_EVENT_BYTES_MAX = 4 * MIB


def junction_asker(settings: Settings, patience: RetryPolicy = PATIENCE) -> AskJunction:
    """Who asks. Blocks, in a thread without an event loop; raises Unavailable, Misconfigured, Refused."""

    def ask(user_id: str, resource: str, day: LocalDay | None) -> JunctionSays:
        return asyncio.run(_asked(settings, patience, user_id, resource, day))

    return ask


async def _asked(
    settings: Settings, patience: RetryPolicy, user_id: str, resource: str, day: LocalDay | None
) -> JunctionSays:
    now_us, found = time.time_ns() // 1000, Counter[str]()
    span = None if resource in RANGELESS else _span(day, now_us)
    async with open_client(settings, patience) as client:
        async for bodies in _bodies(client, user_id, resource, span):
            for body in bodies:
                found.update(_of_day(body, day, now_us // 1000))
    return JunctionSays(found.total(), tuple(sorted(found)))


def _span(day: LocalDay | None, now_us: int) -> Span | None:
    """A day more on both sides: which field Junction filters is not documented."""
    if day is None:
        return windows.widened(now_us - DAYS * DAY_US, now_us)
    return windows.widened(day.from_ms * 1000, day.until_ms * 1000)


async def _bodies(client: Client, user_id: str, resource: str, span: Span | None) -> AsyncIterator[list[bytes]]:
    async for page in iterate_pages(partial(client.page, resource, user_id, span, ""), PAGES_MAX):
        yield bodies_within(page, user_id, bytes_max=_EVENT_BYTES_MAX, alone_max=16 * MIB)[0]


def _of_day(body: bytes, day: LocalDay | None, now_ms: int) -> dict[str, int]:
    """Summaries or samples of a day, by provider. What cannot be read is none of ours either."""
    try:
        event = decode(body)
    except Rejected:
        return {}
    if isinstance(event, Series):
        n = len(event.columns)
        return {event.source.provider: n} if n and _has(coverage.of_samples(event.columns), day) else {}
    if isinstance(event, Summary):
        return {event.source.provider: 1} if _has(coverage.of_summary(event.fields, now_ms), day) else {}
    return {}


def _has(extent: coverage.EventExtent | None, day: LocalDay | None) -> bool:
    return day is None or (extent is not None and day.number in extent.days)
