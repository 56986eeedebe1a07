"""A processor as simple as can be, in memory: newest version wins, only what changed is said. Records as decoded Avro.

It stands in for the product where the comparison itself is tested; it covers one event of each shape of clean record.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from streams import resources, schemas, signature, topics
from streams.events import Family, parse_type
from streams.simulator.truth import Clean
from streams.simulator.world import Event

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FLOATING = ("freestyle_libre",)


def told_by(message_id: str) -> datetime:
    return EPOCH + timedelta(milliseconds=signature.ksuid_time_ms(message_id) or 0)


class Perfect:
    """Feed it deliveries in any order, any number of times."""

    def __init__(self) -> None:
        self.known: dict[Any, tuple[Any, Any]] = {}
        self.links: dict[tuple[str, str], dict[str, tuple[int, Any, Any]]] = {}

    def process(self, events: Iterable[Event]) -> list[Clean]:
        return [record for event in events for record in self._one(event)]

    def _newer(self, key: Any, version: Any, content: Any) -> bool:
        """Store the newest; say whether it has to be told."""
        before = self.known.get(key)
        if before is None or version > before[0]:
            self.known[key] = (version, content)
        return before is None or (version > before[0] and content != before[1])

    def _one(self, event: Event) -> Iterator[Clean]:
        kind, data = parse_type(event.event_type), json.loads(event.body)["data"]
        head = {"delivery": {"id": event.message_id, "event_type": event.event_type}, "user_id": event.user_id}
        if kind.family is Family.TIMESERIES:
            yield from self._series(event, kind.resource, data, head)
        elif kind.family is Family.SUMMARY:
            yield from self._summary(event, kind.resource, data, head)
        elif kind.family is Family.CONNECTION:
            yield from self._connection(event, data)
        elif kind.family is Family.BACKFILL:
            yield from self._backfill(event, kind.resource, data)
        elif kind.family is Family.DEVICE:
            key = f"{event.user_id}:{data['id']}"
            data.pop("user_id")
            if self._newer(key, event.created_at_ms, data):
                yield topics.DEVICES, key.encode(), head | {"payload_json": json.dumps(data)}
        elif self._newer(event.message_id, 0, None):
            topic = {Family.LAB: topics.LABS, Family.QUERY: topics.QUERY_RESULTS}.get(kind.family, topics.OTHER)
            yield topic, event.user_id.encode(), head

    def _summary(self, event: Event, resource: str, data: Any, head: Any) -> Iterator[Clean]:
        key = f"{event.user_id}:{resource}:{data.get('id') or data['workout_id']}"
        version = (data.pop("updated_at", ""), event.created_at_ms)
        hidden = ("user_id", "source", "created_at")
        said = {name: value for name, value in data.items() if name not in hidden and value is not None}
        if not self._newer(key, version, said):
            return
        schema = topics.schema_of(resource)
        if schema == "Generic":
            yield resource, key.encode(), head | {"payload_json": json.dumps(data)}
        else:
            fields = {field.name: typed(field, data) for field in schemas.typed_fields(schema)}
            yield resource, key.encode(), head | fields

    def _series(self, event: Event, resource: str, data: Any, head: Any) -> Iterator[Clean]:
        row, source = resources.RESOURCES[resource], data["source"]
        provider, kind = source.get("provider") or source["slug"], source.get("type", "unknown")
        whole = {"provider": provider, "type": kind, "workout_id": source.get("workout_id")}
        head = head | {"source": whole, "is_floating_time": provider in FLOATING}
        for sample in data["data"]:
            extra = [sample.get(name) or source.get(name) for name in row.key_extra]
            said = {name: value for name, value in sample.items() if value is not None}
            key = (event.user_id, resource, provider, kind, sample["timestamp"], *extra)
            if self._newer(key, event.created_at_ms, said):
                shown = shared(sample) if row.value is resources.Value.NUMBER else payload(sample)
                yield resource, f"{event.user_id}:{resource}".encode(), head | shown

    def _connection(self, event: Event, data: Any) -> Iterator[Clean]:
        provider = data["provider"] if isinstance(data["provider"], str) else data["provider"]["slug"]
        link = self.links.setdefault((event.user_id, provider), {})
        what = event.event_type.rpartition(".")[2]
        if link.get(what, (0, None))[0] >= event.created_at_ms:
            return
        link[what] = (event.created_at_ms, data, told_by(event.message_id))
        created, failed = link.get("created", (0, None, None)), link.get("error", (0, None, None))
        allowed = (created[1] or {}).get("resource_availability", {})
        record = {
            "user_id": event.user_id,
            "provider": provider,
            "status": "connected" if created[0] > failed[0] else "error",
            "connected_at": created[2],
            "error_type": failed[1]["error_type"] if failed[0] else None,
            "resources_available": sorted(n for n, one in allowed.items() if one["status"] == "available"),
            "delivery_id": event.message_id,
        }
        yield topics.CONNECTIONS, f"{event.user_id}:{provider}".encode(), record

    def _backfill(self, event: Event, resource: str, data: Any) -> Iterator[Clean]:
        key = f"{event.user_id}:{data['provider']}:{resource}"
        bounds = [datetime.fromisoformat(data[name]) for name in ("start_date", "end_date")]
        if self._newer(key, event.created_at_ms, event.message_id):
            record = {"user_id": event.user_id, "provider": data["provider"], "resource": resource}
            record |= {"range_start": min(bounds), "range_end": max(bounds), "is_range_swapped": bounds[0] > bounds[1]}
            yield topics.BACKFILLS, key.encode(), record | {"is_early_notice": data["provider"] == "garmin"}


def typed(field: schemas.Field, data: Any) -> Any:
    for name in field.path:
        data = data.get(name) if isinstance(data, dict) else None
    if data is not None and field.type == "date":
        return date.fromisoformat(data)
    return datetime.fromisoformat(data) if data is not None and field.type.startswith("timestamp") else data


def shared(sample: Any) -> dict[str, Any]:
    """The fields of `Samples` for one sample."""
    end = sample.get("end")
    return {
        "unit": sample["unit"],
        "type": sample.get("type"),
        "timezone_offset_s": sample.get("timezone_offset"),
        "sensor_location": sample.get("sensor_location"),
        "intensity": sample.get("intensity"),
        "times": [datetime.fromisoformat(sample["timestamp"])],
        "ends": [datetime.fromisoformat(end)] if end else [],
        "values": [float(sample["value"])],
    }


def payload(sample: Any) -> dict[str, Any]:
    return {"payload_json": json.dumps({"data": [sample]})}
