"""Which days of the index go: those that are too old, and the oldest where there is no room for more. Pure."""

from streams.lineage.index.rows import keys

GIB = 1 << 30


def oldest_kept(now_ms: int, days: int) -> int:
    """The first day of which rows are kept, for so many days before today."""
    return max(keys.day_of(now_ms) - days, 0)


def has_to_go(oldest: int | None, now_ms: int, bytes_on_disk: int, gib_max: float) -> bool:
    """Whether the oldest day that has rows has to make room. Today's stays, whatever it takes."""
    return oldest is not None and oldest < keys.day_of(now_ms) and bytes_on_disk > gib_max * GIB
