"""Which days of the index go: those that are too old, and the oldest where there is no room for more. Pure."""

from typing import NamedTuple

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


class DaysHeld(NamedTuple):
    """What could make room. Oldest days, since 1970, None without any, of rows and of what lies beside them (dead
    letters and alerts); bytes on disk, and those of them that are beside at least."""

    rows: int | None
    beside: int | None
    bytes_on_disk: int
    bytes_beside: int = 0


def goes_next(held: DaysHeld, now_ms: int, gib_max: float) -> tuple[tuple[bytes, ...], int] | None:
    """Families and day of what has to make room now, None for nothing. Today's stays, whatever it takes.

    Rows take nearly all the room: what lies beside goes where it takes more than they do, or no other day of rows is
    left, as it is kept for longer.
    """
    if held.bytes_on_disk <= gib_max * GIB:
        return None
    today, is_flood = keys.day_of(now_ms), held.bytes_beside > held.bytes_on_disk / 2
    found = [(keys.BESIDE, held.beside), (keys.OF_LINEAGE, held.rows)]
    older = [(families, day) for families, day in found if day is not None and day < today]
    return older[0 if is_flood else -1] if older else None
