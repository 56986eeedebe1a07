"""Every metric of every process, declared once, with the sentence that explains it.

Prometheus conventions: base units, few and bounded labels, never a user id. Counters that folds add to are reached
by name through `count`, after the transaction that counted has committed.
"""

import math
import os
from collections.abc import Collection, Iterable, Mapping
from functools import partial

from prometheus_client import (
    GC_COLLECTOR,
    PLATFORM_COLLECTOR,
    PROCESS_COLLECTOR,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    values,
)

from streams.ops.errors import Reason
from streams.ops.gauges import TableGauge, TableHistogram
from streams.ops.process import Process

if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):  # one of several processes whose metrics are summed
    # It asks for the process id at each change, a system call; this one is never forked after it has counted.
    values.ValueClass = values.MultiProcessValue(partial(int, os.getpid()))  # type: ignore[no-untyped-call]  # because it has no types

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15)
_LAG_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600, 86400)
_HOUR, _DAY = 3600, 86_400
# Junction tries again for 27 hours, workers may be away for days: beyond the last bound p50 and p99 are the same.
_WAY_SECONDS = (*_LAG_SECONDS[:-1], 3 * _HOUR, 6 * _HOUR, 12 * _HOUR, _DAY, 2 * _DAY, 7 * _DAY, 30 * _DAY)
AGES_S = (
    900,
    _HOUR,
    3 * _HOUR,
    6 * _HOUR,
    12 * _HOUR,
    _DAY,
    2 * _DAY,
    3 * _DAY,
    7 * _DAY,
    14 * _DAY,
    30 * _DAY,
    90 * _DAY,
)
_BYTES = (256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216)

# Gateway
REQUESTS = Counter(
    "junction_gateway_requests_total", "Requests to the webhook door by endpoint and outcome.", ["endpoint", "outcome"]
)
REQUEST_SECONDS = Histogram(
    "junction_gateway_request_seconds", "Time from first byte to reply.", ["endpoint"], buckets=_SECONDS
)
BODY_BYTES = Histogram("junction_gateway_body_bytes", "Size of accepted bodies.", ["endpoint"], buckets=_BYTES)
PUBLISHED = Counter("junction_gateway_published_total", "Records that Kafka acknowledged, by topic.", ["topic"])
QUEUE_BYTES = Gauge(
    "junction_gateway_queue_bytes",
    "Keys, values and headers of records that wait for Kafka's confirmation.",
    multiprocess_mode="livesum",
)
OVERLOADED = Counter(
    "junction_gateway_overload_total",
    "Records refused because too many bytes waited for Kafka, by topic: those that can wait longest come first.",
    ["topic"],
)
SECRET_USED = Counter(
    "junction_gateway_secret_used_total",
    "Verified requests by the secret that matched, known by its fingerprint.",
    ["endpoint", "fingerprint"],
)
SECRET_POSITION = Gauge(
    "junction_gateway_secret_position",
    "Where a secret stands in the list of its endpoint, 0 the newest, -1 gone; an old one should fall silent.",
    ["endpoint", "fingerprint"],
    multiprocess_mode="mostrecent",
)
CONNECTIONS_CLOSED = Counter(
    "junction_gateway_connections_closed_total",
    "Connections that the gateway closed without a reply of its door, by reason: head too slow or too large, no HTTP, "
    "tiny chunks, idle, too many in all (too_many) or of one address (refused).",
    ["reason"],
)

# Worker
VERDICTS = Counter(
    "junction_verdicts_total",
    "Entities compared with the tables; with the verdict EMPTY, events that held none.",
    ["family", "resource", "verdict"],
)
CLEAN_RECORDS = Counter("junction_clean_records_total", "Records emitted to clean topics, committed.", ["topic"])
DEAD_LETTERS = Counter("junction_dead_letters_total", "Records that can never work, by reason.", ["reason"])
UNKNOWN_TYPES = Counter(
    "junction_unknown_types_total", "Events of a type that we do not know; after 200 types: more.", ["event_type"]
)
OPERATIONAL = Counter(
    "junction_operational_events_total",
    "What Junction's delivery service says about its deliveries to us: given up, endpoint switched off.",
    ["event_type"],
)
DRIFT = Counter("junction_drift_total", "Findings that are not as Junction documents its events, by kind.", ["kind"])
CONFLICTS = Counter(
    "junction_conflicts_total", "Same version with different content, whichever side won.", ["family", "resource"]
)
PREFERENCE_CHANGES = Counter(
    "junction_preference_changes_total",
    "Days of summaries whose preferred source changed, and hours of samples that got another source.",
    ["resource"],
)
EXPIRED = Counter("junction_expired_rows_total", "Rows of state that were forgotten for their age.", ["table"])
END_TO_END_SECONDS = Histogram(
    "junction_end_to_end_seconds", "From the door's receipt to the commit.", ["raw_topic"], buckets=_WAY_SECONDS
)
CREATION_TO_COMMIT_SECONDS = Histogram(
    "junction_creation_to_commit_seconds",
    "From the event's creation at Junction, as its delivery id says, to the commit; retries of Junction included.",
    ["raw_topic"],
    buckets=_WAY_SECONDS,
)

# Tables, as they stand
CONNECTIONS = TableGauge("junction_connections", "Users' links to providers, by status.", ["provider", "status"])
BACKFILLS = TableGauge(
    "junction_backfills", "Histories of a user's resource at a provider, by status.", ["provider", "status"]
)
FRESHNESS = TableHistogram(
    "junction_freshness_seconds",
    "Age of the newest data of each user and resource; without users whose connection is in error.",
    ["provider", "resource"],
)
USER_FRESHNESS = TableHistogram(
    "junction_user_freshness_seconds",
    "Age of each user's newest data of any resource; without users whose connection is in error.",
    ["provider"],
)

# Engine
TRANSACTIONS = Counter("junction_engine_transactions_total", "Transactions by outcome.", ["outcome"])
TRANSACTION_SECONDS = Histogram(
    "junction_engine_transaction_seconds", "From the first record to the commit's return.", buckets=_SECONDS
)
TRANSACTION_RECORDS = Histogram(
    "junction_engine_transaction_records", "Source records in a transaction.", buckets=(1, 10, 100, 1000, 10000, 100000)
)
TRANSACTION_BYTES = Histogram(
    "junction_engine_transaction_bytes", "Keys and values of the source records in a transaction.", buckets=_BYTES
)
TRANSACTION_PARTITIONS = Histogram(
    "junction_engine_transaction_partitions",
    "Partitions that a transaction wrote to: of clean topics, of changelogs, and the group's offsets. Each costs Kafka "
    "a commit marker.",
    buckets=(1, 3, 10, 30, 100, 300, 1000),
)
ABORTS = Counter(
    "junction_engine_aborts_total",
    "Transactions that did not happen, by cause: the group changed, a broker was away, or another.",
    ["cause"],
)
UNCOMMITTED_SECONDS = Gauge(
    "junction_engine_uncommitted_seconds", "Age of the oldest transaction that is not committed; 0 without one."
)
LAG_RECORDS = Gauge(
    "junction_engine_lag_records", "Offsets of a source partition that are not processed yet.", ["topic", "partition"]
)
LAG_SECONDS = Gauge(
    "junction_engine_lag_seconds",
    "Age of the oldest record of a source partition that is not processed yet; 0 without one.",
    ["topic", "partition"],
)
STALLED = Gauge(
    "junction_engine_stalled_partitions", "Source partitions in which records wait and nothing moves; see the log."
)
STATE_BYTES = Gauge("junction_engine_state_bytes", "Size of a table on this worker's disk.", ["table"])
DISK_FREE_BYTES = Gauge(
    "junction_engine_disk_free_bytes", "Free space of the file system on which this worker keeps its tables."
)
DISK_FREE_BYTES.set(math.nan)  # not known yet; 0 would be a full disk
HOLES = Counter("junction_engine_holes_total", "Slices that began after the cursor: dropped, and read again.")
RESTORED = Counter("junction_engine_restored_records_total", "Changelog records read back at assignment.", ["table"])
RESTORE_LEFT = Gauge("junction_engine_restore_left_records", "Changelog records still to be read back.", ["table"])
ASSIGNED = Gauge("junction_engine_assigned_partitions", "Source partitions that this worker owns.")

# Fetcher
FETCH_CALLS = Counter("junction_fetch_calls_total", "Pages asked of the API, by kind and outcome.", ["kind", "outcome"])
FETCH_CALL_SECONDS = Histogram(
    "junction_fetch_call_seconds", "Time of a page, retries of the client included.", ["kind"], buckets=_LAG_SECONDS
)
FETCH_ROWS = Counter("junction_fetch_rows_total", "Summaries and samples fetched, by resource.", ["resource"])
RECONCILED = Gauge(
    "junction_reconciled_resources",
    "Resources of users by verdict, when they were last compared with Junction.",
    ["verdict"],
)
FETCH_JOBS_OPEN = Gauge(
    "junction_fetch_open_jobs", "Jobs that are not over: due, or parked until a later time.", ["state"]
)
FETCH_CALLS_NOW = Gauge("junction_fetch_calls_now", "Calls of the API that are under way.")

# Junction's API
API_CALLS = Counter(
    "junction_api_calls_total",
    "Tries of calls to Junction's API by outcome: ok, missing, or why not.",
    ["endpoint", "outcome"],
)
API_SECONDS = Histogram(
    "junction_api_seconds", "Time from request to the whole answer.", ["endpoint"], buckets=(*_SECONDS, 30, 60)
)

# Alerts
ALERTS = Counter("junction_alert_records_total", "Steps in the life of alerts, by rule.", ["rule", "life"])
ALERTS_OPENED = Counter("junction_alerts_opened_total", "Alerts that began, by rule.", ["rule", "severity"])
ALERT_SKIPPED = Counter(
    "junction_alert_skipped_total",
    "Values that rules did not look at: too old when they came, another unit, local time of an unknown zone; "
    "and records and timers of which too much would be kept (too_large).",
    ["reason"],
)
ALERT_TIMERS = Counter("junction_alert_timers_total", "Timers of alerts that fired.")
ALERT_RULES = Gauge("junction_alert_rules", "Alert rules that are switched on.")
ALERT_RELOADS = Counter(
    "junction_alert_rule_loads_total",
    "Readings of the rules file; a refused one changes nothing.",
    ["outcome"],
)
ALERT_DELIVERIES = Counter(
    "junction_alert_deliveries_total", "Attempts to bring an alert to a receiver, by what became of them.",
    ["receiver", "status"],
)  # fmt: skip
ALERT_DELIVERY_SECONDS = Histogram(
    "junction_alert_delivery_seconds", "From the worker's word to a receiver that has it.", ["receiver"],
    buckets=_LAG_SECONDS,
)  # fmt: skip

# Sink
SINK_ROWS = Counter(
    "junction_sink_rows_total",
    "Rows written and committed; a sample is one, of versions in one batch the newest.",
    ["topic"],
)
SINK_BATCHES = Counter(
    "junction_sink_batches_total",
    "Batches by outcome: written, or fenced, because another process had moved a position.",
    ["outcome"],
)
SINK_SECONDS = Counter(
    "junction_sink_seconds_total",
    "Time by step: wait (for records), decode, write (encoding and statements), commit.",
    ["step"],
)
SINK_POSITION = Gauge("junction_sink_position", "First offset that is not written.", ["topic", "partition"])
SINK_LAG_RECORDS = Gauge(
    "junction_sink_lag_records", "Offsets of a partition that are not written yet.", ["topic", "partition"]
)
SINK_LAG_SECONDS = Gauge(
    "junction_sink_lag_seconds",
    "Age of the newest record that is written, while there are later ones; 0 without.",
    ["topic", "partition"],
)
SINK_REJECTS = Counter(
    "junction_sink_rejects_total", "Records that could not be written, by topic; see `sink rejects`.", ["topic"]
)
SOURCE_RECEIVED = Counter("junction_source_received_total", "Messages that a pipeline handed to us, by door.", ["door"])
SOURCE_SETTLED = Counter(
    "junction_source_settled_total", "Messages that were acknowledged after Kafka had them, by door.", ["door"]
)
SOURCE_REDELIVERED = Counter(
    "junction_source_redelivered_total", "Messages that a pipeline says it had handed out before, by door.", ["door"]
)
SOURCE_HELD = Gauge("junction_source_held", "Messages that are held and not acknowledged, by door.", ["door"])
SOURCE_HELD_BYTES = Gauge("junction_source_held_bytes", "Their bytes as they came, by door.", ["door"])
SOURCE_OLDEST_SECONDS = Gauge(
    "junction_source_oldest_held_seconds", "For how long the oldest of them is held, by door.", ["door"]
)
SOURCE_WAITING = Gauge(
    "junction_source_waiting", "Messages that wait in the pipeline, where it tells that, by door.", ["door"]
)
SOURCE_EXPIRED = Counter(
    "junction_source_expired_total", "Messages that a pipeline deleted before we had read them, by door.", ["door"]
)
SOURCE_READY = Gauge(
    "junction_source_ready",
    "1 while the pipeline gives and Kafka takes, 0 while one is away, by door.",
    ["door"],
)
SINK_READY = Gauge("junction_sink_ready", "1 while the target answers, 0 while it is away and waited for.")

# 0 from the start: a counter that begins at 1 never "increased" for Prometheus.
for _reason in Reason:
    DEAD_LETTERS.labels(_reason)
for _reason_closed in (
    "slow_head",
    "head_too_large",
    "tiny_chunks",
    "malformed",
    "unread",
    "idle",
    "too_many",
    "refused",
):
    CONNECTIONS_CLOSED.labels(_reason_closed)
for _cause in ("group", "broker", "other"):
    ABORTS.labels(_cause)
for _kind in ("event_type", "field", "enum", "shape"):
    DRIFT.labels(_kind)
for _outcome in ("committed", "aborted"):
    TRANSACTIONS.labels(_outcome)
for _outcome_sink in ("written", "fenced"):
    SINK_BATCHES.labels(_outcome_sink)
for _step in ("wait", "decode", "write", "commit"):
    SINK_SECONDS.labels(_step)
for _table in ("samples", "deliveries"):
    EXPIRED.labels(_table)
for _outcome in ("accepted", "refused"):
    ALERT_RELOADS.labels(_outcome)
for _reason_skipped in ("too_old", "unit", "floating_time", "too_large"):
    ALERT_SKIPPED.labels(_reason_skipped)
for _type in ("message.attempt.exhausted", "message.attempt.failing", "endpoint.disabled"):  # those that alerts look at
    OPERATIONAL.labels(_type)
for _kind in ("page", "stream"):
    FETCH_CALLS.labels(_kind, "ok")
    FETCH_CALL_SECONDS.labels(_kind)


Declared = Counter | Gauge | Histogram | TableGauge | TableHistogram

_ENGINE: tuple[Declared, ...] = (
    DEAD_LETTERS, TRANSACTIONS, TRANSACTION_SECONDS, TRANSACTION_RECORDS, TRANSACTION_BYTES, TRANSACTION_PARTITIONS,
    ABORTS, UNCOMMITTED_SECONDS, LAG_RECORDS, LAG_SECONDS, STALLED, STATE_BYTES, DISK_FREE_BYTES, HOLES, RESTORED,
    RESTORE_LEFT, ASSIGNED,
)  # fmt: skip
# A process reports what it does and nothing else: a gateway would report 0 as the free disk of its tables.
TOLD_BY: Mapping[Process, tuple[Declared, ...]] = {
    Process.GATEWAY: (
        REQUESTS, REQUEST_SECONDS, BODY_BYTES, PUBLISHED, QUEUE_BYTES, OVERLOADED, SECRET_USED, SECRET_POSITION,
        CONNECTIONS_CLOSED, DEAD_LETTERS,
    ),
    Process.WORKER: (
        *_ENGINE, VERDICTS, CLEAN_RECORDS, UNKNOWN_TYPES, OPERATIONAL, DRIFT, CONFLICTS, PREFERENCE_CHANGES, EXPIRED,
        END_TO_END_SECONDS, CREATION_TO_COMMIT_SECONDS, CONNECTIONS, BACKFILLS, FRESHNESS, USER_FRESHNESS, ALERTS,
        ALERTS_OPENED, ALERT_SKIPPED, ALERT_TIMERS, ALERT_RULES, ALERT_RELOADS,
    ),
    Process.FETCHER: (
        *_ENGINE, FETCH_CALLS, FETCH_CALL_SECONDS, FETCH_ROWS, RECONCILED, FETCH_JOBS_OPEN, FETCH_CALLS_NOW, API_CALLS,
        API_SECONDS,
    ),
    Process.NOTIFY: (ALERT_DELIVERIES, ALERT_DELIVERY_SECONDS),
    Process.SINK: (
        SINK_ROWS, SINK_BATCHES, SINK_SECONDS, SINK_POSITION, SINK_LAG_RECORDS, SINK_LAG_SECONDS, SINK_REJECTS,
        SINK_READY,
    ),
    Process.SOURCE: (
        SOURCE_RECEIVED, SOURCE_SETTLED, SOURCE_REDELIVERED, SOURCE_HELD, SOURCE_HELD_BYTES, SOURCE_OLDEST_SECONDS,
        SOURCE_WAITING, SOURCE_EXPIRED, SOURCE_READY, PUBLISHED, QUEUE_BYTES, OVERLOADED, DEAD_LETTERS,
    ),
}  # fmt: skip


def registry(process: Process) -> CollectorRegistry:
    """What a process of that kind serves on /metrics: its own, and the usual ones of a Python process."""
    made = CollectorRegistry()
    for collector in (*TOLD_BY[process], PROCESS_COLLECTOR, PLATFORM_COLLECTOR, GC_COLLECTOR):
        made.register(collector)
    return made


_BY_NAME: Mapping[str, Counter] = {
    "verdicts": VERDICTS,
    "clean_records": CLEAN_RECORDS,
    "dead_letters": DEAD_LETTERS,
    "unknown_types": UNKNOWN_TYPES,
    "operational": OPERATIONAL,
    "conflicts": CONFLICTS,
    "preference_changes": PREFERENCE_CHANGES,
    "expired": EXPIRED,
    "drift": DRIFT,
    "alert_records": ALERTS,
    "alerts_opened": ALERTS_OPENED,
    "alert_skipped": ALERT_SKIPPED,
    "alert_timers": ALERT_TIMERS,
}


class FirstNames:
    """Labels that others choose: the first so many as they are, then one for all others."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: set[str] = set()

    def label(self, name: str) -> str:
        if len(self._known) < self._most:
            self._known.add(name)
        return name if name in self._known else MORE


MORE = "more"
TYPES_MAX = 200  # a series lasts as long as its process, and the names of events are whatever somebody signs
_types = FirstNames(TYPES_MAX)


def count(counts: Mapping[tuple[str, ...], int]) -> None:
    """Add what drafts counted: (name, *labels) → n. An undeclared name is a bug and raises KeyError."""
    for (name, *labels), n in counts.items():
        metric = _BY_NAME[name]
        if metric is UNKNOWN_TYPES:
            labels = [_types.label(*labels)]
        (metric.labels(*labels) if labels else metric).inc(n)


def time_arrivals(arrivals: Iterable[tuple[str, int, int | None]], now_s: float) -> None:
    """Time until now, for each (raw topic, Unix milliseconds at the door, and of the creation) of a commit."""
    for raw_topic, received_ms, created_ms in arrivals:
        END_TO_END_SECONDS.labels(raw_topic).observe(max(now_s - received_ms / 1000, 0.0))
        if created_ms is not None:
            CREATION_TO_COMMIT_SECONDS.labels(raw_topic).observe(max(now_s - created_ms / 1000, 0.0))


def assigned(partitions: Collection[int], sources: int) -> None:
    """This worker has these partitions now, of so many source partitions in all; others speak for the rest."""
    ASSIGNED.set(sources)
    for metric in (CONNECTIONS, BACKFILLS, FRESHNESS, USER_FRESHNESS):
        metric.keep(partitions)
