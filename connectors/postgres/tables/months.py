"""Partitions of a table by month; times of years that nobody lives in share two partitions."""

from datetime import datetime, timedelta
from typing import NamedTuple

from connectors.postgres.tables import sql
from streams.events.times import DAY_US, EPOCH, MICRO

__all__ = ["DAY_US", "YEAR_MAX", "YEAR_MIN", "Month", "create", "month", "month_of"]

# A sender with a broken clock must not make a partition for each month since the year 1.
YEAR_MIN, YEAR_MAX = 1990, 2099


class Month(NamedTuple):
    """`start`, `end`: bounds as SQL."""

    suffix: str
    start: str
    end: str


def month_of(time_us: int) -> str:
    """The partition of a time (µs since 1970 UTC), by its suffix."""
    if not _FIRST_US <= time_us < _END_US:
        return "before" if time_us < _FIRST_US else "after"
    moment = EPOCH + timedelta(microseconds=time_us)
    return f"{moment.year}_{moment.month:02d}"


def month(suffix: str) -> Month:
    """The bounds of a partition."""
    if suffix == "before":
        return Month(suffix, "MINVALUE", _literal(YEAR_MIN, 1))
    if suffix == "after":
        return Month(suffix, _literal(YEAR_MAX + 1, 1), "MAXVALUE")
    year, number = map(int, suffix.split("_"))
    return Month(suffix, _literal(year, number), _literal(year + number // 12, number % 12 + 1))


def create(schema: str, table: str, suffix: str) -> list[str]:
    """Makes the partition. Attaching it locks out nobody who reads or writes others."""
    whole, part = sql.name(schema, table), sql.name(schema, f"{table}_{suffix}")
    bounds = month(suffix)
    return [
        f"CREATE TABLE {part} (LIKE {whole} INCLUDING ALL)",
        f"ALTER TABLE {whole} ATTACH PARTITION {part} FOR VALUES FROM ({bounds.start}) TO ({bounds.end})",
    ]


def _literal(year: int, number: int) -> str:
    return f"'{year:04d}-{number:02d}-01 00:00:00+00'"


def _since_epoch(year: int) -> int:
    return (datetime(year, 1, 1, tzinfo=EPOCH.tzinfo) - EPOCH) // MICRO


_FIRST_US, _END_US = _since_epoch(YEAR_MIN), _since_epoch(YEAR_MAX + 1)
