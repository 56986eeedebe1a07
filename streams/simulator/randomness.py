"""Repeatable randomness: numbers that follow from a key and a counter, without a generator whose state travels.

So any value of the world can be computed alone, in any order, and twice.
"""

from functools import lru_cache
from hashlib import blake2b

_MASK = (1 << 64) - 1


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
