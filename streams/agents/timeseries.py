"""daily.data.<timeseries>.*: a batch of samples an event; only those that are news are emitted, as columns."""

from functools import partial

from streams.agents.steps import connection_rows, hour_preferences, sample_records
from streams.agents.steps.backfill_rows import count_data
from streams.agents.steps.common_fields import note_times
from streams.agents.steps.folding import Agent
from streams.agents.steps.incoming import Incoming
from streams.agents.steps.signs_of_life import note_outdated
from streams.events import Family
from streams.payloads import Series
from streams.tables import About, coverage, is_compared, samples
from streams.tables.readings import SeriesReading

EMPTY = "EMPTY"  # instead of a verdict


def fold_series(incoming: Incoming, reading: SeriesReading) -> None:
    series, draft, provider = reading.series, incoming.draft, reading.series.source.provider
    if not len(series.columns):  # no news, not even of a connection; counted as any delivery is
        draft.judged(Family.TIMESERIES, series.row.name, EMPTY)
        draft.note(About(provider, series.source.type, None))
        count_data(incoming, provider, None, {})
        return
    at_ms = incoming.delivery.at_ms
    judged = samples.judge(series, at_ms, partial(draft.get, "samples"), partial(draft.put, "samples"))
    link = connection_rows.imply(incoming, provider)
    _count(incoming, series, judged)
    extent = coverage.of_samples(series.columns)
    draft.note(About(provider, series.source.type, extent))
    aged = incoming.with_age(extent.last_us, link)
    preferred = hour_preferences.prefer(aged, series, judged) if is_compared(series.row) else None
    note_times(aged, "$.data.data[].timestamp", extent.first_us, series.columns.times_us[-1])
    sample_records.emit(aged, series, judged, link, preferred)
    if judged.is_outdated:
        note_outdated(aged, series.columns.times_us[-1])
    count_data(aged, provider, extent, judged.counts, series.dropped)


def _count(incoming: Incoming, series: Series, judged: samples.SampleVerdicts) -> None:
    draft, family, resource = incoming.draft, Family.TIMESERIES, series.row.name
    for verdict, n in judged.counts.items():
        draft.judged(family, resource, verdict, n)
    if judged.conflicts:
        draft.count("conflicts", family, resource, n=judged.conflicts)


AGENT = Agent({Family.TIMESERIES: fold_series})
