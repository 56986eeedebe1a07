"""The tolerant reader of a timeseries event: every body that the quick one refuses.

A sample without a usable time or value is dropped and counted; a field that does not fit is a problem and stays among
the unknown ones.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from streams.events import Resource, Value, resources
from streams.events.text import ID_CHARS_MAX
from streams.ops.errors import Reason, Rejected
from streams.payloads import columns, values
from streams.payloads.columns import Attributes, Columns, hash64
from streams.payloads.envelope import Event
from streams.payloads.sample_columns import sample_columns
from streams.payloads.series import Series, bounded
from streams.payloads.series_quick import KnownFields, columns_of
from streams.payloads.source import Source, read_source, unknown_source
from streams.payloads.values import Unfit, canonical, to_json

_TIMES = frozenset({"timestamp", "start", "end"})
_DECORATIONS = frozenset({"id", "grouping"})  # null or hidden; the server's own keys (domain file, 3.3)
_DATA_DECORATIONS = frozenset({"source", "data", "user_id", "user_key", "provider", "source_id"})


def read(event: Event, data: Any) -> Series:
    """The tolerant reader. Raises Rejected(BAD_SHAPE) when there are samples and none is usable."""
    row = resources.RESOURCES[event.type.resource]
    if data == []:  # an empty answer, without a source
        return Series(event, Source(), row, columns.NOTHING)
    given = data.get("data") if type(data) is dict else None
    if type(given) is not list:
        raise Rejected(Reason.BAD_SHAPE, "$.data.data: not a list")
    found = (_well_typed(given, row) or _one_by_one(event, given, row)) if given else columns.NOTHING
    unknown = canonical({name: value for name, value in data.items() if name not in _DATA_DECORATIONS})
    unknown |= unknown_source(data)
    return bounded(Series(event, read_source(data, event.problems), row, found, len(given) - len(found), unknown))


def _well_typed(given: list[Any], row: Resource) -> Columns | None:
    """Numeric samples whose known fields all fit, whatever stands beside them; None if a single one does not.

    A field that Junction adds to every sample must not make the whole stream six times as slow.
    """
    if row.value is not Value.NUMBER or not given:
        return None
    try:
        found = columns_of(msgspec.convert(given, list[KnownFields]), row.unit, _unknowns(given))
    except (msgspec.ValidationError, RecursionError):
        return None
    return found


_KNOWN = frozenset(KnownFields.__struct_fields__) | _DECORATIONS


def _unknowns(given: list[Any]) -> list[dict[str, Any]]:
    """Unknown fields of each sample; an empty list if there are none."""
    if all(sample.keys() <= _KNOWN for sample in given):
        return []
    return [
        canonical({name: value for name, value in sample.items() if name not in _KNOWN and value != ""})
        for sample in given
    ]


TRIED_MAX = 10_000  # samples without a usable one among them, a twentieth of a second; later ones are no better


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
    if len(found := values.text(value)) > ID_CHARS_MAX:
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
