"""Answers with data: summaries, samples in pages, streams."""

from collections.abc import Sequence
from typing import Any

import msgspec

from streams.events import Resource
from streams.simulator.api.options import Fault
from streams.simulator.api.paging import Place, cursor_of
from streams.simulator.bodies.envelope import older
from streams.simulator.people.links import Source
from streams.simulator.people.population import Person
from streams.simulator.world.inventory import Row

Json = dict[str, Any]
_CHANGED = 3  # samples that come again
_EMPTIES_MAX = 3  # empty pages one behind another

encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


def page(
    rows: Sequence[Row],
    place: Place,
    size: int,
    question: str,
    fault: Fault | None = None,
    person: Person | None = None,
) -> bytes:
    """A page of samples in groups. `person`: in the shape of before September 2026, for which it is needed."""
    if fault is Fault.EMPTY_PAGE and place.empties < _EMPTIES_MAX and place.offset < len(rows):
        return _grouped([], cursor_of(place._replace(empties=place.empties + 1), question), person)
    chosen, end = list(rows[place.offset : place.offset + size]), place.offset + size
    if end >= len(rows):
        return _grouped(chosen, None, person)
    if fault is Fault.CHANGED_DATA:
        again = min(_CHANGED, len(chosen) - 1)
        chosen[-again:], end = [_before(row) for row in chosen[-again:]] if again else [], end - again
    elif fault is Fault.REPEATED_CURSOR:
        end = place.offset
    elif fault is Fault.LOOPING_CURSOR:
        end = 0
    return _grouped(chosen, cursor_of(Place(end), question), person)


def _before(row: Row) -> Row:
    """A sample as it was before it changed."""
    sample = _decode(row.sample)
    if type(sample.get("value")) is float:
        sample["value"] += 1
    return row._replace(sample=encode(sample))


def _grouped(rows: Sequence[Row], cursor: str | None, person: Person | None) -> bytes:
    """`next` is the deprecated twin, which the newer shape still has."""
    by_source: dict[tuple[str, bytes], list[bytes]] = {}
    for row in rows:
        by_source.setdefault((row.provider, row.source), []).append(row.sample)
    groups: dict[str, list[Any]] = {}
    for (provider, source), samples in by_source.items():
        raw = [msgspec.Raw(sample) for sample in samples]
        group: Any = {"source": msgspec.Raw(source), "data": raw}
        groups.setdefault(provider, []).append(_older_group(group, person) if person else group)
    return encode({"groups": groups, "next_cursor": cursor, "next": cursor})


def _older_group(group: Json, person: Person) -> Json:
    source, samples = _decode(group["source"]), [_decode(sample) for sample in group["data"]]
    whole = older("daily.data.steps.created", {"source": source, "data": samples}, person, _source(source))
    return {name: whole[name] for name in ("source", "data")}


def summaries(row: Resource, objects: list[Json], person: Person | None = None) -> bytes:
    """Under the key of the resource (6.2). `person`: in the older shape."""
    return encode({row.answer_key: [older_object(row.name, one, person) if person else one for one in objects]})


def older_object(resource: str, data: Json, person: Person) -> Json:
    return older(f"daily.data.{resource}.created", data, person, _source(data["source"]))


def _source(said: Json) -> Source:
    return Source(said["provider"], said["provider"].title(), said["type"])
