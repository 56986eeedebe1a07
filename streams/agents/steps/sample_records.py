"""The records of a batch of samples: those that are news, as columns."""

import struct
from typing import Any

from streams.agents.steps import hour_preferences, sample_chunks, zones
from streams.agents.steps.common_fields import Joined, head
from streams.agents.steps.incoming import Incoming
from streams.events import HOUR_US
from streams.payloads import Columns, Series, local_time
from streams.payloads.sample_columns import sample_columns
from streams.tables import NEVER_US, Verdict, Version, connections, samples, signed_hash


def emit(
    incoming: Incoming,
    series: Series,
    judged: samples.SampleVerdicts,
    link: connections.Connection,
    preferred: hour_preferences.Preferred | bool | None,
) -> None:
    """Emit what is new or changed. `preferred`: whether the source is the one to take, by the hour or in all hours."""
    places = judged.emitted()
    if not places:
        return
    beyond = {hour for hour in judged.hours if _may_be_forgotten(incoming, hour)}
    parts = list(sample_chunks.parts(series.columns, places, sample_chunks.flags_of(judged.hours, preferred, beyond)))
    counts = _NO_COUNTS | {_COUNTED[verdict]: n for verdict, n in judged.counts.items()}
    counts["dropped"] = series.dropped
    joined = Joined(series.source, link, incoming.policy)
    key, at_ms = (series.event.user_id, series.row.name), incoming.delivery.at_ms
    for part, (flags, places) in enumerate(parts, start=1):
        columns = series.columns if len(places) == len(series.columns) else series.columns.take(places)
        row = head(
            incoming, joined, verdict=judged.strongest(places),
            version=Version(NEVER_US, at_ms, _content_hash(columns)), unknown=_unknown(series, columns),
        )  # fmt: skip
        row |= _shared(columns)
        row |= _local(incoming, series, columns)
        row |= {"values": columns.contents} if series.is_numeric else _others(series, columns)
        row |= {"counts": counts, "part": part, "parts": len(parts), **flags._asdict()}
        incoming.emit(series.row.name, key, row)


def _may_be_forgotten(incoming: Incoming, hour: int) -> bool:
    """Whether a block of this hour may have expired, with samples of this delivery or of others."""
    # A block stays for a window after its newest delivery, which is no older than its samples, nor than an earlier
    # arrival of this delivery. An hour that has a block counts, too: a repetition may have made it anew.
    delivery = incoming.delivery
    return incoming.policy.is_beyond_window(min(hour * HOUR_US // 1000, delivery.at_ms), delivery.arrived_ms)


def _local(incoming: Incoming, series: Series, columns: Columns) -> dict[str, Any]:
    """The fields of local time, null without a known offset."""
    first_us, last_us, name = columns.times_us[0], columns.times_us[-1], None
    if series.source.provider in local_time.FLOATING_PROVIDERS:
        name = zones.known(incoming) or None
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
    """What the schemas of samples share. A schema without sensor_location and intensity ignores them."""
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
    """Unknown names by their path; those of samples as lists beside `times`, null where a sample has none."""
    if not columns.unknowns:
        return series.unknown
    names = sorted({name for unknown in columns.unknowns for name in unknown})
    lists = {name: [unknown.get(name) for unknown in columns.unknowns] for name in names}
    return {**series.unknown, "data[]": lists} if lists else series.unknown
