"""A processor as simple as can be, in memory: newest version wins, only what changed is said. Records as decoded Avro.

It stands in for the product where the comparison itself is tested; it covers one event of each shape of clean record.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from streams.events import resources, topics
from streams.events.message_ids import ksuid_time_ms
from streams.events.schemas import schema_files
from streams.events.types import Family, parse_type
from streams.simulator.truth import rivals
from streams.simulator.truth.rivals import Rival
from streams.simulator.truth.truth import Clean
from streams.simulator.world.world import Event

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FLOATING = ("freestyle_libre",)


def told_by(message_id: str) -> datetime:
    return EPOCH + timedelta(milliseconds=ksuid_time_ms(message_id) or 0)


class Perfect:
    """Feed it deliveries in any order, any number of times."""

    def __init__(self) -> None:
        self.known: dict[Any, tuple[Any, Any]] = {}
        self.links: dict[tuple[str, str], dict[str, tuple[int, Any, Any]]] = {}
        self.rivals: dict[Any, Rival | None] = {}
        self.flagged: list[tuple[dict[str, Any], Rival | None]] = []

    def process(self, events: Iterable[Event]) -> list[Clean]:
        """It knows the end from the start: its flags are right at once."""
        told = [record for event in events for record in self._one(event)]
        spans = rivals.spans(filter(None, self.rivals.values()))
        for record, rival in self.flagged:
            record["preferred"] = rival and rival.maker == rivals.best(spans[rival.span])
        return told + [hour(span, makers) for span, makers in spans.items() if rivals.is_hour(span) and len(makers) > 1]

    def _flag(self, key: Any, record: dict[str, Any], rival: Rival | None) -> dict[str, Any]:
        self.rivals[key] = rival
        self.flagged.append((record, rival))
        return record

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
            yield from self._typed(event, topics.DEVICES, f"{event.user_id}:{data['id']}", data, head)
        elif kind.family is Family.LAB:
            yield from self._lab(event, kind.resource, data, head)
        elif kind.family is Family.QUERY:
            for table in data:
                yield from self._rows(event, table, head)
        elif self._newer(event.message_id, 0, None):
            yield topics.OTHER, event.user_id.encode(), head

    def _summary(self, event: Event, resource: str, data: Any, head: Any) -> Iterator[Clean]:
        key = f"{event.user_id}:{resource}:{data.get('id') or data['workout_id']}"
        maker = (data["source"].get("provider") or data["source"]["slug"], data["source"].get("type") or "unknown")
        rival, day = rivals.of_summary(resource, event.user_id, data, maker), rivals.local_day(data)
        more = {
            "source": dict(zip(("provider", "type"), maker, strict=True)),
            "local_date": day and date.fromisoformat(day),
        }
        for topic, name, record in self._typed(event, resource, key, data, head):
            yield topic, name, self._flag(key, record | more, rival)

    def _typed(self, event: Event, topic: str, key: str, data: Any, head: Any) -> Iterator[Clean]:
        version = (data.pop("updated_at", ""), event.created_at_ms)
        hidden = ("user_id", "source", "created_at")
        said = {name: value for name, value in data.items() if name not in hidden and value is not None}
        if self._newer(key, version, said):
            fields = {
                field.name: typed(field, data) for field in schema_files.typed_fields(topics.clean_topics()[topic])
            }
            yield topic, key.encode(), head | fields

    def _lab(self, event: Event, resource: str, data: Any, head: Any) -> Iterator[Clean]:
        order_id = data["id"] if resource == "order" else data.get("order_id")
        parts = ("order_id", "sample_id", "status") if resource == "result" else ("id",)
        id = "/".join(data[name] for name in parts) if parts[0] in data else order_id
        fields = {"resource": resource, "order_id": order_id, "payload_json": json.dumps(data)}
        fields = head | fields | {"id": id}
        for topic, key, record in self._typed(event, topics.LABS, f"{resource}:{id}", data, head):
            yield topic, key, record | fields

    def _rows(self, event: Event, table: Any, head: Any) -> Iterator[Clean]:
        columns = table["data"]
        for n, group in enumerate(columns["group_key.0"]):
            row = {name: column[n] for name, column in columns.items() if name != "group_key.0"}
            if self._newer((event.user_id, table["query_id"], group), event.created_at_ms, row):
                fields = {"query_id": table["query_id"], "group_key": {"group_key.0": group}, "texts": {}}
                yield topics.QUERY_RESULTS, event.user_id.encode(), head | fields | {"numbers": row}

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
                at_us = (datetime.fromisoformat(sample["timestamp"]) - EPOCH) // timedelta(microseconds=1)
                maker = (provider, kind)
                rival = rivals.of_sample(row, event.user_id, at_us, maker) if rivals.add_up(row) else None
                record = self._flag(key, head | shared(sample) | columns(resource, sample), rival)
                yield resource, f"{event.user_id}:{resource}".encode(), record

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


def hour(span: Any, makers: set[rivals.Maker]) -> Clean:
    """The record of an hour with several sources."""
    resource, user_id, hours = span
    provider, kind = rivals.best(makers)
    others = [{"provider": p, "type": t} for p, t in makers - {(provider, kind)}]
    record = {"user_id": user_id, "resource": resource, "hour_at": EPOCH + timedelta(hours=hours)}
    key = f"{user_id}:{resource}:{hours}".encode()
    return topics.PREFERENCES, key, record | {"provider": provider, "type": kind, "others": others}


def typed(field: schema_files.Field, data: Any) -> Any:
    name, _, entry = field.type.partition(":")
    found = (at(path, data) for path in (field.path, *field.others))
    value = next((one for one in found if one is not None), field.default)
    if entry[:1].isupper() and name == "map":
        return {key: fields_of(entry, item) for key, item in value.items()}
    if entry[:1].isupper():
        return [fields_of(entry, item) for item in value]
    if value is not None and field.type == "date":
        return date.fromisoformat(value)
    return datetime.fromisoformat(value) if value is not None and field.type.startswith("timestamp") else value


def fields_of(schema: str, data: Any) -> dict[str, Any]:
    return {field.name: typed(field, data) for field in schema_files.typed_fields(schema)}


def at(path: tuple[str, ...], data: Any) -> Any:
    for name in path:
        data = data.get(name) if isinstance(data, dict) else None
    return data


def shared(sample: Any) -> dict[str, Any]:
    """What the schemas of samples have in common, for one sample."""
    end = sample.get("end")
    return {
        "unit": sample["unit"],
        "type": sample.get("type"),
        "timezone_offset_s": sample.get("timezone_offset"),
        "sensor_location": sample.get("sensor_location"),
        "intensity": sample.get("intensity"),
        "times": [datetime.fromisoformat(sample["timestamp"])],
        "ends": [datetime.fromisoformat(end)] if end else [],
    }


def columns(resource: str, sample: Any) -> dict[str, Any]:
    """The columns of one sample that are its own."""
    if resource == "blood_pressure":
        return {"systolic": [sample["systolic"]], "diastolic": [sample["diastolic"]]}
    if resource == "note":
        return {"values": [sample["value"]], "tags": [sample["tags"]]}
    if resource == "insulin_injection":
        names = {
            "delivery_modes": "delivery_mode",
            "delivery_forms": "delivery_form",
            "bolus_purposes": "bolus_purpose",
        }
        return {"values": [sample["value"]]} | {column: [sample[name]] for column, name in names.items()}
    return {"values": [float(sample["value"])]}
