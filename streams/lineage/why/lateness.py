"""Whether a provider is late for everybody: its hours now against the same hours of the days before. Pure.

The rule. Compared are the last HOURS whole hours (of a day that is over: all of its hours) with the same hours of up to
DAYS days before, of which DAYS_MIN have to be known; "usual" is their median. A provider is late if it usually brings
DELIVERIES_MIN deliveries in them, and now brought half of that or less; or if its data are now twice as old as usual at
receipt, and DELAY_S more. Both only where USERS_MIN users are concerned: one user's phone is nobody else's trouble.
Where a provider brings less than that, chance says as much as an outage would, and it is not known.
"""

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from streams.events.times import DAY_MS, HOUR_MS
from streams.lineage.known import ProviderHour

HOURS = 3
DAYS, DAYS_MIN = 7, 3
DELIVERIES_MIN, USERS_MIN = 20, 5
DELAY_S = 1800.0


class Hours(NamedTuple):
    """Some hours of a provider and resource, summed. `delay_s`: the mean over deliveries, -1 without any."""

    deliveries: int
    users: int
    delay_s: float


class Lateness(NamedTuple):
    """`is_late`: None where that cannot be told. `now`, `usual`: of the hours compared; `why`: a phrase."""

    is_late: bool | None
    now: Hours
    usual: Hours
    why: str


def window(from_ms: int, until_ms: int, as_of_ms: int) -> tuple[int, int]:
    """The hours that are compared, as [begin, end), Unix ms. `until_ms`: end of the day asked for."""
    if until_ms <= as_of_ms:
        return _floor(from_ms), _floor(until_ms)
    end_ms = _floor(as_of_ms)
    return end_ms - HOURS * HOUR_MS, end_ms


def _floor(ms: int) -> int:
    return ms - ms % HOUR_MS


def judge(hours: Sequence[ProviderHour], begin_ms: int, end_ms: int, first_ms: int) -> Lateness:
    """`hours`: of one provider and resource, the days before too. `first_ms`: earlier hours are not known."""
    now = _summed(hours, begin_ms, end_ms)
    shifts = [days * DAY_MS for days in range(1, DAYS + 1) if begin_ms - days * DAY_MS >= first_ms > 0]
    before = [_summed(hours, begin_ms - shift, end_ms - shift) for shift in shifts]
    if len(before) < DAYS_MIN:
        return Lateness(None, now, Hours(0, 0, -1.0), f"only {len(before)} of the days before are known")
    delays = [one.delay_s for one in before if one.delay_s >= 0]
    usual = Hours(
        round(median(one.deliveries for one in before)),
        round(median(one.users for one in before)),
        median(delays) if delays else -1.0,
    )
    return _compared(now, usual)


def _compared(now: Hours, usual: Hours) -> Lateness:
    if usual.deliveries >= DELIVERIES_MIN and usual.users >= USERS_MIN and 2 * now.deliveries <= usual.deliveries:
        return Lateness(True, now, usual, f"{now.deliveries:,} deliveries where {usual.deliveries:,} are usual")
    is_slower = now.delay_s >= 2 * usual.delay_s and now.delay_s >= usual.delay_s + DELAY_S
    if now.delay_s >= 0 <= usual.delay_s and now.users >= USERS_MIN and is_slower:
        return Lateness(True, now, usual, f"data are {_minutes(now)} old at receipt where {_minutes(usual)} are usual")
    if usual.deliveries < DELIVERIES_MIN or usual.users < USERS_MIN:
        return Lateness(None, now, usual, f"{usual.deliveries:,} deliveries are usual, too few to tell from chance")
    return Lateness(False, now, usual, f"{now.deliveries:,} deliveries where {usual.deliveries:,} are usual")


def _minutes(hours: Hours) -> str:
    return f"{hours.delay_s / 60:.0f} min"


def _summed(hours: Sequence[ProviderHour], begin_ms: int, end_ms: int) -> Hours:
    """Users are counted by the hour, so the hour with the most is what is known of all of them."""
    mine = [one for one in hours if begin_ms <= one.hour_ms < end_ms]
    timed = [one for one in mine if one.delay_s >= 0 and one.deliveries]
    n_timed = sum(one.deliveries for one in timed)
    delay_s = sum(one.delay_s * one.deliveries for one in timed) / n_timed if n_timed else -1.0
    return Hours(sum(one.deliveries for one in mine), max((one.users for one in mine), default=0), delay_s)
