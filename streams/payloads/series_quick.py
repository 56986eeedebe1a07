"""The quick reader of a timeseries event: numeric samples in the shape that nearly every body has."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from msgspec.structs import astuple

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


class KnownFields(msgspec.Struct, gc=False, kw_only=True):
    """The fields of a numeric sample, whatever stands beside them, in the order in which Junction writes them: msgspec
    looks for the next one first."""

    timezone_offset: Int32 | None = None
    type: Word | None = None
    unit: Word | None = None
    timestamp: Time | None = None
    start: Time | None = None
    end: Time | None = None
    value: float
    sensor_location: Word | None = None
    intensity: Word | None = None


class _Sample(KnownFields, gc=False, kw_only=True, forbid_unknown_fields=True):
    id: msgspec.Raw = _NOTHING


class _Point(msgspec.Struct, gc=False, kw_only=True, forbid_unknown_fields=True):
    """The fewest fields that most samples have: nothing has to be made, and looked through, for the others."""

    timezone_offset: Int32 | None = None
    type: Word | None = None
    unit: Word | None = None
    timestamp: Time
    value: float
    id: msgspec.Raw = _NOTHING


S = TypeVar("S")


class _Data(msgspec.Struct, Generic[S], gc=False, forbid_unknown_fields=True):
    source: SourceShape
    data: list[S]
    user_id: str | None = None
    provider: msgspec.Raw = _NOTHING
    source_id: msgspec.Raw = _NOTHING


class _Body(msgspec.Struct, Generic[S], gc=False, forbid_unknown_fields=True):
    event_type: str
    data: _Data[S]
    user_id: str | None = None
    client_user_id: str | None = None
    team_id: str | None = None


_decoders = (msgspec.json.Decoder(_Body[_Point]).decode, msgspec.json.Decoder(_Body[_Sample]).decode)


def _body(body: bytes) -> _Body[Any] | None:
    """What another shape refuses costs little: it ends at the first sample."""
    for decode in _decoders:
        try:
            return decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
    return None


def read(body: bytes) -> Series | None:
    """The series of a body of the usual shape; None sends it to the tolerant reader. Raises Rejected for identity."""
    whole = _body(body)
    if whole is None:
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
    found = dict(zip(rows[0].__struct_fields__, zip(*map(astuple, rows), strict=True), strict=True))
    values, absent = found["value"], (None,) * len(rows)
    ends = found.get("end", absent)
    try:
        times_us = times.all_since_epoch(_either(found.get("start", absent), found["timestamp"]))
    except TypeError:  # null, which is no time
        return None
    is_point = ends.count(None) == len(ends)
    ends_us = times_us if is_point else _ends_us(times_us, ends)
    if not _in_range(times_us) or not (is_point or _in_range(ends_us)):
        return None
    contents = [value + 0.0 for value in values] if 0.0 in values else list(values)  # -0.0 is 0.0
    attributes = _attributes(tuple(found.get(name, absent) for name in _SHARED), ends, unit)
    return columns.build(times_us, ends_us, contents, attributes, unknowns if unknowns and any(unknowns) else [], [])


_SHARED = ("unit", "type", "timezone_offset", "sensor_location", "intensity")


def _either(firsts: Sequence[Any], seconds: Sequence[Any]) -> Sequence[Any]:
    """Of each pair the first, if it is there."""
    missing = firsts.count(None)
    if missing in (0, len(firsts)):
        return seconds if missing else firsts
    return [second if first is None else first for first, second in zip(firsts, seconds, strict=True)]


def _ends_us(times_us: list[int], ends: Sequence[datetime | None]) -> list[int]:
    if None not in ends:
        return times.all_since_epoch(ends)
    return [t if end is None else times.since_epoch(end) for t, end in zip(times_us, ends, strict=True)]


def _in_range(times_us: list[int]) -> bool:
    ordered = sorted(times_us)  # nearly always they are, and then it takes less time than the least and the greatest
    return times.in_range(ordered[0]) and times.in_range(ordered[-1])


def _attributes(shared: tuple[tuple[Any, ...], ...], ends: Sequence[datetime | None], unit: str) -> list[Attributes]:
    """`shared`: columns of what samples usually have in common."""
    n, points = len(ends), ends.count(None)
    first = [column[0] for column in shared]
    if points in (0, n) and list(map(tuple.count, shared, first)) == [n] * len(shared):
        return [_made(first, points == 0, unit)] * n
    return [_made(row, end is not None, unit) for *row, end in zip(*shared, ends, strict=True)]


def _made(shared: list[Any], is_interval: bool, unit: str) -> Attributes:
    own_unit, kind, offset_s, location, intensity = shared
    return Attributes(own_unit or unit, kind or None, offset_s, location or None, intensity or None, is_interval)
