"""The data we have of a user's resource at a provider: how fresh they are, which days have any. Merges in any order.

One row for each (user, provider, resource), in the table of connections. Times are rounded so that a busy user's row is
not written anew with every event.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from streams.events import DAY_US, MINUTE_MS, MINUTE_US, SECOND_US
from streams.payloads import Columns, LocalTime, local_time
from streams.tables import rows

DAYS_MAX = 512  # days that are remembered one by one, the newest ones


class EventExtent(NamedTuple):
    """What one event covers: first and last moment (µs since 1970, UTC) and local days since 1970.

    `says_offset`: whether samples name the offset by which their days are local; else these are days of UTC.
    """

    first_us: int
    last_us: int
    days: frozenset[int]
    says_offset: bool = False


class Coverage(NamedTuple):
    """Minutes since 1970, UTC. `days`: bit n stands for day `base + n`."""

    first_min: int
    last_min: int
    delivered_min: int
    base: int
    days: bytes

    @property
    def day_count(self) -> int:
        return int.from_bytes(self.days, "little").bit_count()

    def spans(self) -> list[tuple[int, int]]:
        """Days with data, as (first, last) of each run of days in a row."""
        runs: list[tuple[int, int]] = []
        for day in sorted(_days(self)):
            if runs and runs[-1][1] == day - 1:
                runs[-1] = (runs[-1][0], day)
            else:
                runs.append((day, day))
        return runs


def merge(state: Coverage | None, extent: EventExtent, delivered_ms: int) -> Coverage:
    """The state that knows both. Order and repetition do not matter."""
    first, last, delivered = extent.first_us // MINUTE_US, extent.last_us // MINUTE_US, delivered_ms // MINUTE_MS
    if state is None:
        return Coverage(first, last, delivered, *_pack(extent.days))
    is_known = _has(state, extent.days)
    if is_known and first >= state.first_min and last <= state.last_min and delivered <= state.delivered_min:
        return state
    base, days = (state.base, state.days) if is_known else _pack(extent.days | _days(state))
    return Coverage(
        min(first, state.first_min), max(last, state.last_min), max(delivered, state.delivered_min), base, days
    )


def _has(state: Coverage, days: Iterable[int]) -> bool:
    base, bits = state.base, int.from_bytes(state.days, "little")
    for day in days:  # noqa: SIM110  # because there is nearly always one, and a generator costs more than the question
        if day < base or not bits >> (day - base) & 1:
            return False
    return True


def _days(state: Coverage) -> frozenset[int]:
    bits = int.from_bytes(state.days, "little")
    return frozenset(state.base + n for n in range(bits.bit_length()) if bits >> n & 1)


def _pack(days: Iterable[int]) -> tuple[int, bytes]:
    newest = max(days, default=0)
    kept = [day for day in days if day > newest - DAYS_MAX]
    base = min(kept, default=0)
    bits = sum(1 << (day - base) for day in kept)
    return base, bits.to_bytes((bits.bit_length() + 7) // 8, "little")


def of_samples(columns: Columns) -> EventExtent:
    """Of a timeseries event. Days are local where the samples say their offset. `columns` is not empty."""
    first_us, last_us = columns.times_us[0], columns.times_us[-1]
    offset_s = columns.attributes[0].timezone_offset_s
    offset_us = (offset_s or 0) * SECOND_US
    first, last = (first_us + offset_us) // DAY_US, (last_us + offset_us) // DAY_US
    days = {first, last}
    if last - first > 1:
        days |= {(time_us + offset_us) // DAY_US for time_us in columns.times_us}
    return EventExtent(first_us, max(last_us, columns.ends_us[-1]), frozenset(days), offset_s is not None)


def of_summary(fields: Mapping[str, Any], at_ms: int, place: LocalTime | None = None) -> EventExtent | None:
    """Of a summary; None where it belongs to no time (a profile). A day of now ends at `at_ms`, not at midnight.

    Its day is the local one where the summary has a date, an offset or a zone; else the day in UTC. `place`: where it
    lies by its own words alone, if that is known.
    """
    day = (place or local_time.of_summary(fields, None, is_floating=False)).day
    first_us, last_us = local_time.span_of(fields)
    if first_us is not None:
        on_day = first_us // DAY_US if day is None else day
        return EventExtent(first_us, last_us or first_us, frozenset({on_day}))
    if day is None:
        return None
    return EventExtent(day * DAY_US, max(day * DAY_US, min((day + 1) * DAY_US, at_ms * 1000)), frozenset({day}))


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Coverage).decode


def encode(state: Coverage) -> bytes:
    return rows.pack(rows.COVERAGE, _encode(state))


def decode(stored: bytes | None) -> Coverage | None:
    return None if stored is None else _decode(rows.unpack(rows.COVERAGE, stored))
