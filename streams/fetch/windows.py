"""How a range is cut into calls (domain file, 6.2, 6.3, 6.6). Spans are [start, end] in µs since 1970, UTC."""

from collections.abc import Sequence

from streams.resources import Kind, Rate, Resource

Span = tuple[int, int]

DAY_US = 86_400_000_000
# Summaries have no pages, so their windows keep answers small; a series has pages within a window.
SUMMARY_DAYS = 30
SERIES_DAYS = {Rate.VERY_HIGH: 1, Rate.HIGH: 7, Rate.SPARSE: 30}


def days_of(row: Resource) -> int:
    """Length of a window in days."""
    return SUMMARY_DAYS if row.kind is Kind.SUMMARY else SERIES_DAYS[row.rate]


def newest(todo: Sequence[Span], days: int) -> tuple[Span, tuple[Span, ...]]:
    """The next window and what is left behind it. The newest comes first: it is what people look at.

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
