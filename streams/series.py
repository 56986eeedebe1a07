"""A timeseries event: a batch of samples of one source, as columns sorted by time.

Two readers with one meaning. The quick one is a strict shape that msgspec fills without a Python step per field; it
refuses anything unusual, and then the tolerant one reads the body again, sample by sample: a sample without a usable
time or value is dropped and counted, a field that does not fit is a problem and stays among the unknown ones.
"""

import operator
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Annotated, Any, NamedTuple

import msgspec

from streams import columns, resources, schemas, times, topics, values
from streams.body import UNKNOWN, Event, Source, checked, short_text, source, unknown_source
from streams.columns import Attributes, Columns, hash64
from streams.errors import Reason, Rejected
from streams.resources import Resource, Value
from streams.values import Unfit, canonical, to_json


@dataclass(slots=True)
class Series:
    """One event's samples. `dropped`: how many had no usable time or value. `unknown`: the rest of `$.data`."""

    event: Event
    source: Source
    row: Resource
    columns: Columns
    dropped: int = 0
    unknown: dict[str, Any] = field(default_factory=dict)

    @property
    def is_numeric(self) -> bool:
        return self.row.value is Value.NUMBER

    def key_extra(self, index: int) -> tuple[str, ...]:
        """What joins the documented key of this sample (3.3)."""
        return tuple(self._extra_part(name, index) for name in self.row.key_extra)

    def _extra_part(self, name: str, index: int) -> str:
        if name == "workout_id":
            return self.source.workout_id or ""
        if name == "type":
            return self.columns.attributes[index].type or ""
        return self.columns.samples[index].get(name) or ""


_Time = Annotated[datetime, msgspec.Meta(tz=True)]
_Int32 = Annotated[int, msgspec.Meta(ge=-(2**31), lt=2**31)]
_NOTHING = msgspec.Raw(b"")


class _Sample(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    value: float
    timestamp: _Time | None = None
    start: _Time | None = None
    end: _Time | None = None
    unit: str | None = None
    type: str | None = None
    timezone_offset: _Int32 | None = None
    sensor_location: str | None = None
    intensity: str | None = None
    id: msgspec.Raw = _NOTHING


class _Source(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """The current shape; name, slug and logo went with it until September 2026."""

    provider: str
    type: str | None = None
    app_id: str | None = None
    device_id: str | None = None
    workout_id: str | None = None
    sport: str | None = None
    name: str | None = None
    slug: str | None = None
    logo: str | None = None


class _Data(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    source: _Source
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
_start = operator.attrgetter("start")
_end = operator.attrgetter("end")
_value = operator.attrgetter("value")
_shared = operator.attrgetter("unit", "type", "timezone_offset", "sensor_location", "intensity")


def read_quickly(body: bytes) -> Series | None:
    """The series of a body of the usual shape; None sends it to the tolerant reader. Raises Rejected for identity."""
    try:
        whole = _body(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    data = whole.data
    identity = {"user_id": data.user_id}
    event = checked(whole.event_type, whole.user_id, whole.team_id, whole.client_user_id, identity)
    made_by = _made_by(data.source)
    row = resources.get(event.type.resource)
    if not data.data or made_by is None or row is None or row.value is not Value.NUMBER:
        return None
    read = _columns(data.data, row.unit)
    return None if read is None else Series(event, made_by, row, read)


def _made_by(at: _Source) -> Source | None:
    parts = (at.app_id or None, at.device_id or None, at.workout_id or None, at.sport or None)
    if short_text(at.provider) and all(part is None or short_text(part) for part in (*parts, at.type or None)):
        return Source(at.provider, at.type or UNKNOWN, *parts)
    return None


def _columns(rows: list[_Sample], unit: str) -> Columns | None:
    """None if a sample has no time, or one that is out of range."""
    starts: list[Any] = list(map(_start, rows))
    if None in starts:
        starts = [s.timestamp if s.start is None else s.start for s in rows]
    if None in starts:
        return None
    times_us = [(start - times.EPOCH) // times.MICRO for start in starts]
    ends: list[Any] = list(map(_end, rows))
    ends_us = times_us if ends.count(None) == len(ends) else _ends_us(times_us, ends)
    if not all(map(times.in_range, (min(times_us), max(times_us), min(ends_us), max(ends_us)))):
        return None
    contents = [value + 0.0 for value in map(_value, rows)]
    return columns.build(times_us, ends_us, contents, _attributes(rows, ends, unit), [], [])


def _ends_us(times_us: list[int], ends: list[Any]) -> list[int]:
    return [t if end is None else (end - times.EPOCH) // times.MICRO for t, end in zip(times_us, ends, strict=True)]


def _attributes(rows: list[_Sample], ends: list[Any], unit: str) -> list[Attributes]:
    shared, points = list(map(_shared, rows)), ends.count(None)
    if points in (0, len(ends)) and shared.count(shared[0]) == len(shared):
        return [_made(shared[0], points == 0, unit)] * len(shared)
    return [_made(one, end is not None, unit) for one, end in zip(shared, ends, strict=True)]


def _made(shared: tuple[Any, ...], is_interval: bool, unit: str) -> Attributes:
    own_unit, kind, offset_s, location, intensity = shared
    return Attributes(own_unit or unit, kind or None, offset_s, location or None, intensity or None, is_interval)


_TIMES = frozenset({"timestamp", "start", "end"})
_DECORATIONS = frozenset({"id", "grouping"})  # null or hidden; the server's own keys (domain file, 3.3)
_DATA_DECORATIONS = frozenset({"source", "data", "user_id", "user_key", "provider", "source_id"})


def read(event: Event, data: Any) -> Series:
    """The tolerant reader. Raises Rejected(BAD_SHAPE) when there is no usable sample."""
    row = resources.RESOURCES[event.type.resource]
    given = data.get("data") if type(data) is dict else None
    if type(given) is not list:
        raise Rejected(Reason.BAD_SHAPE, "$.data.data: not a list")
    problems: Counter[str] = Counter()
    one = _numeric if row.value is Value.NUMBER else _other
    found = [sample for item in given if (sample := one(row, item, problems))]
    event.problems += [f"$.data.data[]{place} ({n} times)" for place, n in problems.items()]
    if not found:
        raise Rejected(Reason.BAD_SHAPE, "$.data.data: no usable sample")
    unknown = canonical({name: value for name, value in data.items() if name not in _DATA_DECORATIONS})
    unknown |= unknown_source(data)
    return Series(event, source(data, event.problems), row, _collected(found), len(given) - len(found), unknown)


class _One(NamedTuple):
    time_us: int
    end_us: int
    content: float | int
    attributes: Attributes
    unknown: dict[str, Any]
    sample: dict[str, Any]


def _collected(found: list[_One]) -> Columns:
    times_us, ends_us, contents, attributes, unknowns, samples = map(list, zip(*found, strict=True))
    return columns.build(
        times_us, ends_us, contents, attributes, unknowns if any(unknowns) else [], samples if any(samples) else []
    )


_TEXTS = ("type", "sensor_location", "intensity")


def _numeric(row: Resource, item: Any, problems: Counter[str]) -> _One | None:
    """A sample whose value is a number. None, and a problem, when its time or value cannot be used."""
    if type(item) is not dict:
        problems[": not an object"] += 1
        return None
    rest = {k: v for k, v in item.items() if v is not None and v != "" and k not in _DECORATIONS}
    span = _span(rest, problems)
    value = _take(rest, "value", values.number, problems)
    if span is None or value is None:
        if value is None and "value" not in rest:
            problems[".value: missing"] += 1
        return None
    unit = _take(rest, "unit", values.text, problems) or row.unit
    kind, location, intensity = (_take(rest, name, values.text, problems) for name in _TEXTS)
    offset_s = _take(rest, "timezone_offset", values.CONVERT["int"], problems)
    time_us, end_us = span
    attributes = Attributes(unit, kind, offset_s, location, intensity, end_us is not None)
    return _One(time_us, time_us if end_us is None else end_us, value, attributes, canonical(rest), {})


def _take(rest: dict[str, Any], name: str, convert: Callable[[Any], Any], problems: Counter[str]) -> Any:
    """The value of a field, taken out of `rest`; None, and a problem, where it does not fit (it stays in `rest`)."""
    if name not in rest:
        return None
    try:
        value = convert(rest[name])
    except Unfit as unfit:
        problems[f".{name}: {unfit}"] += 1
        return None
    if convert is values.time_us and not values.has_offset(rest[name]):
        problems[f".{name}: no offset, read as UTC"] += 1
    del rest[name]
    return value


def _span(rest: dict[str, Any], problems: Counter[str]) -> tuple[int, int | None] | None:
    """(start or timestamp, end or None), taken out of `rest`. `timestamp` is deprecated beside `start` (3.2)."""
    timestamp, start, end = (_take(rest, name, values.time_us, problems) for name in ("timestamp", "start", "end"))
    at = timestamp if start is None else start
    if at is None:
        if not rest.keys() & _TIMES:
            problems[".timestamp: missing"] += 1
        return None
    return at, end


def _other(row: Resource, item: Any, problems: Counter[str]) -> _One | None:
    """A sample that is more, or other, than a number: its content is a hash of its columns."""
    if type(item) is not dict:
        problems[": not an object"] += 1
        return None
    rest = {k: v for k, v in item.items() if v is not None and v != "" and k not in _DECORATIONS}
    span = _span(rest, problems)
    sample: dict[str, Any] = {}
    for column in sample_columns(row.value):
        value = _take(rest, column.key, column.convert, problems)
        if value is None and column.is_needed:
            problems[f".{column.key}: missing or unfit"] += 1
            return None
        sample[column.key] = column.absent if value is None else value
    if span is None:
        return None
    time_us, end_us = span
    unit = _take(rest, "unit", values.text, problems) or row.unit
    kind = _take(rest, "type", values.text, problems)
    offset_s = _take(rest, "timezone_offset", values.CONVERT["int"], problems)
    attributes = Attributes(unit, kind, offset_s, None, None, end_us is not None)
    content = hash64(to_json(sample))
    return _One(time_us, time_us if end_us is None else end_us, content, attributes, canonical(rest), sample)


class SampleColumn(NamedTuple):
    """A column of one value a sample. `key`: its name in a sample; `absent`: what stands for a missing value."""

    name: str
    key: str
    convert: Callable[[Any], Any]
    is_needed: bool
    absent: Any


@cache
def sample_columns(value: Value) -> tuple[SampleColumn, ...]:
    """The columns of a schema of samples beside their times, in the order of the schema."""
    rows = (row for row in schemas.typed_fields(topics.series_schema(value)) if row.type.startswith("array:"))
    return tuple(_column(row) for row in rows if row.type != "array:timestamp-micros")


def _column(row: schemas.Field) -> SampleColumn:
    kind = row.type.removeprefix("array:").removesuffix("?")
    is_needed = row.default is None
    return SampleColumn(row.name, row.path[-1], values.CONVERT[kind], is_needed, [] if "array" in kind else None)
