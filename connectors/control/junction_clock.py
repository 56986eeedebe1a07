"""Junction's clock, as the `Date` of its Management API's answers tells it. No key is sent."""

import time
from typing import NamedTuple

import httpx

from connectors.contract import proxies
from connectors.junction import http_status
from streams.ops.errors import Unavailable
from streams.ops.settings import Settings

GRAIN_MS = 1000.0  # a Date has whole seconds


class ClockSeen(NamedTuple):
    """`theirs_ms`: None where no answer had a date. `ours_ms`: before and after, Unix milliseconds."""

    theirs_ms: int | None
    ours_ms: tuple[float, float]


async def read(settings: Settings, timeout_s: float) -> ClockSeen:
    """Raises Unavailable."""
    async with httpx.AsyncClient(timeout=timeout_s, mounts=proxies.mounts(), follow_redirects=False) as client:
        before_ms = time.time() * 1000
        try:
            async with client.stream("GET", settings.junction_management_url) as answer:
                return ClockSeen(http_status.date_ms(answer.headers), (before_ms, time.time() * 1000))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unavailable(f"Junction's Management API does not answer ({type(error).__name__})") from None
