"""The table of all topics, and where an event goes: topic, key, partition, headers.

Keyed by user and resource, partitioned by user: `partition_for` is the one function for every door, so that a user's
raw records, tables and clean records share a partition number. Headers are CloudEvents 1.0, Kafka binary mode.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from streams.events import ids, key_parts, resources
from streams.events.types import EventType, Family, Identity

DAY_MS = 24 * 3600 * 1000
# How long compacted topics keep tombstones, counted from the cleaner's first pass over them (KIP-534): an earlier
# pass (`Kept.compact`) takes nothing from it. A worker's directory that was away for half of it is made anew at the
# next start.
TOMBSTONES_DAYS = 7
# Kafka deletes whole segments, so a record may stay for as long as its segment takes to end. Kafka's default, set here
# because a broker may have another.
SEGMENT_DAYS_MAX = 7


class Role(StrEnum):
    RAW = "raw"
    QUEUE = "queue"  # between our own processes
    CLEAN = "clean"
    STATE = "state"
    CHANGELOG = "changelog"
    DEAD = "dead"
    MARK = "mark"


@dataclass(frozen=True, slots=True)
class Kept:
    """How long, in days: raw events, queues and dead letters; clean records; replaced rows of compacted topics."""

    raw: int
    clean: int
    compact: int


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic as it has to be. `schema`: the .avsc of its values, "" where they are JSON or private bytes."""

    name: str
    role: Role
    partitions: int
    replication: int
    schema: str = ""
    config: dict[str, str] = field(default_factory=dict)


RAW_BY_FAMILY: dict[Family, str] = {
    Family.CONNECTION: "raw.connections",
    Family.DEVICE: "raw.connections",
    Family.BACKFILL: "raw.backfills",
    Family.SUMMARY: "raw.summaries",
    Family.TIMESERIES: "raw.timeseries",
    Family.LAB: "raw.labs",
    Family.QUERY: "raw.other",
    Family.CHECKOUT: "raw.other",
    Family.OPERATIONAL: "raw.other",
    Family.UNKNOWN: "raw.other",
}
RAW: tuple[str, ...] = tuple(dict.fromkeys(RAW_BY_FAMILY.values()))

DEAD_LETTERS = "dead_letters"
REDRIVEN = "redriven"  # marks: which dead letter was put back, when and where to
CONNECTIONS = "connections"
BACKFILLS = "backfills"
DEVICES = "devices"
LABS = "labs"
QUERY_RESULTS = "query_results"
FETCH_JOBS = "fetch_jobs"  # requests to fetch, from workers, people and reconciliation to the fetchers
FETCH_PROGRESS = "fetch_progress"  # from the fetchers back to the workers
RECONCILIATIONS = "reconciliations"  # what Junction has against what we have
HEARTBEATS = "gateway_heartbeats"  # when a delivery was accepted last, to the minute
ALERTS = "alerts"
ALERT_DELIVERIES = "alert_deliveries"  # what became of each attempt to bring an alert to somebody
ALERT_THRESHOLDS = "alert_thresholds"  # users' own bounds, from people to the workers
PREFERENCES = "preferences"  # which source's samples to take, for hours in which several have any
DRIFT = "drift"  # what is not as Junction documents it
OTHER = "other"  # checkout and every event type that we do not know: kept and passed on as JSON text

# Compacted: the newest record of a key is the truth.
STATES = (CONNECTIONS, BACKFILLS, DEVICES, PREFERENCES, DRIFT, RECONCILIATIONS)

# Tables of the worker. Their changelogs are named by Faust: <group>-<table>-changelog. The engine keeps a row of its
# own in the first one (`engine/ledger.py`), so that one stays the first.
TABLES: tuple[str, ...] = ("connections", "backfills", "summaries", "samples", "deliveries", "drift", "alerts")
SOURCES: tuple[str, ...] = (*RAW, FETCH_PROGRESS, ALERT_THRESHOLDS)  # what the worker reads

# Of the fetcher, which is a group of its own.
FETCH_TABLES: tuple[str, ...] = ("fetches",)

# Avro schema of each clean topic.
_SUMMARY_SCHEMAS = {
    "activity": "Activity",
    "sleep": "Sleep",
    "sleep_cycle": "SleepCycle",
    "workouts": "Workout",
    "workout_stream": "WorkoutStream",
    "body": "Body",
    "meal": "Meal",
    "menstrual_cycle": "MenstrualCycle",
    "electrocardiogram": "Electrocardiogram",
    "profile": "Profile",
}
_SERIES_SCHEMAS = {
    resources.Value.NUMBER: "Samples",
    resources.Value.BLOOD_PRESSURE: "BloodPressure",
    resources.Value.INSULIN: "Insulin",
    resources.Value.NOTE: "Note",
}
_CONTROL_SCHEMAS = {
    CONNECTIONS: "Connection",
    BACKFILLS: "Backfill",
    DEVICES: "Device",
    LABS: "Lab",
    QUERY_RESULTS: "QueryResult",
    RECONCILIATIONS: "Reconciliation",
    OTHER: "Generic",
    PREFERENCES: "Preference",
    DRIFT: "Drift",
    ALERTS: "Alert",
    ALERT_DELIVERIES: "AlertDelivery",
}


def schema_of(resource: str) -> str:
    """Name of the Avro schema in which a resource of the table leaves."""
    row = resources.RESOURCES[resource]
    return _SUMMARY_SCHEMAS[resource] if row.kind is resources.Kind.SUMMARY else _SERIES_SCHEMAS[row.value]


def series_schema(value: resources.Value) -> str:
    """Name of the Avro schema of samples that hold such a value."""
    return _SERIES_SCHEMAS[value]


def clean_topics() -> dict[str, str]:
    """Short name of every Avro topic → schema name: one for each resource, then the control topics."""
    return {name: schema_of(name) for name in resources.RESOURCES} | _CONTROL_SCHEMAS


def fetch_group(group_id: str) -> str:
    """The consumer group of the fetchers."""
    return f"{group_id}-fetcher"


def changelog(group_id: str, table: str) -> str:
    """Faust's name for the changelog topic of a table."""
    return f"{group_id}-{table}-changelog"


def _deleted(days: int) -> dict[str, str]:
    """Settings of a topic whose records Kafka deletes by their age alone."""
    return {
        "cleanup.policy": "delete",
        "retention.ms": str(days * DAY_MS),
        "retention.bytes": "-1",  # a broker's own limit would delete earlier
        "segment.ms": str(min(days, SEGMENT_DAYS_MAX) * DAY_MS),
    }


def _compacted(days: int) -> dict[str, str]:
    """Settings of a topic in which the newest record of a key stays.

    By default Kafka compacts once half of a log is replaced rows, which may be never. With a longest lag it also ends
    the segment that is written to (KIP-354), at the first record after that time.
    """
    return {
        "cleanup.policy": "compact",
        "max.compaction.lag.ms": str(days * DAY_MS),
        "delete.retention.ms": str(TOMBSTONES_DAYS * DAY_MS),
    }


def layout(
    prefix: str, group_id: str, *, partitions: int, replication: int, kept: Kept, record_bytes_max: int
) -> list[Topic]:
    """Every topic of the product with its settings. Raw, clean and state topics share one partition count."""

    # acks=all means "all in-sync replicas": without this, one replica that is left alone would count as all of them.
    always = {"max.message.bytes": str(record_bytes_max), "min.insync.replicas": str(max(1, replication - 1))}

    def topic(name: str, role: Role, schema: str = "", **config: str) -> Topic:
        return Topic(name, role, partitions, replication, schema, {**always, **config})

    as_raw, as_clean, compact = _deleted(kept.raw), _deleted(kept.clean), _compacted(kept.compact)
    raw = [topic(f"{prefix}.{name}", Role.RAW, **as_raw) for name in RAW]
    dead = [
        topic(f"{prefix}.{DEAD_LETTERS}", Role.DEAD, **as_raw),
        topic(f"{prefix}.{REDRIVEN}", Role.MARK, **as_raw | {"cleanup.policy": "compact,delete"}),
    ]
    queues = [topic(f"{prefix}.{name}", Role.QUEUE, **as_raw) for name in (FETCH_JOBS, FETCH_PROGRESS)]
    clean = [
        topic(f"{prefix}.{name}", Role.STATE, schema, **compact)
        if name in STATES
        else topic(f"{prefix}.{name}", Role.CLEAN, schema, **as_clean)
        for name, schema in clean_topics().items()
    ]
    owned = [(group_id, table) for table in TABLES] + [(fetch_group(group_id), table) for table in FETCH_TABLES]
    logs = [topic(changelog(group, table), Role.CHANGELOG, **compact) for group, table in owned]
    notes = [topic(f"{prefix}.{name}", Role.STATE, **compact) for name in (HEARTBEATS, ALERT_THRESHOLDS)]
    return raw + queues + notes + dead + clean + logs


def raw_topic(event: EventType) -> str:
    """Short name of the raw topic for an event type; every type has one."""
    return RAW_BY_FAMILY[event.family]


def raw_key(identity: Identity) -> bytes:
    """`user_id:resource` (where there is no user: team id, or what else owns it)."""
    return key_of(identity.owner_id, identity.type.resource)


def key_of(*parts: str) -> bytes:
    """The key of a record by its parts, the owner first."""
    return key_parts.join(":", parts).encode()


def owner_in(key: bytes | None) -> str:
    """The owner in a record's key, in the one spelling of ids; "" where there is none."""
    return ids.canonical(key_parts.split(":", (key or b"").decode("utf-8", "replace"))[0])


@lru_cache(maxsize=200_000)
def partition_for(owner_id: str, partitions: int) -> int:
    """Partition of a user: Java's murmur2 over the UTF-8 id, as Kafka's default partitioner does for a key."""
    return (murmur2(owner_id.encode()) & 0x7FFFFFFF) % partitions


def murmur2(data: bytes) -> int:
    """Kafka's 32-bit murmur2 (org.apache.kafka.common.utils.Utils), unsigned."""
    m, mask = 0x5BD1E995, 0xFFFFFFFF
    length = len(data)
    h = 0x9747B28C ^ length
    for i in range(0, length - length % 4, 4):
        k = int.from_bytes(data[i : i + 4], "little") * m & mask
        k = (k ^ (k >> 24)) * m & mask
        h = (h * m & mask) ^ k
    tail = data[length - length % 4 :]
    if tail:
        h = (h ^ int.from_bytes(tail, "little")) * m & mask
    h = (h ^ (h >> 13)) * m & mask
    return h ^ (h >> 15)


# Header names. The signature headers travel under the names of Svix, whichever set came in.
H_ID, H_TYPE, H_SOURCE, H_SUBJECT, H_TIME = "ce_id", "ce_type", "ce_source", "ce_subject", "ce_time"
H_RECEIVED, H_DOOR, H_ORIGIN, H_PARTITION_KEY = "ce_receivedtime", "ce_door", "ce_origin", "ce_partitionkey"
H_BACKFILL = "ce_backfillid"
H_TRACEPARENT, H_TRACESTATE = "traceparent", "tracestate"
H_SVIX_ID, H_SVIX_TIMESTAMP, H_SVIX_SIGNATURE = "svix-id", "svix-timestamp", "svix-signature"
H_REASON, H_DETAIL, H_DEAD_AT, H_VERSION = "dead_reason", "dead_detail", "dead_time", "dead_version"
H_LEFT_OUT = "dead_leftout"  # bytes of a body that does not fit into a letter: the record lies where it died
H_FROM_TOPIC, H_FROM_PARTITION, H_FROM_OFFSET = "dead_topic", "dead_partition", "dead_offset"
H_REDRIVEN_FROM = "ce_redrivenfrom"  # the dead letter, as partition:offset, that was put back as this record

Headers = list[tuple[str, bytes]]


class Origin(StrEnum):
    INCREMENTAL = "incremental"
    HISTORICAL = "historical"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a door knows about one attempt to hand us an event. Times are RFC 3339 in UTC."""

    id: str
    door: str
    endpoint: str
    created_at: str
    received_at: str
    origin: Origin = Origin.INCREMENTAL
    backfill_id: str = ""
    traceparent: str = ""
    tracestate: str = ""
    signature: tuple[tuple[str, str], ...] = ()


def cloud_headers(identity: Identity, delivery: Delivery) -> Headers:
    """CloudEvents headers of a raw record (product contract, section 3). Empty values are left out."""
    rows = [
        ("ce_specversion", "1.0"),
        (H_ID, delivery.id),
        (H_TYPE, identity.type.text),
        (H_SOURCE, f"/junction/{identity.team_id or '-'}/{delivery.door}/{delivery.endpoint}"),
        (H_SUBJECT, identity.user_id),
        (H_TIME, delivery.created_at),
        ("content-type", "application/json"),
        (H_RECEIVED, delivery.received_at),
        (H_DOOR, delivery.door),
        (H_ORIGIN, delivery.origin),
        (H_PARTITION_KEY, identity.owner_id),
        (H_BACKFILL, delivery.backfill_id),
        (H_TRACEPARENT, delivery.traceparent),
        (H_TRACESTATE, delivery.tracestate),
        *delivery.signature,
    ]
    return encode_headers(rows)


def encode_headers(rows: Iterable[tuple[str, str]]) -> Headers:
    """Text headers as Kafka headers; empty ones are left out."""
    return [(name, text.encode()) for name, text in rows if text]


def header(headers: Iterable[tuple[str, bytes]], name: str) -> str:
    """The first header of that name as text; "" when absent; bytes that are not UTF-8 are replaced."""
    return next((value.decode("utf-8", "replace") for key, value in headers if key == name and value), "")
