"""Silence: no fresh data of a resource for longer than a fixed time, or than this user's own cadence allows.

Times are those of deliveries: when Junction created the messages that brought news. Their minutes are a set, so that
repetition and disorder change nothing; a gap is an episode from one sign of life to the next one. A silence that lasts
is an episode only if nothing has arrived here for so long, either: after an outage of ours, what was created meanwhile
arrives in a row, and none of these users was silent.
"""

from collections.abc import Collection, Iterator
from itertools import pairwise
from typing import NamedTuple

import msgspec

from streams.alerts.episodes.episode import Episode, Resolution
from streams.alerts.rules import Rule
from streams.events import DAY_US, HOUR_US, MINUTE_US
from streams.tables import rows

RECENT_MAX = 32
FOREVER_US = 2**62
ALIVE_US = 3 * DAY_US  # data that were older than this on arrival are no sign of life
LEARN_DAYS = 28
LEARN_DAYS_MIN = 7
USUAL = 0.8  # share of the time that lies in gaps of the usual length or shorter
_HOURS = (LEARN_DAYS + 4) * 24


class Arrivals(NamedTuple):
    """`recent`: the newest minutes with news, sorted. `hours`: bit n: hour `base + n` (since 1970, UTC) had news.

    `heard`: the latest minute in which one of the newest of them arrived here.
    """

    recent: tuple[int, ...] = ()
    heard: int = 0
    base: int = 0
    hours: bytes = b""


def add(arrivals: Arrivals, at_us: int, received_us: int) -> Arrivals:
    """With one more sign of life; the same object if it is known.

    The result is a function of the set of signs: one that is older than all recent ones still sets the bit of its hour.
    """
    minute, heard = at_us // MINUTE_US, received_us // MINUTE_US
    if minute in arrivals.recent and (minute != arrivals.recent[-1] or heard <= arrivals.heard):
        return arrivals
    recent = tuple(sorted({*arrivals.recent, minute})[-RECENT_MAX:])
    heard = heard if minute == recent[-1] else arrivals.heard
    known = _set(arrivals)
    hours = known | {at_us // HOUR_US}
    kept = {one for one in hours if one > max(hours) - _HOURS}
    if kept == known and (recent, heard) == (arrivals.recent, arrivals.heard):
        return arrivals
    base = min(kept)
    bits = sum(1 << (one - base) for one in kept)
    return Arrivals(recent, heard, base, bits.to_bytes((bits.bit_length() + 7) // 8, "little"))


def _set(arrivals: Arrivals) -> set[int]:
    bits = int.from_bytes(arrivals.hours, "little")
    return {arrivals.base + n for n in range(bits.bit_length()) if bits >> n & 1}


def allowed_us(rule: Rule, arrivals: Arrivals, before_us: int) -> int | None:
    """How long this user may be silent after a time; None while the cadence is not learned yet."""
    if not rule.factor:
        return rule.longer_us
    last = before_us // HOUR_US
    hours = sorted(hour for hour in _set(arrivals) if last - LEARN_DAYS * 24 <= hour <= last)
    if len(hours) < 2 or hours[-1] - hours[0] < LEARN_DAYS_MIN * 24:
        return None
    gaps = sorted(b - a for a, b in pairwise(hours))
    left, usual = USUAL * (hours[-1] - hours[0]), gaps[-1]
    for gap in gaps:
        left -= gap
        if left <= 0:
            usual = gap
            break
    return max(rule.longer_us, int((usual + 1) * rule.factor * HOUR_US))  # an hour's bit may be its first minute


def episodes(rule: Rule, arrivals: Arrivals, until_us: int, lasting: Collection[int]) -> Iterator[Episode]:
    """The silences between recent signs of life, and the one that lasts. `lasting`: beginnings of open alerts."""
    times = [minute * MINUTE_US for minute in arrivals.recent]
    for last_us, next_us in zip(times, [*times[1:], None], strict=True):
        end_us = next_us or (FOREVER_US if last_us in lasting else until_us)
        if end_us - last_us <= rule.longer_us:
            continue
        allowed = allowed_us(rule, arrivals, last_us)
        if allowed is None or end_us - last_us <= allowed:
            continue
        if next_us is None and last_us not in lasting and until_us <= arrivals.heard * MINUTE_US + allowed:
            continue
        due_us = last_us + allowed
        yield Episode(last_us, due_us, due_us, (), next_us, None if next_us is None else Resolution.CLEARED)


def due_us(rule: Rule, arrivals: Arrivals) -> int | None:
    """When a silence begins if nothing arrives; None if nothing ever did."""
    if not arrivals.recent:
        return None
    last_us = arrivals.recent[-1] * MINUTE_US
    allowed = allowed_us(rule, arrivals, last_us)
    return max(last_us, arrivals.heard * MINUTE_US) + (allowed or DAY_US)  # a cadence may be learned by tomorrow


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Arrivals).decode


def encode(arrivals: Arrivals) -> bytes:
    return rows.pack(rows.ARRIVALS, _encode(arrivals))


def decode(stored: bytes | None) -> Arrivals:
    return Arrivals() if stored is None else _decode(rows.unpack(rows.ARRIVALS, stored))
