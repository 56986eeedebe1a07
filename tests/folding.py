"""A worker in memory: the product's folds over tables that are dicts. What it emits is decoded as a reader would."""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from streams.agents import assembly
from streams.agents.alerts import Alerts
from streams.alerts.rules.parser import rules_of
from streams.alerts.rules.rule_set import RuleSet
from streams.events import topics
from streams.events.headers import encode_headers
from streams.events.identity import identify
from streams.events.record_bounds import RECORD_BYTES_MAX, Bounds
from streams.kafka.codec import Codec, decode, parsed
from streams.lineage.columns import rows_of
from streams.lineage.observed import columns_of
from streams.lineage.row import LineageRow
from streams.tables.draft import Draft
from streams.tables.history.request import Request
from streams.tables.history.request import decode as decode_request
from streams.tables.outputs import Emit
from streams.tables.overlay import Rows
from streams.tables.sources import Policy

PREFIX = "junction"
CODEC = Codec({name: number for number, name in enumerate(topics.avro_topics(), 1)})
NOW_MS = 1_780_500_000_000
BOUNDS = Bounds.of(RECORD_BYTES_MAX)


class RawRecord(NamedTuple):
    """One stored record, as the consumer hands it over."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


class Clean(NamedTuple):
    """`topic`: short name. `record`: decoded Avro."""

    topic: str
    key: str
    record: dict[str, Any]


def raw(
    body: bytes, *, at_ms: int = NOW_MS, id: str = "msg_1", offset: int = 0, topic: str = "",
    headers: dict[str, str] | None = None,
) -> RawRecord:  # fmt: skip
    """A body as its door would have stored it; `headers` on top of the usual ones."""
    created = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms)).isoformat(timespec="milliseconds")
    rows = [("ce_id", id), ("ce_time", created), ("ce_receivedtime", created), ("ce_door", "webhook")]
    name = topic or f"{PREFIX}.{topics.raw_topic(identify(body).type)}"
    headers = {**dict(rows), **(headers or {})}
    return RawRecord(name, 3, offset, at_ms, b"key", body, encode_headers(headers.items()))


@dataclass
class Worker:
    """Folds records one by one, each as a transaction of its own.

    `requests`: what the fetchers were asked for. `drift`: what is said of drift, apart from what is said of users.
    `rules`: alert rules, as plain values. `emits`: of the last record, as they are produced. `rows`: lineage of all.
    """

    tables: dict[str, dict[bytes, bytes]] = field(default_factory=lambda: defaultdict(dict))
    counts: Counter[tuple[str, ...]] = field(default_factory=Counter)
    requests: list[Request] = field(default_factory=list)
    drift: list[Clean] = field(default_factory=list)
    rules: Sequence[dict[str, Any]] = ()
    policy: Policy | None = None
    bounds: Bounds = BOUNDS
    emits: list[Emit] = field(default_factory=list)
    rows: list[LineageRow] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.alerts = Alerts(CODEC, PREFIX, RuleSet.of(rules_of(list(self.rules))))
        self._folds = assembly.folds(CODEC, PREFIX, self.alerts, self.policy)

    @property
    def state(self) -> dict[str, dict[bytes, bytes]]:
        """The tables of users. That of drift counts deliveries, the repeated ones too."""
        return {table: dict(rows) for table, rows in self.tables.items() if table != topics.DRIFT}

    def run(self, record: RawRecord) -> list[Clean]:
        """What it emits. Raises Rejected, and then leaves no trace."""
        draft = self._draft(record.partition)
        draft.run(self._folds[record.topic.removeprefix(f"{PREFIX}.")], record)
        return self._apply(draft)

    def punctuate(self, now_ms: int = NOW_MS) -> list[Clean]:
        """What happens between records."""
        draft = self._draft(3)
        draft.now_ms = draft.complete_ms = now_ms
        draft.call(assembly.punctuation(PREFIX, self.alerts))
        return self._apply(draft)

    def _draft(self, partition: int) -> Draft:
        def scan(table: str, start: bytes, stop: bytes) -> Rows:
            return iter(sorted((k, v) for k, v in self.tables[table].items() if start <= k < stop))

        return Draft(lambda table, key: self.tables[table].get(key), partition, NOW_MS, scan, self.bounds)

    def _apply(self, draft: Draft) -> list[Clean]:
        self.emits = draft.emits
        for columns in columns_of(draft.measurements, PREFIX):
            self.rows += rows_of(columns.record(draft.now_ms, "w1", "1.0"), draft.partition)
        for table, rows in draft.tables.items():
            for key, value in rows.items():
                if value is None:
                    self.tables[table].pop(key, None)
                else:
                    self.tables[table][key] = value
        self.counts += draft.counts
        jobs = f"{PREFIX}.{topics.FETCH_JOBS}"
        self.requests += [decode_request(emit.value or b"") for emit in draft.emits if emit.topic == jobs]
        told = [_clean(emit.topic, emit.key, emit.value) for emit in draft.emits if emit.topic != jobs and emit.value]
        self.drift += [clean for clean in told if clean.topic == topics.DRIFT]
        return [clean for clean in told if clean.topic != topics.DRIFT]

    def deliver(self, event: Any, **how: Any) -> list[Clean]:
        """`run`, for an event that is not bytes yet."""
        return self.run(raw(json.dumps(event).encode(), **how))


def _clean(topic: str, key: bytes | None, value: bytes | None) -> Clean:
    name = topic.removeprefix(f"{PREFIX}.")
    return Clean(name, (key or b"").decode(), decode(value or b"", parsed(topics.clean_topics()[name])))
