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

from streams.events import resources, times, topics
from streams.events.resources import Resource, Value
from streams.events.schemas import schema_files
from streams.events.types import TEXT_CHARS_MAX, Family
from streams.ops.errors import Reason, Rejected
from streams.payloads import columns, values
from streams.payloads.columns import Attributes, Columns, hash64
from streams.payloads.envelope import Event, event_of
from streams.payloads.source import Source, SourceShape, read_source, unknown_source
from streams.payloads.values import Unfit, canonical, to_json


@dataclass(slots=True)
class Series:
    """One event's samples, or none at all. `dropped`: how many had no usable time or value.

    `unknown`: the rest of `$.data`.
    """

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
_Word = Annotated[str, msgspec.Meta(max_length=TEXT_CHARS_MAX)]
_NOTHING = msgspec.Raw(b"")


class _Sample(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    value: float
    timestamp: _Time | None = None
    start: _Time | None = None
    end: _Time | None = None
    unit: _Word | None = None
    type: _Word | None = None
    timezone_offset: _Int32 | None = None
    sensor_location: _Word | None = None
    intensity: _Word | None = None
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


def read_quickly(body: bytes) -> Series | None:
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
    read = _columns(data.data, row.unit)
    return None if read is None else _checked(Series(event, made_by, row, read))


def _columns(rows: list[Any], unit: str, unknowns: list[dict[str, Any]] | None = None) -> Columns | None:
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


PARTS_MAX = 1_000  # records of one event, but for what its hours say differently
REPEATED_BYTES_MAX = 32 * 1024 * 1024  # of what each of them says again
_TIMES = frozenset({"timestamp", "start", "end"})
_DECORATIONS = frozenset({"id", "grouping"})  # null or hidden; the server's own keys (domain file, 3.3)
_DATA_DECORATIONS = frozenset({"source", "data", "user_id", "user_key", "provider", "source_id"})


def read(event: Event, data: Any) -> Series:
    """The tolerant reader. Raises Rejected(BAD_SHAPE) when there are samples and none is usable."""
    row = resources.RESOURCES[event.type.resource]
    if data == []:  # nothing, and nobody who says so
        return Series(event, Source(), row, columns.NOTHING)
    given = data.get("data") if type(data) is dict else None
    if type(given) is not list:
        raise Rejected(Reason.BAD_SHAPE, "$.data.data: not a list")
    found = (_well_typed(given, row) or _one_by_one(event, given, row)) if given else columns.NOTHING
    unknown = canonical({name: value for name, value in data.items() if name not in _DATA_DECORATIONS})
    unknown |= unknown_source(data)
    return _checked(Series(event, read_source(data, event.problems), row, found, len(given) - len(found), unknown))


def _checked(series: Series) -> Series:
    """Raises Rejected(TOO_LARGE): a few words in which samples differ must not make a thousand copies of the rest.

    Judged by all samples, news or not, so that a fetcher and a worker, now and in a replay, say the same.
    """
    found, said = series.columns, series.unknown or series.event.unknown
    if found.are_alike and not said:
        return series
    parts = len(set(found.attributes)) + len(found) // columns.SAMPLES_MAX
    if said and not found.are_numbers:
        parts += sum(map(found.text_bytes, range(len(found)))) // columns.TEXT_BYTES_MAX
    repeated = len(to_json([series.unknown, series.event.unknown])) if said and parts > 1 else 0
    if parts > PARTS_MAX or parts * repeated > REPEATED_BYTES_MAX:
        raise Rejected(Reason.TOO_LARGE, f"$.data.data: {parts} records")
    return series


def _well_typed(given: list[Any], row: Resource) -> Columns | None:
    """Numeric samples whose known fields all fit, whatever stands beside them; None if a single one does not.

    A field that Junction adds to every sample must not make the whole stream six times as slow.
    """
    if row.value is not Value.NUMBER or not given:
        return None
    try:
        found = _columns(msgspec.convert(given, list[_KnownFields]), row.unit, _unknowns(given))
    except (msgspec.ValidationError, RecursionError):
        return None
    return found


class _KnownFields(msgspec.Struct, gc=False):
    """As `_Sample`, in whatever company."""

    value: float
    timestamp: _Time | None = None
    start: _Time | None = None
    end: _Time | None = None
    unit: _Word | None = None
    type: _Word | None = None
    timezone_offset: _Int32 | None = None
    sensor_location: _Word | None = None
    intensity: _Word | None = None


_KNOWN = frozenset(_KnownFields.__struct_fields__) | _DECORATIONS


def _unknowns(given: list[Any]) -> list[dict[str, Any]]:
    """What else each sample says; an empty list if none does."""
    if all(sample.keys() <= _KNOWN for sample in given):
        return []
    return [
        canonical({name: value for name, value in sample.items() if name not in _KNOWN and value != ""})
        for sample in given
    ]


TRIED_MAX = 10_000  # samples without a usable one among them: a twentieth of a second; those behind are no better


def _one_by_one(event: Event, given: list[Any], row: Resource) -> Columns:
    """Sample by sample: what cannot be used is dropped, what does not fit its field stays among the unknown ones."""
    problems: Counter[str] = Counter()
    one = _numeric if row.value is Value.NUMBER else _other
    first, rest = given[:TRIED_MAX], given[TRIED_MAX:]
    found = [sample for item in first if (sample := one(row, item, problems))]
    if found:
        found += [sample for item in rest if (sample := one(row, item, problems))]
    event.problems += [f"$.data.data[]{place} ({n} times)" for place, n in problems.items()]
    if not found:
        raise Rejected(Reason.BAD_SHAPE, "$.data.data: no usable sample")
    return _collected(found)


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


def _word(value: Any) -> str:
    """A text that many samples share; keys and caches hold it."""
    if len(found := values.text(value)) > TEXT_CHARS_MAX:
        raise Unfit("too long")
    return found


_SHARED: tuple[tuple[str, Callable[[Any], Any]], ...] = (
    ("unit", _word),
    ("type", _word),
    ("timezone_offset", values.CONVERT["int"]),
    ("sensor_location", _word),
    ("intensity", _word),
)


def _numeric(row: Resource, item: Any, problems: Counter[str]) -> _One | None:
    """A sample whose value is a number. None, and a problem, when its time or value cannot be used."""
    if type(item) is not dict:
        problems[": not an object"] += 1
        return None
    rest = {k: v for k, v in item.items() if v is not None and v != "" and k not in _DECORATIONS}
    span = _span(rest, problems)
    value = _take(rest, "value", values.number, problems) if "value" in rest else None
    if span is None or value is None:
        if value is None and "value" not in rest:
            problems[".value: missing"] += 1
        return None
    unit, kind, offset_s, location, intensity = (
        _take(rest, name, convert, problems) if name in rest else None for name, convert in _SHARED
    )
    time_us, end_us = span
    attributes = Attributes(unit or row.unit, kind, offset_s, location, intensity, end_us is not None)
    return _One(time_us, time_us if end_us is None else end_us, value, attributes, canonical(rest), {})


def _take(rest: dict[str, Any], name: str, convert: Callable[[Any], Any], problems: Counter[str]) -> Any:
    """The value of a field that is there, taken out of `rest`; None, and a problem, where it does not fit: it stays."""
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
    timestamp, start, end = (
        _take(rest, name, values.time_us, problems) if name in rest else None for name in ("timestamp", "start", "end")
    )
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
        value = _take(rest, column.key, column.convert, problems) if column.key in rest else None
        if value is None and column.is_needed:
            problems[f".{column.key}: missing or unfit"] += 1
            return None
        sample[column.key] = column.absent if value is None else value
    if span is None:
        return None
    time_us, end_us = span
    unit, kind, offset_s = (
        _take(rest, name, convert, problems) if name in rest else None for name, convert in _SHARED[:3]
    )
    attributes = Attributes(unit or row.unit, kind, offset_s, None, None, end_us is not None)
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
    rows = (row for row in schema_files.typed_fields(topics.series_schema(value)) if row.type.startswith("array:"))
    return tuple(_column(row) for row in rows if row.type != "array:timestamp-micros")


def _column(row: schema_files.Field) -> SampleColumn:
    kind = row.type.removeprefix("array:").removesuffix("?")
    is_needed = row.default is None
    return SampleColumn(row.name, row.path[-1], values.CONVERT[kind], is_needed, [] if "array" in kind else None)
