"""From `$.data` to the body that Junction sends, in today's generation or an older one (domain file, 0.2 and 1.2).

Both generations of one record mean the same: whoever reads them right gets the same values and the same keys.
"""

from enum import StrEnum
from typing import Any

import msgspec

from streams.events import Family, parse_type
from streams.simulator.people.links import Source
from streams.simulator.people.population import TEAM_ID, Person

Json = dict[str, Any]


class Shape(StrEnum):
    """NEW: after 14 September 2026. OLD: with what that day removed. SEED: before 2024, the only id is in `data`."""

    NEW = "new"
    OLD = "old"
    SEED = "seed"


def write(event_type: str, data: Any, person: Person | None, source: Source | None, shape: Shape) -> bytes:
    """The body of an event. Team events have no person; a list as `data` (queries) has no room for the seed's form."""
    body: Json = {"event_type": event_type}
    if person is not None and (shape is not Shape.SEED or not isinstance(data, dict)):
        body |= {"user_id": person.user_id, "client_user_id": person.client_user_id}
    if shape is not Shape.SEED or person is None or not isinstance(data, dict):
        body["team_id"] = TEAM_ID
    if shape is not Shape.NEW and isinstance(data, dict):
        data = older(event_type, data, person, source)
    body["data"] = data
    return _encode(body)


_encode = msgspec.json.Encoder().encode


def older(event_type: str, data: Json, person: Person | None, source: Source | None) -> Json:
    family = parse_type(event_type).family
    if person is not None:
        data = {**data, "user_id": person.user_id}
    if family is Family.BACKFILL:
        return {**data, "is_final": True}
    if event_type == "provider.connection.created":
        return {**data, "source": data["provider"]}
    if source is None:
        return data
    trio = {"name": source.name, "slug": source.provider, "logo": f"https://example.org/logo/{source.provider}.png"}
    data = {**_without_nulls(data), "source": _older_source(data["source"], trio)}
    if family is Family.TIMESERIES:
        data |= {"source_id": 1, "provider": trio, "data": [_older_sample(sample) for sample in data["data"]]}
    return data


def _older_source(source: Json, trio: Json) -> Json:
    """Only the trio where the source says nothing but its provider, else both together (until September 2026)."""
    said = _without_nulls(source)
    return trio if said.keys() <= {"provider", "type"} and said["type"] == "unknown" else {**said, **trio}


def _without_nulls(values: Json) -> Json:
    return {name: value for name, value in values.items() if value is not None}


def _older_sample(sample: Json) -> Json:
    """Without nulls, and whole numbers without a point."""
    sample = _without_nulls(sample)
    value = sample.get("value")
    if isinstance(value, float) and value.is_integer():
        sample["value"] = int(value)
    return sample
