"""Which days of the index go: those that are too old, and the oldest where there is no room for more. Pure."""

from streams.lineage.index.rows import keys

GIB = 1 << 30


def oldest_kept(now_ms: int, days: int) -> int:
    """The first day of which rows are kept, for so many days before today."""
    return max(keys.day_of(now_ms) - days, 0)


def was_ahead(cared: int, newest_ms: int, now_ms: int) -> bool:
    """Whether the clock was more than a day ahead when days were dropped last, so that they went too early.

    `cared`: by that clock, the day of it. `newest_ms`: when the newest row was processed, by its worker's clock, Unix
    ms: where rows are of that day, too, the clock of now is behind.
    """
    return cared > keys.day_of(now_ms) + 1 and cared > keys.day_of(newest_ms) + 1


def has_to_go(oldest: int | None, now_ms: int, bytes_on_disk: int, gib_max: float) -> bool:
    """Whether the oldest day that has rows has to make room. Today's stays, whatever it takes."""
    return oldest is not None and oldest < keys.day_of(now_ms) and bytes_on_disk > gib_max * GIB
