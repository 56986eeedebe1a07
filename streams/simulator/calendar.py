"""Times and days as Junction writes them."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=100_000)
def iso(ms: int) -> str:
    """Unix milliseconds as Junction writes times: 2026-06-03T10:00:00+00:00."""
    return (_EPOCH + timedelta(milliseconds=ms)).isoformat()


@lru_cache(maxsize=4096)
def iso_date(day: int) -> str:
    """Days since 1970 as 2026-06-03."""
    return (_EPOCH + timedelta(days=day)).date().isoformat()
