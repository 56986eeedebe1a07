"""What is written: samples, 100 a record and one a record, and nights of sleep, each in a topic of its own."""

import json
import struct
import uuid
from collections.abc import Iterator
from functools import cache
from typing import Any

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient

from streams.events.partitions import partition_for
from streams.kafka import admin, avro_writer, codec, registry
from streams.kafka.login.librdkafka import for_librdkafka
from streams.ops.settings import Settings

PARTITIONS = 4
USERS = 400
BATCH = 100  # samples of a record
STEP_US = 5_000_000  # a heart rate every five seconds
BEGIN_US, DAY_US = 1_780_272_000_000_000, 86_400_000_000  # 1 June 2026
DELIVERED_MS = 1_783_000_000_000
SAMPLES, SINGLE, NIGHTS = "heartrate", "single", "sleep"
# What a row of our tables says, in one row: as a team would unnest samples for a sink that cannot.
_SINGLE = {
    "type": "record", "name": "Single", "fields": [
        *({"name": name, "type": "string"} for name in ("user_id", "source_provider", "source_type")),
        {"name": "time", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "end_time", "type": ["null", {"type": "long", "logicalType": "timestamp-micros"}], "default": None},
        {"name": "value", "type": "double"},
        {"name": "unit", "type": "string"},
        {"name": "local_offset_s", "type": ["null", "int"], "default": None},
        {"name": "delivered_at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
    ],
}  # fmt: skip
_SHARED: dict[str, Any] = {
    "client_user_id": None, "team_id": "b2a9d0f4-6f0c-4f1b-8a35-94f1c7e2d310", "verdict": "NEW", "changed_fields": [],
    "is_floating_time": False, "problems": [], "unknown_fields": None, "local_offset_s": 7200, "preferred": True,
    "source": {
        "provider": "garmin", "type": "watch", "app_id": None, "device_id": "6f5e0f2a-1c36-4c7a-8bb6-0a4f5c0f8d21",
        "workout_id": None, "sport": None, "priority": 3,
    },
    "delivery": {
        "id": "msg_2f8Z0c1nXbQy6dTtKkL0aVwR3sE", "event_type": "daily.data.heartrate.created", "door": "webhook",
        "origin": "incremental", "backfill_id": None, "raw_topic": "junction.raw.timeseries", "raw_partition": 3,
        "raw_offset": 123_456, "created_at": DELIVERED_MS, "received_at": DELIVERED_MS, "processed_at": DELIVERED_MS,
    },
    "version": {"updated_at": None, "delivered_at": DELIVERED_MS, "content_hash": 6_558_271_124_599_631_816},
    "connection": {"status": "connected", "connected_at": DELIVERED_MS},
}  # fmt: skip
_COUNTS = {"new": BATCH, "changed": 0, "same": 0, "stale": 0, "conflict": 0, "dropped": 0}


@cache
def users() -> tuple[str, ...]:
    """The same at each run."""
    return tuple(str(uuid.uuid5(uuid.NAMESPACE_OID, str(number))) for number in range(USERS))


def fill(settings: Settings, samples: int, nights: int) -> None:
    """All topics of the product for these settings, three of them with so many samples and nights."""
    admin.apply(settings)
    ids = registry.register(settings)
    single = NewTopic(f"{settings.topic_prefix}.{SINGLE}", PARTITIONS, 1)
    client = AdminClient(for_librdkafka(settings))  # kept: without it its answers never come
    client.create_topics([single])[single.topic].result()
    schema = Schema(json.dumps(_SINGLE), "AVRO")
    ids[SINGLE] = SchemaRegistryClient({"url": settings.registry_url}).register_schema(f"{single.topic}-value", schema)
    producer = Producer(for_librdkafka(settings) | {"compression.type": "lz4", "linger.ms": 20})
    for topic, user, key, value in records(samples, nights):
        wire = struct.pack(">BI", 0, ids[topic]) + value
        place = partition_for(user, PARTITIONS)
        while True:
            try:
                producer.produce(f"{settings.topic_prefix}.{topic}", wire, key, place)
                break
            except BufferError:
                producer.poll(0.1)
    producer.flush()


def records(samples: int, nights: int) -> Iterator[tuple[str, str, bytes, bytes]]:
    """(topic, user, key, value): users take turns, as they do on a topic."""
    write, write_one = codec.writer("Samples"), avro_writer.compile(codec.bare(_SINGLE))
    for number in range(samples // BATCH):
        user, turn = users()[number % USERS], number // USERS
        record = _samples(user, turn)
        yield SAMPLES, user, f"{user}:{SAMPLES}".encode(), write(record)
        for time, value in zip(record["times"], record["values"], strict=True):
            yield SINGLE, user, f"{user}:{SAMPLES}".encode(), write_one(_single(user, time, value))
    write = codec.writer("Sleep")
    for number in range(nights):
        user = users()[number % USERS]
        record = _night(user, number // USERS)
        yield NIGHTS, user, f"{user}:{NIGHTS}:{record['id']}".encode(), write(record)


def _samples(user: str, turn: int) -> dict[str, Any]:
    begin = BEGIN_US + turn * BATCH * STEP_US
    day = begin // DAY_US
    return _SHARED | {
        "user_id": user, "resource": SAMPLES, "time_zone": None, "first_local_date": day, "last_local_date": day,
        "beyond_window": False, "unit": "bpm", "type": "automatic", "timezone_offset_s": 7200, "sensor_location": None,
        "intensity": None, "counts": _COUNTS, "part": 1, "parts": 1, "ends": [],
        "times": [begin + number * STEP_US for number in range(BATCH)],
        "values": [float(50 + (turn * 7 + number) % 90) for number in range(BATCH)],
    }  # fmt: skip


def _single(user: str, time: int, value: float) -> dict[str, Any]:
    return {
        "user_id": user, "source_provider": "garmin", "source_type": "watch", "time": time, "end_time": None,
        "value": value, "unit": "bpm", "local_offset_s": 7200, "delivered_at": DELIVERED_MS,
    }  # fmt: skip


def _night(user: str, turn: int) -> dict[str, Any]:
    """Every column has a value."""
    begin = BEGIN_US - turn * DAY_US
    day = begin // DAY_US
    seconds = ("duration_s", "total_s", "awake_s", "light_s", "rem_s", "deep_s", "latency_s")
    numbers = (
        *("score", "recovery_readiness_score", "hr_lowest_bpm", "hr_average_bpm", "hr_resting_bpm"),
        *("efficiency_percent", "temperature_delta_celsius", "skin_temperature_celsius", "hr_dip_percent"),
        *("hrv_average_ms", "respiratory_rate_per_min"),
    )
    return (
        _SHARED
        | dict.fromkeys(seconds, 3600 + turn * 60 % 7200)
        | dict.fromkeys(numbers, 50.0 + turn % 50)
        | {
            "user_id": user, "resource": NIGHTS, "id": str(uuid.uuid5(uuid.UUID(user), str(turn))), "local_date": day,
            "calendar_date": day, "date_at": begin, "bedtime_start_at": begin, "bedtime_stop_at": begin + DAY_US // 3,
            "type": "long_sleep", "timezone_offset_s": 7200, "state": "confirmed", "created_at": begin,
            "updated_at": begin + DAY_US, "version": _SHARED["version"] | {"updated_at": begin + DAY_US},
        }
    )  # fmt: skip


def last(topic: str, rows: int) -> list[tuple[str, Any]]:
    """The last row of each partition: its user, and the time of the sample, in µs, or the id of the night."""
    found: dict[int, tuple[str, Any]] = {}
    records = rows if topic == NIGHTS else rows // BATCH
    for number in range(max(0, records - USERS), records):
        user, turn = users()[number % USERS], number // USERS
        row = _night(user, turn)["id"] if topic == NIGHTS else _samples(user, turn)["times"][-1]
        found[partition_for(user, PARTITIONS)] = (user, row)
    return list(found.values())
