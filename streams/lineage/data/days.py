"""Local days, and moments, as a person names them, in the user's own clock. Pure: the time is an argument.

A night belongs to the day on which it ends: `last-night` is the local day of today, and before NIGHT_ENDS that of
yesterday, because then the night still goes on.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from streams.events.times import DAY_MS, DAY_US, HOUR_MS, day_number, day_text, in_range, micros
from streams.lineage import words
from streams.lineage.known import Reach
from streams.ops.errors import Misconfigured
from streams.payloads import local_time

LAST_NIGHT = "last-night"
NIGHT_ENDS_MS = 4 * HOUR_MS  # after midnight, on the user's clock
_FORM = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_LONG = re.compile(r"[+-]?\d{1,12}-\d{1,2}-\d{1,2}", re.ASCII)
_MOMENT_CHARS_MAX = 40
BEHIND_S = 5.0  # an index that is further behind says so
_EAST_MS = 14 * HOUR_MS  # the first clock on earth that begins a day: local_time.OFFSET_S_MAX


class UserClock(NamedTuple):
    """Which clock a user lives by. `zone`: IANA name, "" for none; `offset_s`: local minus UTC, where there is none."""

    zone: str = ""
    offset_s: int | None = None

    @property
    def is_known(self) -> bool:
        return bool(self.zone) or self.offset_s is not None

    @property
    def words(self) -> str:
        """What a sentence says of it."""
        if self.zone:
            return f"the user's clock ({self.zone})"
        if self.offset_s is None:
            return "UTC, as the user's clock is not known"
        sign, minutes = "-" if self.offset_s < 0 else "+", abs(self.offset_s) // 60
        return f"the user's clock (UTC{sign}{minutes // 60:02}:{minutes % 60:02})"

    def day_at(self, at_ms: int) -> int:
        """The local day (days since 1970) at a moment, Unix ms."""
        offset_s = local_time.offset_at(local_time.zone(self.zone), at_ms * 1000) if self.zone else self.offset_s
        return local_time.day_of(at_ms * 1000, offset_s or 0)

    def start_ms(self, day: int) -> int:
        """When a local day begins, Unix ms."""
        return day * DAY_MS - self.ahead_s(day * DAY_US) * 1000

    def ahead_s(self, wall_us: int) -> int:
        """By how much it is ahead of UTC when it shows that time (µs since 1970 on it), seconds; 0 for unknown."""
        where = local_time.zone(self.zone) if self.zone else None
        return (local_time.offset_on_clock(where, wall_us) if self.zone else self.offset_s) or 0


class LocalDay(NamedTuple):
    """One local day. `number`: days since 1970."""

    number: int
    clock: UserClock = UserClock()

    @property
    def text(self) -> str:
        return day_text(self.number)

    @property
    def words(self) -> str:
        return f"{self.text} in {self.clock.words}"

    @property
    def from_ms(self) -> int:
        """When it begins, Unix ms."""
        return self.clock.start_ms(self.number)

    @property
    def until_ms(self) -> int:
        """When the next one begins, Unix ms."""
        return self.clock.start_ms(self.number + 1)


def day_asked(text: str, clock: UserClock, now_ms: int, reach: Reach) -> LocalDay:
    """The day in a person's words. Raises Misconfigured, with the span that there is, for none or one to come."""
    text = text.strip(" \t\r\n")
    if text == LAST_NIGHT:
        return LocalDay(clock.day_at(now_ms - NIGHT_ENDS_MS), clock)
    day = LocalDay(_number(text, reach), clock)
    # Where no clock is known, a day counts as begun as soon as it has begun for anybody.
    newest = clock.day_at(now_ms) if clock.is_known else clock.day_at(now_ms + _EAST_MS)
    if day.number > newest:
        raise Misconfigured(f"{day.text} has not begun yet in {clock.words}. {span(reach)}")
    return day


def _number(text: str, reach: Reach) -> int:
    found = _FORM.fullmatch(text)
    if found is None:
        why = "a year has four digits" if _LONG.fullmatch(text) else "that is no day"
        raise Misconfigured(f"{why}: write one as 2026-11-28, or {LAST_NIGHT}. {span(reach)}")
    try:
        return day_number(date(*map(int, found.groups())))
    except ValueError:
        raise Misconfigured(f"the calendar has no {text}. {span(reach)}") from None


def moment_asked(text: str, clock: UserClock, now_ms: int, reach: Reach) -> int:
    """A moment in a person's words, Unix ms; without an offset it is in the user's clock.

    Raises Misconfigured, with the span that there is, for none or one to come.
    """
    text = text.strip(" \t\r\n")
    try:
        at_us = _moment_us(text, clock)
    except ValueError:
        raise Misconfigured(f"that is no time: write one as 2026-11-28T03:10:00Z. {span(reach)}") from None
    if at_us // 1000 > now_ms:
        raise Misconfigured(f"that time has not come yet. {span(reach)}")
    return at_us // 1000


def _moment_us(text: str, clock: UserClock) -> int:
    """Unix µs. Raises ValueError for none, and where the user's clock pushes it out of the years that there are."""
    at_us, has_offset = micros(text if len(text) <= _MOMENT_CHARS_MAX and ":" in text else "")  # no bare day
    if not has_offset:
        at_us -= clock.ahead_s(at_us) * 1_000_000
    if not in_range(at_us):
        raise ValueError("outside the years 1 to 9999")
    return at_us


def span(reach: Reach) -> str:
    """Which time an index can be asked about, as a sentence."""
    if not reach.first_ms:
        return "The index of lineage holds nothing yet."
    return f"The index has what was processed from {words.moment(reach.first_ms)} to {words.moment(reach.as_of_ms)}."


def is_current(reach: Reach) -> bool:
    """Whether an index has all that was processed from its beginning up to now."""
    return reach.first_ms > 0 and reach.behind_s <= BEHIND_S


def not_read(reach: Reach) -> Iterator[str]:
    """A sentence where an index is behind."""
    if reach.behind_s > BEHIND_S:
        yield f"The index is {reach.behind_s:.0f} s behind: what was processed since is not in it."


def not_kept(day: LocalDay | None, reach: Reach) -> Iterator[str]:
    """A sentence where what came of a day, while it was or later, may be older than an index."""
    if day is None:
        return
    if is_before(day, reach):
        yield f"What came of {day.text} at its time is not known. {span(reach)}"
    elif reach.first_ms > day.from_ms:
        yield f"What came of {day.text} before {words.moment(reach.first_ms)} is not known."


def is_before(day: LocalDay, reach: Reach) -> bool:
    """Whether a day was over before the index begins: what came of it then is not known."""
    return not reach.first_ms or day.until_ms <= reach.first_ms
