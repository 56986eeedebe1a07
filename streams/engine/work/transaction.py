"""What one transaction holds: drafts, offsets, and the order in which they become true."""

import asyncio
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from streams.engine.positions import ledger
from streams.engine.positions.ledger import Ledger
from streams.engine.positions.slices import Source
from streams.engine.store.table import StateTable
from streams.engine.work.producer import TransactionalProducer
from streams.tables.draft import Draft
from streams.tables.overlay import Rows, overlay


class Reader:
    """Reads one partition's tables: below the draft the transaction that is committing, below that the databases."""

    __slots__ = ("_gets", "_partition", "_tables", "under")

    def __init__(self, tables: Mapping[str, StateTable], partition: int, under: Draft | None) -> None:
        self._gets = {name: table.database(partition).get for name, table in tables.items()}
        self._tables = tables
        self._partition = partition
        self.under = under

    def get(self, table: str, key: bytes) -> bytes | None:
        """The value of a key; None when it has none."""
        under = self.under
        if under is not None:
            written = under.tables.get(table)
            if written is not None and key in written:
                return written[key]
        try:
            value: bytes | None = self._gets[table](key)
        except Exception as error:  # it costs nothing while there is none
            raise self._tables[table].trouble(self._partition, error) from None
        return value

    def scan(self, table: str, start: bytes, stop: bytes) -> Rows:
        """Rows of [start, stop), sorted by key."""
        rows = self._tables[table].rows(self._partition, start, stop)
        written = self.under.tables.get(table) if self.under else None
        return overlay(rows, dict(written), start, stop) if written else rows


class Transaction:
    """One transaction's worth: a draft per partition number, shared by all topics, and the offsets behind it."""

    def __init__(self, opened_at_s: float) -> None:
        self.opened_at_s = opened_at_s  # monotonic
        self.records = 0  # these two are known when it is committed
        self.size_bytes = 0
        self.drafts: dict[int, Draft] = {}
        self.readers: list[Reader] = []
        self.produced: dict[int, int] = {}  # partition → emits that librdkafka has
        self.offsets: dict[Source, int] = {}
        self.last_offsets: dict[tuple[str, int], int] = {}  # (changelog, partition) → offset of its last record
        self.failure: Exception | None = None
        self.ended: asyncio.Future[bool] = asyncio.get_running_loop().create_future()  # whether it was committed

    def end(self, *, is_committed: bool) -> None:
        """Tell those who wait."""
        if not self.ended.done():
            self.ended.set_result(is_committed)

    def produce(self, transactions: TransactionalProducer) -> None:
        """Hand over what was emitted since the last call, so that librdkafka sends it while we go on."""
        transactions.begin()
        for partition, draft in self.drafts.items():
            transactions.produce(partition, islice(draft.emits, self.produced.get(partition, 0), None))
            self.produced[partition] = len(draft.emits)

    def commit(
        self,
        transactions: TransactionalProducer,
        tables: Mapping[str, StateTable],
        metadata: bytes,
        offsets_before: Ledger,
    ) -> None:
        """Blocking: the rest of the emits, the changelogs, the offsets, then, and only then, the databases."""
        self.produce(transactions)
        changes = list(self._changes(tables, offsets_before))
        for table, partition, changed in changes:
            transactions.produce_changes(table.changelog_topic_name, partition, changed, self._delivered)
        transactions.commit(self.offsets, metadata)
        transactions.serve()
        for table, partition, changed in changes:
            table.write(partition, changed, self.last_offsets[table.changelog_topic_name, partition])

    def _changes(
        self, tables: Mapping[str, StateTable], offsets_before: Ledger
    ) -> Iterator[tuple[StateTable, int, Mapping[bytes, bytes | None]]]:
        """What is written, by table and partition; of the first table also the offsets that are committed."""
        first, *_ = tables
        rows = offsets_before.rows(self.offsets)
        for partition, draft in self.drafts.items():
            own = {ledger.KEY: rows[partition]} if partition in rows else {}
            if own or draft.tables.get(first):
                yield tables[first], partition, {**draft.tables.get(first, {}), **own}
            for name, changed in draft.tables.items():
                if changed and name != first:
                    yield tables[name], partition, changed

    def _delivered(self, error: Any, message: Any) -> None:
        if error is None:
            self.last_offsets[message.topic(), message.partition()] = message.offset()
