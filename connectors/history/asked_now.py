"""What Junction's API has of a user's day, asked now for a person who misses it; nothing of it is stored."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator

from connectors.junction import Client, Refused, bodies, has_endpoint, iterate_pages, open_client
from connectors.junction.retry_policy import RetryPolicy
from streams.events import DAY_MS, DAY_US, SECOND_US
from streams.lineage.data.days import LocalDay
from streams.lineage.why.facts import JunctionSays
from streams.ops.errors import Misconfigured, Rejected, Unavailable
from streams.ops.settings import Settings
from streams.payloads import Series, Summary
from streams.payloads.decode import decode
from streams.tables import coverage

PATIENCE = RetryPolicy(tries=2, total_s=10.0, wait_max_s=2.0)  # a person waits
PAGES_MAX = 50
LATELY_MS = 2 * DAY_MS  # what is asked for without a day

AskJunction = Callable[[str, str, LocalDay | None], JunctionSays]


def has_key(settings: Settings) -> bool:
    """Whether Junction's API can be asked."""
    return bool(settings.junction_api_key.get_secret_value() or settings.junction_management_key.get_secret_value())


def asker(settings: Settings) -> AskJunction | None:
    """Asks for a user's resource of a day; None without a key. Blocks, in a thread without an event loop.

    It raises Unavailable, Misconfigured.
    """
    if not has_key(settings):
        return None

    def ask(user_id: str, resource: str, day: LocalDay | None) -> JunctionSays:
        if not has_endpoint(resource):
            raise Misconfigured(f"Junction's API cannot be asked for {resource}")
        try:
            return asyncio.run(_asked(settings, user_id, resource, day))
        except Refused as refused:
            raise Unavailable(f"Junction does not say it: {refused}") from None

    return ask


async def _asked(settings: Settings, user_id: str, resource: str, day: LocalDay | None) -> JunctionSays:
    async with open_client(settings, PATIENCE) as client:
        found = await _by_provider(client, user_id, resource, day)
    return JunctionSays(found.total(), tuple(sorted(found)))


async def _by_provider(client: Client, user_id: str, resource: str, day: LocalDay | None) -> Counter[str]:
    """How many things each provider has. Which field Junction filters is not documented: a day more is asked for."""
    now_ms = int(time.time() * 1000)
    from_ms, until_ms = (day.from_ms - DAY_MS, day.until_ms + DAY_MS) if day else (now_ms - LATELY_MS, now_ms)
    span = (from_ms * 1000, until_ms * 1000)
    found: Counter[str] = Counter()
    pages = iterate_pages(lambda cursor: client.page(resource, user_id, span, cursor=cursor), PAGES_MAX)
    async for page in pages:
        for body in bodies(page, user_id):
            for provider, n in _things(body, day):
                found[provider] += n
    return found


def _things(body: bytes, day: LocalDay | None) -> Iterator[tuple[str, int]]:
    """Of a day, as the worker would count it; what this build cannot read is no thing."""
    try:
        decoded = decode(body)
    except Rejected:
        return
    if isinstance(decoded, Series):
        n = _samples(decoded, day)
    elif isinstance(decoded, Summary):
        extent = coverage.of_summary(decoded.fields, int(time.time() * 1000))
        n = int(day is None or (extent is not None and day.number in extent.days))
    else:
        return
    if n:
        yield decoded.source.provider, n


def _samples(series: Series, day: LocalDay | None) -> int:
    columns = series.columns
    if day is None or not len(columns):
        return len(columns)
    offset_us = (columns.attributes[0].timezone_offset_s or 0) * SECOND_US
    return sum((time_us + offset_us) // DAY_US == day.number for time_us in columns.times_us)
