"""A line of JSON for each record that a program was given: what the runner compares."""

import json
from datetime import UTC, date, datetime
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Lines:
    """`over`: the last record of every topic has come."""

    def __init__(self, topics: list[str]) -> None:
        self._left = set(topics)

    @property
    def over(self) -> bool:
        return not self._left

    def show(self, topic: str, partition: int, offset: int, key: bytes, record: dict[str, Any] | None) -> None:
        name = key.decode()
        line = {"topic": topic, "key": name, "offset": offset, "value": record and _fields(record)}
        print(json.dumps(line), flush=True)
        if name == "end":
            self._left.discard(topic)


def _fields(record: dict[str, Any]) -> dict[str, Any]:
    return _common(record) | (_samples(record) if "times" in record else _summary(record))


def _common(record: dict[str, Any]) -> dict[str, Any]:
    return {
        "user_id": record["user_id"],
        "provider": record["source"]["provider"],
        "device_id": record["source"]["device_id"],
        "content_hash": str(record["version"]["content_hash"]),
        "delivered_ms": _us(record["version"]["delivered_at"]) // 1000,
        "updated_us": _us(record["version"]["updated_at"]),
    }


def _samples(record: dict[str, Any]) -> dict[str, Any]:
    return {
        "offset_s": record["timezone_offset_s"],
        "first_day": _day(record["first_local_date"]),
        "times_us": [_us(time) for time in record["times"]],
        "ends_us": [_us(time) for time in record["ends"]],
        "values": record["values"],
    }


def _summary(record: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": record["id"],
        "day": _day(record["calendar_date"]),
        "steps": record["steps"],
        "distance_m": record["distance_m"],
        "wheelchair": record["is_wheelchair_used"],
    }


def _us(time: datetime | None) -> Any:
    """Whole microseconds: `timestamp()` is a float, and a float rounds."""
    return None if time is None else (time - EPOCH) // (EPOCH.resolution)


def _day(day: date | None) -> int | None:
    return None if day is None else (day - EPOCH.date()).days
