"""What of an event is not as Junction documents it: types, fields, words of open enums, and shapes that did not fit.

Pure: an event gives findings; `drift_counts` counts them. A finding names a place and a kind of value, never a value:
names of maps and names that do not look like a field's are left out, and a word only passes if it looks like one of an
enum. A word that looks like one may still be what one person has, and a name who that is: such a finding is `private`,
and may be shown only once several users have it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from typing import Any, NamedTuple

from streams.events import Family, Words, documented, topics
from streams.events.schemas import schema_files
from streams.payloads import tolerant, values
from streams.payloads.envelope import Event
from streams.payloads.series import Series
from streams.payloads.source import Source
from streams.payloads.summary import Entity, Summary, schema_of

EVENT_TYPE, FIELD, ENUM, SHAPE, OVERFLOW = "event_type", "field", "enum", "shape", "overflow"

_FIELD_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_WORD = re.compile(r"[a-z][a-z0-9_.:]{0,63}|-?[0-9]{1,2}", re.ASCII)
_UNIT = re.compile(r"[A-Za-z0-9_%°µ/²³]{1,12}")
ODD = "(odd)"  # in the place of a name or word that we do not repeat
RARE = "(rare)"  # in the place of one that too few users have had to be repeated
_TIMES = re.compile(r" \(\d+ (times|of \d+)\)$")
_EXPECTED = frozenset({"no_id"})  # old bodies have none (1.2); they are known
_DEPRECATED = frozenset({"sleep_stream"})  # documented, without a place in our schemas (2.6)


class Finding(NamedTuple):
    """`scope`: whose place it is, a resource or a family; with it an item belongs to one raw topic."""

    kind: str
    scope: str
    path: str
    found: str

    @property
    def where(self) -> str:
        return " ".join(filter(None, (self.scope, self.path, self.found)))

    @property
    def key(self) -> bytes:
        return f"{self.kind}:{self.where}".encode()

    @property
    def redacted(self) -> "Finding":
        """The same place without the word or the name that an event brought; itself where it has none.

        Event types are shown: Junction names them, and no user, or provider, can.
        """
        if self.kind == ENUM and self.found != ODD:
            return self._replace(found=RARE)
        parent, _, name = self.path.rpartition(".")
        mark = name[-2:] if name.endswith(("[]", "{}")) else ""
        if self.kind == FIELD and name != ODD + mark:
            return self._replace(path=f"{parent}.{RARE}{mark}")
        return self

    @property
    def is_private(self) -> bool:
        return self.redacted != self


Findings = Iterable[Finding]


def of_summary(entity: Summary) -> list[Finding]:
    """Of a summary or a device."""
    kind = entity.event.type
    schema = schema_of(kind)
    found = _of_event(entity.event, kind.resource) + _of_source(entity.source, kind.resource)
    if entity.unknown:
        found += _of_unknown(entity, schema)
    for column, (path, words) in _field_words(schema).items():
        value = entity.fields[column]
        if value and (type(value) is list or value not in words):
            found += _enum(kind.resource, path, _strange(value, words))
    return found


def of_series(series: Series) -> list[Finding]:
    """Of a timeseries event."""
    scope, columns = series.row.name, series.columns
    found = _of_event(series.event, scope) + _of_source(series.source, scope)
    shared = columns.attributes[:1] if columns.are_alike else dict.fromkeys(columns.attributes)
    for one in shared:
        if not documented.is_unit(series.row, one.unit):
            found.append(_one(ENUM, scope, "$.data.data[].unit", _repeated(_UNIT, one.unit)))
        if one.type or one.sensor_location or one.intensity:
            found += _of_attributes(scope, one.type, one.sensor_location, one.intensity)
    for column, (path, words) in _field_words(topics.schema_of(scope)).items() if columns.samples else ():
        found += _enum(scope, path, {w for one in columns.samples for w in _strange(one[column], words)})
    if series.unknown:
        found += _of_names(series.unknown, scope)
    if columns.unknowns:
        found += _of_samples(series, scope)
    return list(dict.fromkeys(found)) if found else found


def of_lab(entity: Entity) -> list[Finding]:
    """Of a lab event. Its payload stays JSON, so that only words and shapes of what has a column are looked at."""
    resource = entity.event.type.resource
    scope = f"lab.{resource if _FIELD_NAME.fullmatch(resource) else ODD}"
    found = _of_event(entity.event, scope)
    paths = _lab_paths()
    for column, words in documented.LAB_WORDS.get(resource, {}).items():
        value = entity.fields[column]
        if value and value not in words:
            found += _enum(scope, paths[column], {value})
    if resource == "order" and (status := entity.fields["status"]) and not documented.is_order_status(status):
        found += _enum(scope, paths["status"], {status})
    return found


def of_rows(event: Event, rows: Iterable[Entity] | None) -> list[Finding]:
    """Of a query event. Names of columns are the customer's own."""
    found = _of_event(event, Family.QUERY)
    if rows is None:
        found.append(_one(SHAPE, Family.QUERY, "$.data", "not a list of results"))
    for name in sorted({name for row in rows or () for name in row.unknown}):
        if name.startswith("data."):
            found.append(_one(SHAPE, Family.QUERY, "$.data[].data{}", "not a list of numbers or texts"))
        else:
            found.append(_one(FIELD, Family.QUERY, f"$.data[].{_repeated(_FIELD_NAME, name)}", ""))
    return list(dict.fromkeys(found))


def of_connection(event: Event, data: Mapping[str, Any], provider: str) -> list[Finding]:
    found = [*_of_event(event, Family.CONNECTION), *_of_control(event, data, event.type.action, provider)]
    error_type = data.get("error_type")
    if type(error_type) is str and error_type not in documented.ERROR_TYPES:
        found += _enum(Family.CONNECTION, "$.data.error_type", {error_type})
    available = data.get("resource_availability")
    if type(available) is dict:
        at = "$.data.resource_availability"
        found += _enum(Family.CONNECTION, f"{at}{{}}", available.keys() - documented.AVAILABLE)
        status = {row["status"] for row in available.values() if type(row) is dict and type(row.get("status")) is str}
        found += _enum(Family.CONNECTION, f"{at}{{}}.status", status - documented.AVAILABILITY)
    return found


def of_backfill(event: Event, data: Mapping[str, Any], provider: str) -> list[Finding]:
    return [*_of_event(event, Family.BACKFILL), *_of_control(event, data, "backfill", provider)]


def of_other(event: Event) -> list[Finding]:
    """Of checkout and of every type that we do not know."""
    return _of_event(event, event.type.family)


def _of_event(event: Event, scope: str) -> list[Finding]:
    found = []
    if not documented.is_event_type(event.type.text):
        found.append(_one(EVENT_TYPE, "", "", word(event.type.text)))
    if event.unknown:
        found += [_one(FIELD, scope, f"$.{_repeated(_FIELD_NAME, n)}", json_type(v)) for n, v in event.unknown.items()]
    for problem in event.problems:
        if problem not in _EXPECTED:
            path, _, what = _TIMES.sub("", problem).rpartition(": ")
            found.append(_one(SHAPE, scope, path, what))
    return list(dict.fromkeys(found)) if found else found


def _of_source(source: Source, scope: str) -> list[Finding]:
    found = []
    if source.provider not in documented.PROVIDERS and source.provider != "unknown":
        found += _enum(scope, "$.data.source.provider", {source.provider})
    if source.type not in documented.SOURCE_TYPES:
        found += _enum(scope, "$.data.source.type", {source.type})
    return found


def _of_control(event: Event, data: Mapping[str, Any], names: str, provider: str) -> Iterator[Finding]:
    scope = event.type.family
    if provider not in documented.PROVIDERS:
        yield from _enum(scope, "$.data.provider", {provider})
    for name in sorted(data.keys() - documented.CONTROL_NAMES.get(names, data.keys())):
        yield _one(FIELD, scope, f"$.data.{_repeated(_FIELD_NAME, name)}", json_type(data[name]))


def _of_unknown(entity: Summary, schema: str) -> list[Finding]:
    resource, unknown = entity.event.type.resource, dict(entity.unknown)
    of_source = unknown.pop("source", {})
    found = [
        _one(FIELD, resource, _path(path), json_type(value))
        for path, value in tolerant.unknown_names(unknown, schema)
        if path not in _DEPRECATED
    ]
    return list(dict.fromkeys(found)) + _of_names({"source": of_source} if of_source else {}, resource)


def _of_names(unknown: Mapping[str, Any], scope: str) -> list[Finding]:
    """Names of `$.data`, and of its source, whose rest has the name `source`."""
    rest = {name: value for name, value in unknown.items() if name != "source"}
    return [*_fields(scope, "$.data", rest), *_fields(scope, "$.data.source", unknown.get("source", {}))]


def _fields(scope: str, at: str, unknown: Mapping[str, Any]) -> Iterator[Finding]:
    return (_one(FIELD, scope, f"{at}.{_repeated(_FIELD_NAME, name)}", json_type(v)) for name, v in unknown.items())


def _of_samples(series: Series, scope: str) -> list[Finding]:
    known = _sample_names(topics.schema_of(scope))
    found = (
        _one(FIELD, scope, f"$.data.data[].{_repeated(_FIELD_NAME, name)}", json_type(value))
        for unknown in series.columns.unknowns
        for name, value in unknown.items()
        if name not in known
    )
    return list(dict.fromkeys(found))


def _of_attributes(scope: str, kind: str | None, location: str | None, intensity: str | None) -> Iterator[Finding]:
    if kind and kind not in documented.SAMPLE_TYPES.get(scope, (kind,)):
        yield from _enum(scope, "$.data.data[].type", {kind})
    if location and location not in documented.SENSOR_LOCATIONS:
        yield from _enum(scope, "$.data.data[].sensor_location", {location})
    if intensity and intensity not in documented.INTENSITIES:
        yield from _enum(scope, "$.data.data[].intensity", {intensity})


def _enum(scope: str, path: str, words: Iterable[str]) -> list[Finding]:
    return [_one(ENUM, scope, path, one) for one in sorted(set(map(word, words)))]


def _strange(value: Any, words: Words) -> set[str]:
    """What of a word, a list of words, or a list of small types with words, is not documented."""
    entries = value if type(value) is list else [value]
    found = (one.get("value") if type(one) is dict else one for one in entries)
    return {str(one) for one in found if one is not None} - words


def word(text: str) -> str:
    """A word of Junction's, an event type for example, or ODD."""
    return _repeated(_WORD, text)


def _path(path: str) -> str:
    return "$.data." + ".".join(_repeated_part(part) for part in path.split("."))


def _repeated_part(part: str) -> str:
    mark = part[-2:] if part.endswith(("[]", "{}")) else ""
    return _repeated(_FIELD_NAME, part.removesuffix(mark)) + mark


def _repeated(like: re.Pattern[str], text: str) -> str:
    return text if like.fullmatch(text) else ODD


def json_type(value: Any) -> str:
    """Its kind in JSON; of a list that of its first entry too."""
    kind = values.json_kind(value)
    return f"{kind} of {json_type(value[0])}" if kind == "array" and value else kind


@lru_cache(maxsize=4096)
def _one(kind: str, scope: str, path: str, found: str) -> Finding:
    return Finding(kind, scope, path, found)


@cache
def _field_words(schema: str) -> Mapping[str, tuple[str, Words]]:
    """Name of a column (of samples: its name in a sample) → (its path, its words)."""
    rows = {
        row.path[-1] if row.path[0] == "data[]" else row.name: row.path for row in schema_files.typed_fields(schema)
    }
    words = documented.FIELD_WORDS.get(schema, {})
    return {name: (f"$.data.{'.'.join(rows[name])}", known) for name, known in words.items()}


@cache
def _lab_paths() -> Mapping[str, str]:
    return {row.name: f"$.data.{'.'.join(row.path)}" for row in schema_files.typed_fields("Lab")}


@cache
def _sample_names(schema: str) -> frozenset[str]:
    rows = schema_files.typed_fields(schema)
    return frozenset(path[-1] for row in rows for path in (row.path, *row.others))
