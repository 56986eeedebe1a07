"""What lineage rows say of a day, of an entity, of a moment. Pure."""

from collections import Counter
from collections.abc import Iterable

from streams.events import Family, parse_type
from streams.lineage.data.days import LocalDay, UserClock
from streams.lineage.row import LineageRow
from streams.tables import EMITTED, Verdict

RowKey = tuple[str, int, int, str, int]  # of `key_of`
THERE = frozenset({*EMITTED, Verdict.SAME})  # verdicts of what is in the clean topics, from this delivery or before


def in_order(rows: Iterable[LineageRow]) -> tuple[LineageRow, ...]:
    """Each row once, in the order of processing, however they came."""
    return tuple(sorted({key_of(row): row for row in rows}.values(), key=when))


def key_of(row: LineageRow) -> RowKey:
    """What tells two rows apart. A raw topic that was made anew gives its places again, to other deliveries."""
    return (*row.place, row.delivery_id, row.processed_ms)


def when(row: LineageRow) -> tuple[int, RowKey]:
    """By what rows are in the order of processing."""
    return (row.processed_ms, key_of(row))


def is_notice(row: LineageRow) -> bool:
    """Whether it only says that Junction has pulled a history: it brought no data."""
    return parse_type(row.event_type).family is Family.BACKFILL


def is_data(row: LineageRow) -> bool:
    """Whether it brought something that was processed."""
    return not row.is_dead and not is_notice(row)


def is_of_day(row: LineageRow, day: LocalDay) -> bool:
    """Whether its data lie on that local day, or around it."""
    first, last = days_of(row, day.clock)
    return bool(first) and first <= day.number <= last


def days_of(row: LineageRow, clock: UserClock) -> tuple[int, int]:
    """First and last local day of its data: those that a summary or a sample's offset names; where samples name none,
    by their times on the user's clock, without the moment at which they end. (0, 0) where they have no time."""
    if row.first_day or not row.first_us or parse_type(row.event_type).family is not Family.TIMESERIES:
        return row.first_day, row.last_day or row.first_day
    last_us = max(row.first_us, row.last_us - 1)
    return clock.day_at(row.first_us // 1000), clock.day_at(last_us // 1000)


def is_of_entity(row: LineageRow, entity: str) -> bool:
    return any(line.id == entity for line in row.entities)


def is_of_moment(row: LineageRow, from_us: int, until_us: int) -> bool:
    """Whether its data have anything in [from_us, until_us), Unix µs."""
    return bool(row.first_us) and row.first_us < until_us and max(row.last_us, row.first_us) >= from_us


def verdicts_of(row: LineageRow) -> Counter[str]:
    """Entities and samples of a row by verdict."""
    return verdicts_of_all((row,))


def verdicts_of_all(rows: Iterable[LineageRow]) -> Counter[str]:
    """Entities and samples of rows by verdict."""
    found = Counter[str]()
    for row in rows:
        for line in row.entities:
            found[line.verdict] += 1
        for verdict, n in row.counted:
            found[verdict] += n
    return found


def is_there(row: LineageRow) -> bool:
    """Whether what it brought is in the clean topics: emitted for it, or known from before."""
    if not is_data(row):
        return False
    return any(line.verdict in THERE for line in row.entities) or any(name in THERE for name, _ in row.counted)


def came_ms(row: LineageRow) -> int:
    """When it came to a door of ours, else when it was processed, Unix ms."""
    return row.received_ms or row.processed_ms


def place_words(row: LineageRow) -> str:
    """`raw.summaries 3:12`."""
    topic, partition, offset = row.place
    return f"{topic} {partition}:{offset}"
