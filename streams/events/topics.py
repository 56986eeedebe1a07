"""The table of all topics: their names, schemas and settings; the raw topic of an event type."""

from dataclasses import dataclass, field
from enum import StrEnum

from streams.events import resources
from streams.events.times import DAY_MS
from streams.events.types import EventType, Family

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
    LINEAGE = "lineage"


@dataclass(frozen=True, slots=True)
class Kept:
    """Days: of raw events, queues and dead letters; of clean records; of replaced rows in compacted topics; of lineage,
    0 where none is written."""

    raw: int
    clean: int
    compact: int
    lineage: int = 30


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
RECONCILIATIONS = "reconciliations"  # what Junction has compared with what we have
HEARTBEATS = "gateway_heartbeats"  # when a delivery was accepted last, to the minute
ALERTS = "alerts"
ALERT_DELIVERIES = "alert_deliveries"  # the result of each attempt to deliver an alert
ALERT_THRESHOLDS = "alert_thresholds"  # users' own bounds, from people to the workers
PREFERENCES = "preferences"  # which source's samples to take, for hours in which several have any
DRIFT = "drift"  # differences from what Junction documents
LINEAGE = "lineage"  # what the worker did with each raw record
OTHER = "other"  # checkout and every unknown event type: kept and passed on as JSON text

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
    """Name of the Avro schema of a resource's clean records. Raises KeyError for an unknown one."""
    row = resources.RESOURCES[resource]
    return _SUMMARY_SCHEMAS[resource] if row.kind is resources.Kind.SUMMARY else _SERIES_SCHEMAS[row.value]


def series_schema(value: resources.Value) -> str:
    """Name of the Avro schema of samples that hold such a value."""
    return _SERIES_SCHEMAS[value]


def clean_topics() -> dict[str, str]:
    """Short name of every clean topic → schema name: one for each resource, then the control topics."""
    return {name: schema_of(name) for name in resources.RESOURCES} | _CONTROL_SCHEMAS


def avro_topics() -> dict[str, str]:
    """Short name of every Avro topic → schema name: the clean topics, and lineage, which is about all of them."""
    return clean_topics() | {LINEAGE: "Lineage"}


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
    """Settings of a topic that keeps the newest record of each key."""
    # By default Kafka compacts once half of a log is replaced rows, which may be never. With a longest lag it also
    # ends the active segment (KIP-354), at the first record after that time.
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
    lineage = topic(f"{prefix}.{LINEAGE}", Role.LINEAGE, "Lineage", **_deleted(max(1, kept.lineage)))
    owned = [(group_id, table) for table in TABLES] + [(fetch_group(group_id), table) for table in FETCH_TABLES]
    logs = [topic(changelog(group, table), Role.CHANGELOG, **compact) for group, table in owned]
    notes = [topic(f"{prefix}.{name}", Role.STATE, **compact) for name in (HEARTBEATS, ALERT_THRESHOLDS)]
    return [*raw, *queues, *notes, *dead, *clean, lineage, *logs]


def raw_topic(event: EventType) -> str:
    """Short name of the raw topic for an event type; every type has one."""
    return RAW_BY_FAMILY[event.family]
