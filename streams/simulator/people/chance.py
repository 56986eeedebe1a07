"""Repeatable chance: numbers that follow from a key and a counter, without a generator whose state travels.

So any value of the world can be computed alone, in any order, and twice.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b

_MASK = (1 << 64) - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR_MS = 3600 * 1000
DAY_MS = 24 * HOUR_MS


@lru_cache(maxsize=100_000)
def key_of(*parts: object) -> int:
    """64 bits that name a thing by its parts."""
    return int.from_bytes(blake2b("\x1f".join(map(str, parts)).encode(), digest_size=8).digest(), "big")


def noise(key: int, n: int) -> float:
    """The `n`-th number of a key, evenly spread over [0, 1): splitmix64 (Steele, Lea, Flood 2014)."""
    x = (key ^ n * 0x9E3779B97F4A7C15) & _MASK
    x = ((x ^ x >> 30) * 0xBF58476D1CE4E5B9) & _MASK
    x = ((x ^ x >> 27) * 0x94D049BB133111EB) & _MASK
    return (x ^ x >> 31) / 18446744073709551616.0


def within(low: float, high: float, share: float) -> float:
    """The point that lies `share` of the way from low to high."""
    return low + (high - low) * share


@lru_cache(maxsize=100_000)
def iso(ms: int) -> str:
    """Unix milliseconds as Junction writes times: 2026-06-03T10:00:00+00:00."""
    return (_EPOCH + timedelta(milliseconds=ms)).isoformat()


@lru_cache(maxsize=4096)
def iso_date(day: int) -> str:
    """Days since 1970 as 2026-06-03."""
    return (_EPOCH + timedelta(days=day)).date().isoformat()
