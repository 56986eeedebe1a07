"""What one transaction holds (drafts, offsets), and in which order it is committed and written."""

import asyncio
import time
from collections.abc import Iterator, Mapping

from streams.engine.positions import ledger
from streams.engine.positions.group_metadata import Member
from streams.engine.positions.ledger import Ledger
from streams.engine.positions.slices import Source
from streams.engine.store.table import StateTable
from streams.engine.work.batch_span import BatchSpan
from streams.engine.work.producer import TransactionalProducer
from streams.engine.work.step import CallFailed
from streams.engine.work.table_reader import TableReader
from streams.ops import metrics, tracing
from streams.tables import Draft, Punctuation


class Transaction:
    """One transaction's worth: a draft per partition number, shared by all topics, and the offsets behind it."""

    def __init__(self, opened_at_s: float) -> None:
        self.opened_at_s = opened_at_s  # monotonic
        self.records = 0  # these are known when it is committed
        self.size_bytes = 0
        self.partitions = 0  # that it wrote to
        self.drafts: dict[int, Draft] = {}
        self.readers: list[TableReader] = []
        self.offsets: dict[Source, int] = {}
        self.span = None if tracing.active is None else BatchSpan()
        self.ended: asyncio.Future[bool] = asyncio.get_running_loop().create_future()  # whether it was committed

    def end(self, *, is_committed: bool) -> None:
        """Set the result of `ended`, unless it has one."""
        if not self.ended.done():
            self.ended.set_result(is_committed)

    def close(self, closing: Punctuation) -> None:
        """Call a function with each draft, behind all that joined it, at the time of now. Raises CallFailed."""
        # In the thread of the commit: the event loop goes on folding meanwhile.
        for draft in self.drafts.values():
            draft.now_ms = time.time_ns() // 1_000_000  # what it has is the time when its last record joined
            try:
                closing(draft)
            except Exception as error:
                raise CallFailed(closing, error) from None

    def produce(self, producer: TransactionalProducer) -> None:
        """Hand over what was emitted."""
        producer.begin()
        for partition, draft in self.drafts.items():
            producer.produce(partition, draft.emits)

    def commit(
        self,
        producer: TransactionalProducer,
        tables: Mapping[str, StateTable],
        member: Member,
        ledger_before: Ledger,
    ) -> None:
        """Blocking: send emits, changelogs and offsets; after the commit write the databases."""
        self.produce(producer)
        changes = list(self._changes(tables, ledger_before))
        for table, partition, changed in changes:
            producer.produce_changes(table.changelog_topic_name, partition, changed)
        producer.commit(self.offsets, member)
        self.partitions = len(changes) + self._emitted_partitions() + 1  # that of the group's offsets
        for table, partition, changed in changes:
            table.write(partition, changed, producer.last_offsets[table.changelog_topic_name, partition])

    def measure(self, now_s: float, now_monotonic_s: float) -> None:
        """Count it in the metrics, once it is committed. `now_s`: wall clock."""
        for draft in self.drafts.values():
            metrics.count(draft.counts)
            metrics.time_arrivals(draft.arrivals, now_s)
        metrics.TRANSACTIONS.labels("committed").inc()
        metrics.TRANSACTION_RECORDS.observe(self.records)
        metrics.TRANSACTION_BYTES.observe(self.size_bytes)
        metrics.TRANSACTION_PARTITIONS.observe(self.partitions)
        metrics.TRANSACTION_SECONDS.observe(now_monotonic_s - self.opened_at_s)

    def trace(self, group: str, failure: str = "") -> None:
        """Make its span, where spans are made. `failure`: why it was not committed."""
        if self.span is not None:
            self.span.end(group, self.records, sum(len(draft.emits) for draft in self.drafts.values()), failure)

    def _emitted_partitions(self) -> int:
        return sum(len({emit[0] for emit in draft.emits}) for draft in self.drafts.values())

    def _changes(
        self, tables: Mapping[str, StateTable], ledger_before: Ledger
    ) -> Iterator[tuple[StateTable, int, Mapping[bytes, bytes | None]]]:
        """What is written, by table and partition; of the first table also the offsets that are committed."""
        first, *_ = tables
        rows = ledger_before.rows(self.offsets)
        for partition, draft in self.drafts.items():
            own = {ledger.KEY: rows[partition]} if partition in rows else {}
            if own or draft.tables.get(first):
                yield tables[first], partition, {**draft.tables.get(first, {}), **own}
            for name, changed in draft.tables.items():
                if changed and name != first:
                    yield tables[name], partition, changed
