"""Commits a transaction or undoes it: the part of the unit of work that waits for Kafka and RocksDB."""

import time
from collections.abc import Mapping
from contextlib import suppress

from streams.engine.positions.group_metadata import Member
from streams.engine.positions.ledger import Ledger
from streams.engine.positions.slices import Cursors
from streams.engine.store.table import StateTable
from streams.engine.work.aborts import AbortCause, Aborted
from streams.engine.work.blocking import Blocking
from streams.engine.work.producer import TransactionalProducer
from streams.engine.work.refusals import Refusals
from streams.engine.work.slice_source import SliceSource
from streams.engine.work.transaction import Transaction
from streams.ops import log, metrics
from streams.ops.errors import StreamsError
from streams.ops.settings import Settings
from streams.tables import Punctuation

logger = log.get("engine")


class Committer:
    """One producer, and the one thread for its blocking calls. `ledger`: of the partitions that are ours now."""

    def __init__(
        self,
        settings: Settings,
        tables: Mapping[str, StateTable],
        source: SliceSource,
        cursors: Cursors,
        closing: Punctuation | None = None,
    ) -> None:
        self._closing = closing
        self._settings, self._tables, self._source, self._cursors = settings, tables, source, cursors
        self._thread = Blocking("transactions")
        self._refusals = Refusals()
        self.producer: TransactionalProducer  # made by `open`, which ends before the first assignment
        self.ledger = Ledger({}, {})

    async def open(self) -> None:
        """Make the producer and end what a predecessor left open. Raises Unavailable, Misconfigured or Fenced."""

        def start() -> TransactionalProducer:
            producer = TransactionalProducer(self._settings)
            producer.init()
            return producer

        self.producer = await self._thread.run(start)

    async def close(self) -> None:
        """Abort what is open."""
        if hasattr(self, "producer"):
            with suppress(StreamsError, Aborted):  # it is dead either way, and another one comes after us
                await self._thread.run(self.producer.abort)
            with suppress(Exception):
                await self._thread.run(self.producer.close)

    async def commit(self, transaction: Transaction) -> None:
        """Raises Aborted when nothing of it happened; any other error ends the worker."""
        member = self._member()
        if self._closing:
            await self._thread.run(transaction.close, self._closing)
        await self._thread.run(transaction.commit, self.producer, self._tables, member, self.ledger)
        self._refusals.committed()

    def _member(self) -> Member:
        membership = self._source.membership()
        if not membership.valid or membership.generation != self._cursors.generation:
            raise Aborted("left the group, or a new generation began", AbortCause.GROUP)
        return Member(self._settings.group_id, membership, self._settings.worker_id)

    async def abort(self, error: Aborted, generation: int) -> None:
        """Undo the transaction that ended with `error`, and log why.

        Raises Misconfigured where another attempt is of no use (`refusals`), Fenced or Unavailable.
        """
        metrics.TRANSACTIONS.labels("aborted").inc()
        metrics.ABORTS.labels(error.cause).inc()
        logger.warning("transaction_aborted", why=str(error), cause=error.cause, generation=generation)
        self._refusals.aborted(error, time.monotonic())
        await self._thread.run(self.producer.abort)
