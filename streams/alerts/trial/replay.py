"""Stored records as if each had arrived live, at its time."""

from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

from streams.alerts.episodes import view_of
from streams.alerts.episodes.record_view import Json
from streams.alerts.rules import fields
from streams.events import DAY_US, HOUR_US, Origin


class TimedRecord(NamedTuple):
    """A clean record. `at_ms`: when Junction made the message that it came from."""

    at_ms: int
    topic: str
    record: Json


def timed_records(topic: str, record: Json, *, history: bool, max_age_us: int) -> Iterator[TimedRecord]:
    """A stored record as it would have arrived. Nothing for history older than `max_age_us`, unless `history`.

    History then arrives as if it had been live, hour by hour, at the time of the data themselves.
    """
    view = view_of(topic, record)
    if view is None:
        return
    if view.is_live:
        yield TimedRecord(view.delivered_ms, topic, _arriving(record, view.delivered_ms))
    elif history and fields.is_series(topic):
        yield from _by_hour(topic, record)
    elif history:
        yield TimedRecord(view.time_us // 1000, topic, _arriving(record, view.time_us // 1000))
    elif not view.is_past(view.delivered_ms * 1000, max_age_us + (DAY_US if view.is_floating else 0)):
        yield TimedRecord(view.delivered_ms, topic, _arriving(record, view.delivered_ms, Origin.HISTORICAL))


def _arriving(record: Json, at_ms: int, origin: Origin = Origin.INCREMENTAL) -> Json:
    if "delivery" not in record:
        return record
    delivery = {**record["delivery"], "received_at": at_ms, "origin": origin}
    return {**record, "delivery": delivery, "version": {**record["version"], "delivered_at": at_ms}}


def _by_hour(topic: str, record: Json) -> Iterator[TimedRecord]:
    times = record["times"]
    columns = [name for name, value in record.items() if isinstance(value, list) and len(value) == len(times) > 0]
    begin = 0
    while begin < len(times):
        end = bisect_left(times, (times[begin] // HOUR_US + 1) * HOUR_US, begin)
        part = {**record, **{name: record[name][begin:end] for name in columns}}
        yield TimedRecord(times[end - 1] // 1000, topic, _arriving(part, times[end - 1] // 1000))
        begin = end
