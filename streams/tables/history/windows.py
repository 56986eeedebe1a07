"""How a range is cut into calls (domain file, 6.2, 6.3, 6.6). Spans are [start, end] in µs since 1970, UTC."""

from collections.abc import Sequence

from streams.events import DAY_US, Kind, Rate, Resource

Span = tuple[int, int]

# Junction pulls a year at most (domain file, 5.2), and no provider is older. An end far ahead means "until now".
OLDEST_US = 946_684_800_000_000  # 2000-01-01
AHEAD_US = 2 * DAY_US  # a day of zones, and the one by which a range is widened
LAST_US = 253_402_214_400_000_000  # 9999-12-31: what a date can say, should `now` be wrong as well
# Summaries have no pages, so their windows keep answers small; a series has pages within a window.
SUMMARY_DAYS = 30
SERIES_DAYS = {Rate.VERY_HIGH: 1, Rate.HIGH: 7, Rate.SPARSE: 30}


DAYS_MAX = 90
ROWS_FEW, ROWS_MANY = 500, 5_000  # in one window


def days_of(row: Resource | None) -> int:
    """Length of the first window in days, by what Junction plans with. None: a resource that we do not know."""
    return SUMMARY_DAYS if row is None or row.kind is Kind.SUMMARY else SERIES_DAYS[row.rate]


def next_days(days: int, rows: int) -> int:
    """Length of the next window, from what this one held: most people have less than Junction plans with, and every
    call that finds nothing costs as much as one that does."""
    if rows < ROWS_FEW:
        return min(days * 2, DAYS_MAX)
    return max(1, days // 2) if rows > ROWS_MANY else days


def newest(todo: Sequence[Span], days: int) -> tuple[Span, tuple[Span, ...]]:
    """The next window, and what is left to do after it. The newest first: it is what people look at.

    `todo` is sorted and not empty.
    """
    *older, (start, end) = todo
    cut = end - days * DAY_US
    if cut <= start:
        return (start, end), tuple(older)
    return (cut, end), (*older, (start, cut))


def union(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Sorted spans without overlaps; those that touch become one."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def widened(start_us: int, end_us: int) -> Span:
    """A day more on both sides: which time zone and which field a range filters is not documented (6.2)."""
    return start_us - DAY_US, end_us + DAY_US


def reachable(span: Span, now_us: int) -> Span | None:
    """The part of a span that can hold data, from 2000 to two days ahead of `now_us`; None where there is none.

    Each 90 days of a range are a call, and an end in the year 9999 is no rare way to say "open".
    """
    start, end = max(span[0], OLDEST_US), min(span[1], now_us + AHEAD_US, LAST_US)
    return (start, end) if start < end else None
