"""What ought to be: the product's pure folds over the raw topics as they are, in one process, in memory, once each."""

import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from streams.agents import assembly
from streams.agents.alerts import Alerts
from streams.alerts.rules import parser
from streams.alerts.rules.rule_set import RuleSet
from streams.events import topics
from streams.events.record_bounds import Bounds
from streams.kafka.codec import decode, parsed
from streams.lineage.columns import rows_of
from streams.lineage.observed import columns_of
from streams.lineage.row import LineageRow
from streams.ops.errors import Rejected
from streams.tables.draft import Draft
from streams.tables.outputs import Dead
from streams.tables.overlay import Rows
from streams.tables.sources import Policy
from tests.folding import BOUNDS, CODEC, NOW_MS, RawRecord

Place = tuple[str, int, int]  # raw topic, partition, offset


@dataclass
class Model:
    """`tables`: (table, partition) → rows. `clean`: (short topic, key, decoded record), in order within each raw
    partition. `dead`: place of every rejected record → reason. `rows`: lineage by place, of short topics. `rules`: of
    alerts, TOML. `policy` and `bounds`: the workers' own."""

    prefix: str
    rules: str = ""
    policy: Policy = field(default_factory=Policy)
    bounds: Bounds = BOUNDS
    tables: dict[tuple[str, int], dict[bytes, bytes]] = field(default_factory=lambda: defaultdict(dict))
    clean: list[tuple[str, bytes, dict[str, Any]]] = field(default_factory=list)
    dead: dict[Place, str] = field(default_factory=dict)
    rows: dict[Place, LineageRow] = field(default_factory=dict)

    def run(self, records: Iterable[RawRecord]) -> "Model":
        """Fold every record; then let every timer fire that is due."""
        alerts = Alerts(CODEC, self.prefix, RuleSet.of(parser.parse(self.rules).rules))
        made = assembly.folds(CODEC, self.prefix, alerts, self.policy)
        folds = {f"{self.prefix}.{name}": fold for name, fold in made.items()}
        for record in records:
            self._one(folds[record.topic], record)
        for partition in sorted({partition for _, partition in self.tables}):
            self._look(alerts, partition)
        return self

    def _look(self, alerts: Alerts, partition: int) -> None:
        def scan(table: str, start: bytes, stop: bytes) -> Rows:
            rows = self.tables[table, partition].items()
            return iter(sorted((key, value) for key, value in rows if start <= key < stop))

        is_busy = True
        while is_busy:
            now_ms = time.time_ns() // 1_000_000
            draft = Draft(
                lambda table, key: self.tables[table, partition].get(key), partition, now_ms, scan, self.bounds
            )
            draft.complete_ms = draft.now_ms
            is_busy = draft.call(alerts.punctuate)
            self._keep(draft)

    def _one(self, fold: Any, record: RawRecord) -> None:
        partition = record.partition
        draft = Draft(lambda table, key: self.tables[table, partition].get(key), partition, NOW_MS, bounds=self.bounds)
        try:
            draft.run(fold, record)
        except Rejected as rejection:
            self.dead[record.topic, partition, record.offset] = str(rejection.reason)
            draft.note(Dead(record, rejection))
            self._remember(draft)
            return
        self._keep(draft)

    def _remember(self, draft: Draft) -> None:
        for columns in columns_of(draft.measurements, self.prefix):
            for row in rows_of(columns.record(NOW_MS, "", ""), draft.partition):
                self.rows[row.place] = row

    def _keep(self, draft: Draft) -> None:
        partition = draft.partition
        self._remember(draft)
        for table, rows in draft.tables.items():
            _apply(self.tables[table, partition], rows)
        for emit in draft.emits:
            topic = emit.topic.removeprefix(f"{self.prefix}.")
            if topic == topics.FETCH_JOBS:
                continue
            value = decode(emit.value or b"", parsed(topics.clean_topics()[topic]))
            self.clean.append((topic, emit.key or b"", value))


def _apply(table: dict[bytes, bytes], rows: dict[bytes, bytes | None]) -> None:
    for key, value in rows.items():
        if value is None:
            table.pop(key, None)
        else:
            table[key] = value
