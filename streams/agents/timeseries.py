"""daily.data.<timeseries>.*: a batch of samples an event; only those that are news leave, as columns."""

import struct
from collections.abc import Iterator
from functools import partial
from typing import Any

from streams import connection, coverage, drift, samples
from streams.agents.drift import note
from streams.agents.history import received
from streams.agents.parts import Delivered, Outlet, aged, body_of, data_link, delivered, head
from streams.codec import Codec
from streams.columns import Columns
from streams.decode import decode
from streams.dedup import NEVER_US, Verdict, Version, signed_hash
from streams.draft import Draft, Fold
from streams.errors import Reason, Rejected
from streams.events import Family, Record
from streams.series import Series, sample_columns

SAMPLES_MAX = 10_000  # in one clean record: about 200 kB
TEXT_BYTES_MAX = 512 * 1024  # in one clean record, of what samples say beside numbers


def make(codec: Codec, prefix: str) -> Fold:
    outlet = Outlet(codec, prefix)

    def fold(record: Record, draft: Draft) -> None:
        how = delivered(record)
        series = decode(body_of(record), Family.TIMESERIES)
        if not isinstance(series, Series):
            raise Rejected(Reason.BAD_SHAPE, "$.event_type: not of this topic")
        judged = samples.judge(series, how.at_ms, partial(draft.get, "samples"), partial(draft.put, "samples"))
        link = data_link(draft, outlet, series.event, how, series.source.provider)
        _count(draft, series, judged)
        extent = coverage.of_samples(series.columns)
        how = aged(how, extent.last_us, link)
        _emit(draft, outlet, series, judged, how, link)
        received(draft, outlet, series.event, how, series.source.provider, extent, judged.counts, series.dropped)
        note(draft, outlet, series.event, how, drift.of_series(series))

    return fold


def _count(draft: Draft, series: Series, judged: samples.Judged) -> None:
    family, resource = Family.TIMESERIES, series.row.name
    for verdict, n in judged.counts.items():
        draft.count("verdicts", family, resource, verdict, n=n)
    if judged.conflicts:
        draft.count("conflicts", family, resource, n=judged.conflicts)


def _emit(
    draft: Draft, outlet: Outlet, series: Series, judged: samples.Judged, how: Delivered, link: connection.State
) -> None:
    places = judged.emitted()
    if not places:
        return
    parts = list(_parts(series.columns, places))
    counts = _NO_COUNTS | {_COUNTED[verdict]: n for verdict, n in judged.counts.items()}
    counts["dropped"] = series.dropped
    key = (series.event.user_id, series.row.name)
    for part, places in enumerate(parts, start=1):
        columns = series.columns if len(places) == len(series.columns) else series.columns.take(places)
        row = head(
            series.event, how, draft, source=series.source, link=link, verdict=judged.strongest(places),
            version=Version(NEVER_US, how.at_ms, _content_hash(columns)), unknown=_unknown(series, columns),
        )  # fmt: skip
        row |= _shared(columns)
        row |= {"values": columns.contents} if series.is_numeric else _others(series, columns)
        row |= {"counts": counts, "part": part, "parts": len(parts)}
        outlet.emit(draft, series.row.name, key, row)


_COUNTED = {verdict: verdict.lower() for verdict in Verdict}
_NO_COUNTS = dict.fromkeys(_COUNTED.values(), 0)


def _parts(columns: Columns, places: list[int]) -> Iterator[list[int]]:
    """Places of the samples of each record: equal attributes, not too many, in the order of their times."""
    groups: dict[Any, list[int]] = {}
    if columns.are_alike:
        groups = {None: places}
    else:
        for place in places:
            groups.setdefault(columns.attributes[place], []).append(place)
    for group in groups.values():
        yield from _by_number(group) if columns.are_numbers else _by_weight(columns, group)


def _by_number(group: list[int]) -> Iterator[list[int]]:
    return (group[first : first + SAMPLES_MAX] for first in range(0, len(group), SAMPLES_MAX))


def _by_weight(columns: Columns, group: list[int]) -> Iterator[list[int]]:
    """Samples with texts: as many as stay below TEXT_BYTES_MAX, one at least."""
    part, weight = list[int](), 0
    for place in group:
        added = columns.text_bytes(place)
        if part and (len(part) == SAMPLES_MAX or weight + added > TEXT_BYTES_MAX):
            yield part
            part, weight = [], 0
        part.append(place)
        weight += added
    yield part


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
