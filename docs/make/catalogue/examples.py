"""A real record for each topic: events of a small simulated world, folded, encoded and decoded as in production."""

import json
from collections import defaultdict
from functools import cache
from typing import Any, NamedTuple

from connectors.history.reconcile.findings import ReconcileVerdict, ResourceFinding
from connectors.history.reconcile.records import record_of
from connectors.history.reconcile.reports import ResourceReport
from streams.agents import assembly
from streams.agents.alerts import Alerts
from streams.alerts.rules.parser import rules_of
from streams.alerts.rules.rule_set import RuleSet
from streams.events import topics
from streams.events.headers import Delivery, Headers, cloud_headers
from streams.events.identity import identify
from streams.events.message_ids import ksuid_time_ms
from streams.events.partitions import partition_for
from streams.events.record_keys import raw_key
from streams.events.times import DAY_US, EPOCH, MICRO
from streams.kafka import codec
from streams.kafka.codec import Codec
from streams.simulator.world.world import Event, World
from streams.tables.draft import Draft

PREFIX = "junction"
_WORLD = World(seed=5, users=16, days=2, end_ms=1_780_272_000_000)  # a fixed end: the same records every time
_LATENCY_MS = 40
_RULE = {"name": "pressure-high", "kind": "threshold", "resource": "blood_pressure", "field": "systolic",
         "above": "135 mmHg", "max_age": "1d", "summary": "Systolic pressure above 135 mmHg"}  # fmt: skip


class Example(NamedTuple):
    """`record`: decoded Avro. `key`: as text."""

    key: str
    record: dict[str, Any]


class _Raw(NamedTuple):
    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers


@cache
def examples() -> dict[str, Example]:
    """By short topic name, the record with most to show; without the topics that the world has no event for."""
    clean = topics.clean_topics()
    codec_of_all = Codec(dict.fromkeys(topics.avro_topics(), 1))
    alerts = Alerts(codec_of_all, PREFIX, RuleSet.of(rules_of([_RULE])))
    folds = assembly.folds(codec_of_all, PREFIX, alerts)
    tables: dict[str, dict[bytes, bytes | None]] = defaultdict(dict)

    def read(table: str, key: bytes) -> bytes | None:
        return tables[table].get(key)

    found: dict[str, Example] = {}
    for offset, event in enumerate(_WORLD.events()):
        raw = _stored(event, offset)
        draft = Draft(read, raw.partition, raw.timestamp)
        draft.run(folds[raw.topic.removeprefix(f"{PREFIX}.")], raw)
        for table, rows in draft.tables.items():
            tables[table].update(rows)
        for emit in draft.emits:
            if (topic := emit.topic.removeprefix(f"{PREFIX}.")) in clean:
                _keep(found, topic, emit.key or b"", emit.value or b"")
    found[topics.RECONCILIATIONS] = _reconciliation()
    return found


def _reconciliation() -> Example:
    """A resource of which days are missing, as the reconciliation of that world would have told it."""
    user_id, end_us = next(_WORLD.people).user_id, _WORLD.end_ms * 1000
    span = (end_us - 90 * DAY_US, end_us)
    said = ResourceReport("success", "", *span, days=82, oldest_us=span[0], newest_us=span[1], sent=82)
    one = ResourceFinding("oura", "sleep", ReconcileVerdict.DAYS_MISSING, said, 61, end_us - DAY_US, span, "complete")
    record = record_of(user_id, one, True, _WORLD.end_ms / 1000)
    value = Codec(dict.fromkeys(topics.avro_topics(), 1)).encode(topics.RECONCILIATIONS, record)
    decoded = codec.decode(value, codec.parsed("Reconciliation"))
    return Example(f"{user_id}:oura:sleep", decoded)


def _stored(event: Event, offset: int) -> _Raw:
    """As a door stores it, a moment after it was made."""
    identity = identify(event.body)
    created_ms = ksuid_time_ms(event.message_id) or event.created_at_ms
    delivery = Delivery(event.message_id, "webhook", "junction", _text(created_ms), _text(created_ms + 25))
    name, headers = topics.raw_topic(identity.type), cloud_headers(identity, delivery)
    partition = partition_for(identity.owner_id, 12)
    key, at_ms = raw_key(identity), created_ms + _LATENCY_MS
    return _Raw(f"{PREFIX}.{name}", partition, offset, at_ms, key, event.body, headers)


def _text(ms: int) -> str:
    return (EPOCH + ms * 1000 * MICRO).isoformat(timespec="milliseconds")


def _keep(found: dict[str, Example], topic: str, key: bytes, value: bytes) -> None:
    record = codec.decode(value, codec.parsed(topics.clean_topics()[topic]))
    if topic not in found or _told(record) > _told(found[topic].record):
        found[topic] = Example(key.decode(), record)


def _told(record: Any) -> int:
    """How many values it holds, lists counted once: a long one tells no more than a short one."""
    if isinstance(record, dict):
        return sum(map(_told, record.values()))
    if isinstance(record, list):
        return max(map(_told, record), default=0)
    return record is not None


LIST_SHOWN = 3


def shown(record: Any) -> str:
    """A record as JSON for people: times as text, long lists shortened."""
    return json.dumps(_short(record), ensure_ascii=False, indent=1, default=lambda value: value.isoformat())


def _short(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _short(item) for name, item in value.items()}
    if not isinstance(value, list):
        return value
    rest = len(value) - LIST_SHOWN
    return [_short(item) for item in value[:LIST_SHOWN]] + ([f"… {rest} more"] if rest > 0 else [])
