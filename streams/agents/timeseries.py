"""daily.data.<timeseries>.*: a batch of samples an event; only those that are news leave, as columns."""

import struct
from functools import partial
from typing import Any

from streams.agents.steps import hour_preferences, sample_chunks, zones
from streams.agents.steps.backfill_rows import received
from streams.agents.steps.common_fields import Delivered, Outlet, aged, body_of, data_link, delivered, head, note_times
from streams.agents.steps.deliveries import fold_unread
from streams.agents.steps.drift import note
from streams.agents.steps.signs_of_life import overtaken
from streams.events.times import HOUR_US
from streams.events.types import Family, Record
from streams.kafka.codec import Codec
from streams.payloads import drift, local_time
from streams.payloads.columns import Columns
from streams.payloads.decode import decode
from streams.payloads.series import Series, sample_columns
from streams.tables import connections, coverage, samples
from streams.tables.draft import Draft, Fold
from streams.tables.sources import Policy, is_compared
from streams.tables.verdicts import NEVER_US, Verdict, Version, signed_hash

EMPTY = "EMPTY"  # in the place of a verdict: there is nothing that could have one


def make(codec: Codec, prefix: str, policy: Policy) -> Fold:
    outlet = Outlet(codec, prefix)

    def fold(record: Record, draft: Draft) -> None:
        how = delivered(record)
        series = decode(body_of(record), Family.TIMESERIES)
        if not isinstance(series, Series):
            fold_unread(draft, outlet, policy, series, how)
            return
        if not len(series.columns):
            _note_empty(draft, outlet, series, how)
            return
        judged = samples.judge(series, how.at_ms, partial(draft.get, "samples"), partial(draft.put, "samples"))
        link = data_link(draft, outlet, series.event, how, series.source.provider)
        _count(draft, series, judged)
        extent = coverage.of_samples(series.columns)
        how = aged(how, extent.last_us, link)
        flags = hour_preferences.settle(draft, outlet, policy, series, judged, how) if is_compared(series.row) else None
        note_times(series.event, "$.data.data[].timestamp", extent.first_us, series.columns.times_us[-1], how.at_ms)
        _emit(draft, outlet, policy, series, judged, how, link, flags)
        if judged.is_overtaken:
            overtaken(draft, series.event, how, series.columns.times_us[-1])
        received(draft, outlet, series.event, how, series.source.provider, extent, judged.counts, series.dropped)
        note(draft, outlet, series.event, how, drift.of_series(series))

    return fold


def _note_empty(draft: Draft, outlet: Outlet, series: Series, how: Delivered) -> None:
    """A batch without a sample says nothing, not even that there is a connection: it is counted, as any delivery is."""
    draft.count("verdicts", Family.TIMESERIES, series.row.name, EMPTY)
    received(draft, outlet, series.event, how, series.source.provider, None, {})
    note(draft, outlet, series.event, how, drift.of_series(series))


def _count(draft: Draft, series: Series, judged: samples.SampleVerdicts) -> None:
    family, resource = Family.TIMESERIES, series.row.name
    for verdict, n in judged.counts.items():
        draft.count("verdicts", family, resource, verdict, n=n)
    if judged.conflicts:
        draft.count("conflicts", family, resource, n=judged.conflicts)


def _emit(
    draft: Draft, outlet: Outlet, policy: Policy, series: Series, judged: samples.SampleVerdicts, how: Delivered,
    link: connections.Connection, flags: hour_preferences.Flags | bool | None,
) -> None:  # fmt: skip
    places = judged.emitted()
    if not places:
        return
    beyond = {hour for hour in judged.hours if _may_be_forgotten(policy, hour, how)}
    parts = list(sample_chunks.parts(series.columns, places, sample_chunks.marks(judged.hours, flags, beyond)))
    counts = _NO_COUNTS | {_COUNTED[verdict]: n for verdict, n in judged.counts.items()}
    counts["dropped"] = series.dropped
    key = (series.event.user_id, series.row.name)
    for part, (mark, places) in enumerate(parts, start=1):
        columns = series.columns if len(places) == len(series.columns) else series.columns.take(places)
        row = head(
            series.event, how, draft, source=series.source, link=link, verdict=judged.strongest(places), policy=policy,
            version=Version(NEVER_US, how.at_ms, _content_hash(columns)), unknown=_unknown(series, columns),
        )  # fmt: skip
        row |= _shared(columns)
        row |= _local(draft, policy, series, columns)
        row |= {"values": columns.contents} if series.is_numeric else _others(series, columns)
        row |= {"counts": counts, "part": part, "parts": len(parts), **mark._asdict()}
        outlet.emit(draft, series.row.name, key, row)


def _may_be_forgotten(policy: Policy, hour: int, how: Delivered) -> bool:
    """Whether a block of this hour may have expired, and with it what this delivery, or another, had said of it.

    A block stays a window behind its newest delivery, which is no older than its samples and than this one, if this one
    was here before. An hour that has a block is asked, too: a repetition may have made it anew.
    """
    return policy.is_beyond_window(min(hour * HOUR_US // 1000, how.at_ms), how.arrived_ms)


def _local(draft: Draft, policy: Policy, series: Series, columns: Columns) -> dict[str, Any]:
    """The fields of local time; without a known offset they say nothing, but that a floating time is local."""
    first_us, last_us, name = columns.times_us[0], columns.times_us[-1], None
    if series.source.provider in local_time.FLOATING_PROVIDERS:
        name = zones.known(draft, series.event.user_id, policy) or None
        offset_s, wall_s = local_time.offset_over(local_time.zone(name or ""), first_us, last_us), 0
    else:
        offset_s = local_time.offset_of(columns.attributes[0].timezone_offset_s)
        if offset_s is None:
            return _NOWHERE
        wall_s = offset_s
    return {
        "local_offset_s": offset_s,
        "time_zone": name,
        "first_local_date": local_time.day_of(first_us, wall_s),
        "last_local_date": local_time.day_of(last_us, wall_s),
    }


_NOWHERE = dict.fromkeys(("local_offset_s", "time_zone", "first_local_date", "last_local_date"))
_COUNTED = {verdict: verdict.lower() for verdict in Verdict}
_NO_COUNTS = dict.fromkeys(_COUNTED.values(), 0)


def _shared(columns: Columns) -> dict[str, Any]:
    """What the schemas of samples have in common; those without sensor_location and intensity do not look at them."""
    unit, kind, offset_s, location, intensity, is_interval = columns.attributes[0]
    return {
        "unit": unit,
        "type": kind,
        "timezone_offset_s": offset_s,
        "sensor_location": location,
        "intensity": intensity,
        "times": columns.times_us,
        "ends": columns.ends_us if is_interval else [],
    }


def _others(series: Series, columns: Columns) -> dict[str, Any]:
    """The columns of samples that are more, or other, than a number."""
    named = sample_columns(series.row.value)
    return {column.name: [sample[column.key] for sample in columns.samples] for column in named}


def _content_hash(columns: Columns) -> int:
    code = "d" if isinstance(columns.contents[0], float) else "Q"
    n = len(columns)
    packed = struct.pack(f"<{n}q{n}{code}", *columns.times_us, *columns.contents)
    return signed_hash(packed)


def _unknown(series: Series, columns: Columns) -> dict[str, Any]:
    """Names without place by their path; those of samples as lists beside `times`, null where a sample has none."""
    if not columns.unknowns:
        return series.unknown
    names = sorted({name for unknown in columns.unknowns for name in unknown})
    lists = {name: [unknown.get(name) for unknown in columns.unknowns] for name in names}
    return {**series.unknown, "data[]": lists} if lists else series.unknown
