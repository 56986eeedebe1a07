"""A user's own baseline: mean and standard deviation of the days before, from at most PER_DAY values of each day.

Of a day the values with the smallest hashes of time and source are kept. So the baseline depends on the data alone, not
on the order of arrival, and fetched history counts as well. For summaries this holds while no day has more than
PER_DAY: one that moves to another day does not bring a dropped one back.

Rows written before sources were part of the hash have hashes of times alone, below 2^32. Such a value counts until its
day leaves the baseline, or until a sample of its time arrives again and replaces it, so that nothing counts twice.
"""

import math
from bisect import insort
from collections.abc import Iterable
from typing import NamedTuple
from zlib import crc32

import msgspec

from streams.alerts.episodes.provenance import Provenance
from streams.alerts.rules import Rule
from streams.events import DAY_US, key_parts
from streams.tables import rows

PER_DAY = 8
DAYS_MAX = 91
FLOOR = 0.01  # of the mean; of values that never differ any difference would be enormous
_MIX, _BITS = 0x9E3779B97F4A7C15, 0xFFFFFFFFFFFFFFFF
_OF_TIME = 1 << 32  # hashes below are of a time alone, or of an entity

Days = dict[int, list[tuple[int, float]]]  # day since 1970, UTC → (hash, value), sorted


class Baseline(NamedTuple):
    mean: float
    sd: float


def add(days: Days, points: Iterable[tuple[int, float]], source: Provenance, until_us: int) -> bool:
    """Take in points up to a time; returns whether anything changed. Of an entity only the newest value counts."""
    if source.entity:
        return _add_entity(days, points, crc32(source.entity.encode()), until_us)
    is_changed, salt = False, crc32(key_parts.join("|", (source.provider, source.source_type)).encode()) << 32
    for time_us, value in points:
        if time_us <= until_us:
            kept = days.setdefault(time_us // DAY_US, [])
            _drop(kept, (time_us * _MIX & _BITS) >> 32)
            is_changed |= _put(kept, (time_us + salt) * _MIX & _BITS | _OF_TIME, value)
    _forget(days)
    return is_changed


def _add_entity(days: Days, points: Iterable[tuple[int, float]], key: int, until_us: int) -> bool:
    before = {day: list(kept) for day, kept in days.items()}
    for kept in days.values():
        _drop(kept, key)
    for time_us, value in points:
        if time_us <= until_us:
            _put(days.setdefault(time_us // DAY_US, []), key, value)
    _forget(days)
    return before != days


def _forget(days: Days) -> None:
    newest = max(days, default=0)
    for day in [day for day, kept in days.items() if not kept or day <= newest - DAYS_MAX]:
        del days[day]


def _drop(kept: list[tuple[int, float]], key: int) -> None:
    if kept and kept[0][0] < _OF_TIME:
        kept[:] = [one for one in kept if one[0] != key]


def _put(kept: list[tuple[int, float]], key: int, value: float) -> bool:
    for place, (known, old) in enumerate(kept):
        if known == key:
            kept[place] = (key, value)
            return old != value
    if len(kept) >= PER_DAY and key > kept[-1][0]:
        return False
    insort(kept, (key, value))
    del kept[PER_DAY:]
    return True


def baseline_of(days: Days, day: int, length: int, days_min: int) -> Baseline | None:
    """Of `length` days before a day; None while fewer than `days_min` of them have data."""
    there = [kept for before, kept in days.items() if day - length <= before < day]
    if len(there) < days_min:
        return None
    found = [value for kept in there for _, value in kept]
    mean = math.fsum(found) / len(found)
    variance = math.fsum((value - mean) ** 2 for value in found) / max(1, len(found) - 1)
    return Baseline(mean, max(math.sqrt(variance), abs(mean) * FLOOR))


class Baselines:
    """A user's baselines by day, each computed when it is first asked for."""

    def __init__(self, days: Days) -> None:
        self._days = days
        self._known: dict[tuple[int, int, int], Baseline | None] = {}

    def of(self, rule: Rule, day: int) -> Baseline | None:
        key = (day, rule.days, rule.days_min)
        if key not in self._known:
            self._known[key] = baseline_of(self._days, *key)
        return self._known[key]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Days).decode


def encode(days: Days) -> bytes:
    return rows.pack(rows.BASELINE, _encode(days))


def decode(stored: bytes | None) -> Days:
    return {} if stored is None else _decode(rows.unpack(rows.BASELINE, stored))
