"""The quick reader of a timeseries event: numeric samples in the shape that nearly every body has."""

import operator
from datetime import datetime
from typing import Annotated, Any

import msgspec

from streams.events import Family, Value, resources, times
from streams.events.text import ID_CHARS_MAX
from streams.payloads import columns
from streams.payloads.columns import Attributes, Columns
from streams.payloads.envelope import event_of
from streams.payloads.series import Series, bounded
from streams.payloads.source import SourceShape

Time = Annotated[datetime, msgspec.Meta(tz=True)]
Int32 = Annotated[int, msgspec.Meta(ge=-(2**31), lt=2**31)]
Word = Annotated[str, msgspec.Meta(max_length=ID_CHARS_MAX)]
_NOTHING = msgspec.Raw(b"")


class KnownFields(msgspec.Struct, gc=False):
    """The fields of a numeric sample, whatever stands beside them."""

    value: float
    timestamp: Time | None = None
    start: Time | None = None
    end: Time | None = None
    unit: Word | None = None
    type: Word | None = None
    timezone_offset: Int32 | None = None
    sensor_location: Word | None = None
    intensity: Word | None = None


class _Sample(KnownFields, gc=False, forbid_unknown_fields=True):
    id: msgspec.Raw = _NOTHING


class _Data(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    source: SourceShape
    data: list[_Sample]
    user_id: str | None = None
    provider: msgspec.Raw = _NOTHING
    source_id: msgspec.Raw = _NOTHING


class _Body(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    event_type: str
    data: _Data
    user_id: str | None = None
    client_user_id: str | None = None
    team_id: str | None = None


_body = msgspec.json.Decoder(_Body).decode
_timestamp = operator.attrgetter("timestamp")
_start = operator.attrgetter("start")
_end = operator.attrgetter("end")
_value = operator.attrgetter("value")
_shared = operator.attrgetter("unit", "type", "timezone_offset", "sensor_location", "intensity")


def read(body: bytes) -> Series | None:
    """The series of a body of the usual shape; None sends it to the tolerant reader. Raises Rejected for identity."""
    try:
        whole = _body(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    data = whole.data
    identity = {"user_id": data.user_id}
    event = event_of(whole.event_type, whole.user_id, whole.team_id, whole.client_user_id, identity)
    made_by = data.source.read()
    row = resources.get(event.type.resource)
    if event.type.family is not Family.TIMESERIES or not data.data or made_by is None:
        return None
    if row is None or row.value is not Value.NUMBER:
        return None
    read = columns_of(data.data, row.unit)
    return None if read is None else bounded(Series(event, made_by, row, read))


def columns_of(rows: list[Any], unit: str, unknowns: list[dict[str, Any]] | None = None) -> Columns | None:
    """Of samples as one of the structs has them. None if a sample has no time, or one that is out of range."""
    is_point = not any(map(_end, rows))
    try:
        if is_point and not any(map(_start, rows)):
            times_us = times.all_since_epoch(map(_timestamp, rows))
        else:
            times_us = times.all_since_epoch(s.timestamp if s.start is None else s.start for s in rows)
    except TypeError:  # null, which is no time
        return None
    ends_us = times_us if is_point else _ends_us(times_us, rows)
    bounds = (min(times_us), max(times_us), *(() if is_point else (min(ends_us), max(ends_us))))
    if not all(map(times.in_range, bounds)):
        return None
    contents = list(map(_value, rows))
    if 0.0 in contents:
        contents = [value + 0.0 for value in contents]  # -0.0 is 0.0
    attributes = _attributes(rows, unit, is_point=is_point)
    return columns.build(times_us, ends_us, contents, attributes, unknowns if unknowns and any(unknowns) else [], [])


def _ends_us(times_us: list[int], rows: list[Any]) -> list[int]:
    ends = list(map(_end, rows))
    if all(ends):
        return times.all_since_epoch(ends)
    return [t if end is None else times.since_epoch(end) for t, end in zip(times_us, ends, strict=True)]


def _attributes(rows: list[Any], unit: str, *, is_point: bool) -> list[Attributes]:
    shared = list(map(_shared, rows))
    if shared.count(shared[0]) == len(shared) and (is_point or all(map(_end, rows))):
        return [_made(shared[0], not is_point, unit)] * len(shared)
    return [_made(one, row.end is not None, unit) for one, row in zip(shared, rows, strict=True)]


def _made(shared: tuple[Any, ...], is_interval: bool, unit: str) -> Attributes:
    own_unit, kind, offset_s, location, intensity = shared
    return Attributes(own_unit or unit, kind or None, offset_s, location or None, intensity or None, is_interval)
