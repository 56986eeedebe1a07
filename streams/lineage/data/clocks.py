"""By which clock a user lives, as their newest data say it. Pure.

The worker knows a zone too, but only of summaries that name one. Two providers send the user's clock as if it were UTC:
they say nothing.
"""

from collections.abc import Iterable

from streams.lineage.data.days import UserClock
from streams.lineage.data.originals import OriginalRead, Reads
from streams.payloads import FLOATING_PROVIDERS, Series, Summary, local_time
from streams.tables.readings import SeriesReading, SummaryReading

NOT_KNOWN = UserClock()


def clock_of(reads: Reads) -> UserClock:
    """That of the newest original that says one; by a zone rather than by an offset."""
    newest = sorted(_read(reads), key=lambda found: found.delivery.at_ms, reverse=True)
    told = [clock for found in newest if (clock := _told(found.reading)).is_known]
    return next((clock for clock in told if clock.zone), told[0] if told else NOT_KNOWN)


def _read(reads: Reads) -> Iterable[OriginalRead]:
    return (found for found in reads.values() if isinstance(found, OriginalRead))


def _told(reading: object) -> UserClock:
    if isinstance(reading, SummaryReading):
        return _of_summary(reading.entity)
    return _of_series(reading.series) if isinstance(reading, SeriesReading) else NOT_KNOWN


def _of_summary(summary: Summary) -> UserClock:
    if summary.source.provider in FLOATING_PROVIDERS:
        return NOT_KNOWN
    name = summary.fields.get("time_zone")
    if name and local_time.zone(name) is not None:
        return UserClock(zone=name)
    return UserClock(offset_s=local_time.offset_of(summary.fields.get("timezone_offset_s")))


def _of_series(series: Series) -> UserClock:
    if series.source.provider in FLOATING_PROVIDERS or not len(series.columns):
        return NOT_KNOWN
    return UserClock(offset_s=local_time.offset_of(series.columns.attributes[-1].timezone_offset_s))
