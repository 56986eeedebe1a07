"""The product's folds over stored records, each in a transaction of its own: lineage, and what is on the topics."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from streams.agents import assembly
from streams.engine.work.step import Step
from streams.events import topics
from streams.events.doors import DoorName
from streams.events.headers import Delivery, cloud_headers
from streams.events.identity import identify
from streams.events.record_keys import raw_key
from streams.events.times import rfc3339
from streams.kafka import codec
from streams.lineage.closing import closing
from streams.lineage.columns import rows_of
from streams.lineage.delivery.facts import RawPlace
from streams.lineage.row import LineageRow
from streams.simulator.delivery.schedule import Attempt
from streams.tables.draft import Draft
from streams.tables.outputs import Emit
from streams.tables.overlay import Rows
from tests.folding import CODEC, PREFIX, RawRecord

PARTITION = 3
PROCESSING_MS = 40


@dataclass
class Product:
    """`rows`: of all records, in the order of processing. `originals`: as they lie on the raw topics. `emits`: all.

    `tables`: state.
    """

    rows: list[LineageRow] = field(default_factory=list)
    originals: dict[RawPlace, RawRecord] = field(default_factory=dict)
    emits: list[Emit] = field(default_factory=list)
    tables: dict[str, dict[bytes, bytes]] = field(default_factory=lambda: defaultdict(dict))

    def __post_init__(self) -> None:
        self._folds = assembly.folds(CODEC, PREFIX)
        self._close = closing(CODEC, PREFIX, "w1")

    def deliver(self, event: Any, id: str, received_ms: int, door: str = DoorName.WEBHOOK) -> LineageRow:
        """An event, as plain values or as bytes, by a door. The delivery was made when it came."""
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        return self.take(self.stored(body, id, received_ms, received_ms, door))

    def attempts(self, attempts: Iterable[Attempt]) -> None:
        """Deliveries of the simulator."""
        for attempt in attempts:
            event = attempt.event
            self.take(self.stored(event.body, event.delivery_id, event.told_ms or 0, attempt.due_ms))

    def stored(
        self, body: bytes, id: str, created_ms: int, received_ms: int, door: str = DoorName.WEBHOOK
    ) -> RawRecord:
        """What a door stores of a body; its place is the next one."""
        identity = identify(body)
        headers = cloud_headers(identity, Delivery(id, door, "junction", rfc3339(created_ms), rfc3339(received_ms)))
        topic = f"{PREFIX}.{topics.raw_topic(identity.type)}"
        return RawRecord(topic, PARTITION, len(self.originals), received_ms, raw_key(identity), body, headers)

    def take(self, record: RawRecord) -> LineageRow:
        """Process a record; it dies where it has to. Returns its row."""
        short = record.topic.removeprefix(f"{PREFIX}.")
        self.originals[RawPlace(short, record.partition, record.offset)] = record
        draft = Draft(self._read, PARTITION, record.timestamp + PROCESSING_MS, self._scan)
        Step([record], draft, f"{PREFIX}.{topics.DEAD_LETTERS}").run(self._folds[short])
        self._close(draft)
        for table, rows in draft.tables.items():
            self.tables[table] |= {key: value for key, value in rows.items() if value is not None}
            for key in [key for key, value in rows.items() if value is None]:
                self.tables[table].pop(key, None)
        self.emits += draft.emits
        made = list(self._rows(draft))
        self.rows += made
        (row,) = made
        return row

    def of(self, user_id: str, resource: str) -> tuple[LineageRow, ...]:
        """Rows of a user and resource, as an index has them."""
        return tuple(row for row in self.rows if (row.owner_id, row.resource) == (user_id, resource))

    def _rows(self, draft: Draft) -> Iterator[LineageRow]:
        for emit in draft.emits:
            if emit.topic == f"{PREFIX}.{topics.LINEAGE}":
                record = codec.decode(emit.value or b"", codec.bare(codec.parsed("Lineage")))
                yield from rows_of(record, draft.partition)

    def _read(self, table: str, key: bytes) -> bytes | None:
        return self.tables[table].get(key)

    def _scan(self, table: str, start: bytes, stop: bytes) -> Rows:
        return iter(sorted((k, v) for k, v in self.tables[table].items() if start <= k < stop))
