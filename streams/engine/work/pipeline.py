"""Two transactions: while one commits, the next one fills.

The folds of the one that fills read through the drafts of the one that commits (`table_reader`). Its records are
produced once that commit is done: a producer has one transaction at a time.
"""

import asyncio
import time
from collections.abc import Callable, Mapping

from streams.engine.positions.slices import Cursors
from streams.engine.store.table import StateTable
from streams.engine.work.aborts import Aborted
from streams.engine.work.committer import Committer
from streams.engine.work.slice_source import SliceSource
from streams.engine.work.table_reader import TableReader
from streams.engine.work.transaction import Transaction
from streams.engine.work.window import CommitWindow
from streams.events import Bounds
from streams.ops.settings import Settings
from streams.tables import Draft


class Pipeline:
    """Decides when a transaction commits, and what an abort or a failure drops. Runs in the event loop.

    `failed`: has the error that ends the worker. `on_abort`: called with the generation when everything uncommitted was
    dropped and has to be read again.
    """

    def __init__(
        self,
        settings: Settings,
        tables: Mapping[str, StateTable],
        source: SliceSource,
        cursors: Cursors,
        committer: Committer,
        on_abort: Callable[[int], None],
    ) -> None:
        self._tables, self._source, self._cursors = tables, source, cursors
        self._committer, self._on_abort = committer, on_abort
        self._group = settings.group_id
        self._bounds = Bounds.of(settings.record_bytes_max)
        self._window = CommitWindow(settings.commit_interval_s)
        self.filling: Transaction | None = None
        self._committing: Transaction | None = None
        self._commit: asyncio.Task[None] | None = None  # of `_committing`
        self._timer: asyncio.TimerHandle | None = None
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def oldest_s(self) -> float | None:
        """Monotonic time at which the oldest transaction began that is not committed. From any thread."""
        return min((one.opened_at_s for one in (self._committing, self.filling) if one), default=None)

    async def room(self) -> None:
        """Return once another record may join: memory is bounded."""
        while self.filling is not None and self._window.full and self._commit:
            await asyncio.wait([self._commit])

    def current(self) -> Transaction:
        """The transaction that fills; a new one where there is none."""
        if self.filling is None:
            self.filling = Transaction(time.monotonic())
            self._window.open(self.filling.opened_at_s)
        return self.filling

    def draft(self, transaction: Transaction, partition: int) -> Draft:
        """What the transaction holds of a partition, with the time of now."""
        draft = transaction.drafts.get(partition) or self._new_draft(transaction, partition)
        draft.now_ms = time.time_ns() // 1_000_000
        return draft

    def _new_draft(self, transaction: Transaction, partition: int) -> Draft:
        before = self._committing.drafts.get(partition) if self._committing else None
        reader = TableReader(self._tables, partition, before)
        draft = transaction.drafts[partition] = Draft(reader.get, partition, scan=reader.scan, bounds=self._bounds)
        transaction.readers.append(reader)
        return draft

    def processed(self, transaction: Transaction, records: int = 0, size_bytes: int = 0) -> None:
        """Count what joined the transaction that fills, and plan the commit."""
        self._window.add(records, size_bytes)
        self._schedule()

    def discard(self, transaction: Transaction) -> None:
        """End the transaction that fills, in which nothing was written: there is nothing to commit."""
        transaction.end(is_committed=True)
        self.filling = None

    async def commit_all(self) -> None:
        """Commit now all that is processed. Where that is aborted, nothing is read again."""
        while self._commit or self.filling:
            if not self._commit:
                self._start_commit(again=False)
            await self.commit_ended()

    async def commit_ended(self) -> None:
        """Return once the commit that is under way, if one is, has ended."""
        if self._commit:
            await asyncio.wait([self._commit])

    def fail(self, error: BaseException) -> None:
        """End the worker: nothing uncommitted will be committed."""
        self.drop()
        if not self.failed.done():
            self.failed.set_exception(error)

    def drop(self) -> None:
        """Forget what is not being committed. Every slice is stale until the next assignment."""
        self._cursors.clear()
        if self.filling:
            self.filling.end(is_committed=False)
        self.filling = None
        self._cancel_timer()

    def _schedule(self) -> None:
        if self._commit or self.filling is None:
            return
        if self._timer:
            self._timer.cancel()
        left_s = self._window.left_s(time.monotonic(), waiting=self._source.waiting())
        if left_s <= 0:
            self._start_commit()
        else:
            self._timer = asyncio.get_running_loop().call_later(left_s, self._start_commit)

    def _cancel_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _start_commit(self, *, again: bool = True) -> None:
        self._cancel_timer()
        if self._commit or self.filling is None:
            return
        transaction, self.filling = self.filling, None
        transaction.records, transaction.size_bytes = self._window.records, self._window.size_bytes
        self._committing = transaction
        self._commit = asyncio.ensure_future(self._run_commit(transaction, again))

    async def _run_commit(self, transaction: Transaction, again: bool) -> None:
        began_s = time.monotonic()
        try:
            await self._committer.commit(transaction)
            self._window.committed(time.monotonic(), time.monotonic() - began_s)
            self._committed(transaction)
            transaction.trace(self._group)
            transaction.end(is_committed=True)
        except Aborted as error:
            transaction.trace(self._group, error.cause)
            await self._abort(error, again)
        except Exception as error:
            transaction.trace(self._group, type(error).__name__)
            self.fail(error)
        finally:
            transaction.end(is_committed=False)  # unless it was
            self._committing = self._commit = None
            self._schedule()

    def _committed(self, transaction: Transaction) -> None:
        transaction.measure(time.time(), time.monotonic())
        if self.filling:
            for reader in self.filling.readers:
                reader.under = None  # the databases have it now

    async def _abort(self, error: Aborted, again: bool) -> None:
        generation = self._cursors.generation
        self.drop()
        try:
            await self._committer.abort(error, generation)
        except Exception as worse:
            self.fail(worse)
        else:
            if again:
                self._on_abort(generation)
