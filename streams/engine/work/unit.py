"""The unit of work: what many agents do between two commits, as one transaction.

    async with unit.step(batch) as step:
        step.run(fold)

What no record asks for joins in the same way: `await unit.call(partition, function)`; and the punctuation, about once a
second for each partition.

Everything here runs in the event loop, except `Transaction.commit` and what it calls, which runs in the engine's one thread
for blocking calls. While one transaction commits, the next one already fills: its folds read through the drafts of the
one that is committing, and its records are produced once that is done.

Guarantee: exactly once, from source topics to emitted records and tables, for readers of committed records.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Protocol

from streams.engine.positions import group_metadata
from streams.engine.positions.ends import Ends
from streams.engine.positions.group_metadata import Membership
from streams.engine.positions.ledger import Ledger
from streams.engine.positions.slices import Cursors, Position, Slice, SliceVerdict, Source
from streams.engine.store.database import Unusable
from streams.engine.store.table import StateTable
from streams.engine.work.blocking import Blocking
from streams.engine.work.producer import AbortCause, Aborted, TransactionalProducer
from streams.engine.work.refusals import Refusals
from streams.engine.work.step import NOTHING, CallFailed, Step, empty
from streams.engine.work.window import CommitWindow
from streams.engine.work.transaction import Reader, Transaction
from streams.events import topics
from streams.events.record_bounds import Bounds
from streams.ops import log, metrics
from streams.ops.errors import Misconfigured, StreamsError
from streams.ops.settings import Settings
from streams.tables.draft import Draft, Punctuation

PUNCTUATE_S = 1.0

logger = log.get("engine")


class Log(Protocol):
    """Where slices come from: the consumer, as the unit of work sees it."""

    @property
    def ends(self) -> Ends: ...
    def membership(self) -> Membership: ...
    def waiting(self) -> bool: ...
    async def seek_to(self, positions: Mapping[Source, Position]) -> None: ...


class UnitOfWork:
    """See the module. `on_abort` is called when everything uncommitted was dropped and has to be read again."""

    def __init__(
        self,
        settings: Settings,
        tables: Sequence[StateTable],
        source: Log,
        on_abort: Callable[[int], None],
        punctuation: Punctuation | None = None,
    ) -> None:
        self._settings = settings
        self.tables = tables
        self._tables = {table.name: table for table in tables}
        self._log = source
        self._on_abort = on_abort
        self._punctuation = punctuation
        self._bounds = Bounds.of(settings.record_bytes_max)
        self._dead_letters = f"{settings.topic_prefix}.{topics.DEAD_LETTERS}"
        self._transactions: TransactionalProducer  # made by `open`, which ends before the first assignment
        self._thread = Blocking("transactions")
        self._window = CommitWindow(settings.commit_interval_s)
        self._refusals = Refusals()
        self._cursors = Cursors()
        self._ledger = Ledger({}, {})
        self._work: Transaction | None = None
        self._committing: asyncio.Task[None] | None = None
        self._under: Transaction | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._ready = asyncio.Event()
        self._errands: set[asyncio.Task[None]] = set()
        self._punctual: asyncio.Task[None] | None = None
        self.newest_ms: dict[Source, int] = {}  # timestamp of the last record processed, where there was one
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def open(self) -> None:
        """Make the producer and end what a predecessor left open. Raises Unavailable, Misconfigured or Fenced."""

        def start() -> TransactionalProducer:
            transactions = TransactionalProducer(self._settings, self._thread.guard)
            transactions.init()
            return transactions

        self._transactions = await self._in_thread(start)
        if self._punctuation:
            self._punctual = asyncio.ensure_future(self._punctuate(self._punctuation))

    async def close(self) -> None:
        """Abort what is open; commits before were settled or are not to be."""
        if self._punctual:
            self._punctual.cancel()
        self._drop()
        if self._committing:
            await asyncio.wait([self._committing])
        if hasattr(self, "_transactions") and not self._thread.is_stuck:
            with suppress(StreamsError, Aborted):  # it is dead either way, and another one comes after us
                await self._in_thread(self._transactions.abort)

    def resume(self, generation: int, starts: Mapping[Source, int], ledger: Ledger) -> dict[Source, Position]:
        """Transaction on these partitions from there, their tables being made from as much; answers where to seek."""
        self._log.ends.forget()
        self._ledger = ledger
        positions = self._cursors.assign(generation, starts)
        metrics.assigned(self.partitions, len(positions))
        return positions

    async def drain(self) -> None:
        """Partitions are being revoked, or the end is near: commit now what is processed, and take no more."""
        while self._committing or self._work:
            if not self._committing:
                self._start_commit(again=False)
            if self._committing:
                await asyncio.wait([self._committing])
        self._cursors.clear()
        metrics.ASSIGNED.set(0)

    @asynccontextmanager
    async def step(self, piece: Slice) -> AsyncIterator[Step]:
        """One slice's turn; the body must not await. Never raises: a failure ends the worker through `failed`."""
        await self._room()
        step = self._entered(piece)
        try:
            yield step
        except Exception as error:
            self.fail(error)
        else:
            if step.records is not NOTHING:
                self._leave(piece, len(step.records))
        finally:
            step.end()

    async def call(self, partition: int, function: Punctuation) -> bool:
        """Run a function on a partition's draft in the next transaction; answers whether that was committed.

        False: the partition is not ours, or the transaction was aborted; nothing of it happened, and whoever owns the
        partition now has to do it again. What the function raises ends the worker.
        """
        await self._room()
        work = self._apply(partition, function)
        return work is not None and await asyncio.shield(work.ended)

    async def restate(self, sources: Iterable[Source]) -> bool:
        """Commit where these sources stand, whether or not anything comes; answers whether that was done."""
        await self._room()
        at = self._cursors.offsets()
        mine = [source for source in sources if source in at]
        if not mine or self.failed.done():
            return False
        work = self._work or self._open_work()
        for source in mine:
            self._draft(work, source[1])
            work.offsets.setdefault(source, at[source])
        self._processed(work, 0, 0)
        return await asyncio.shield(work.ended)

    async def _punctuate(self, punctuation: Punctuation) -> None:
        while True:
            await asyncio.sleep(PUNCTUATE_S)
            for partition in self.partitions:
                await self._room()
                self._apply(partition, punctuation)

    async def _room(self) -> None:
        while self._work is not None and self._window.full and self._committing:
            await asyncio.wait([self._committing])

    def _apply(self, partition: int, function: Punctuation) -> Transaction | None:
        """The work that the function's doings belong to; None when the partition is not ours."""
        owned = self._cursors.of(partition)
        if owned is None or self.failed.done():
            return None
        was_idle, work = self._work is None, self._work or self._open_work()
        try:
            draft = self._draft(work, partition)
            draft.complete_ms = self._log.ends.complete_ms(self._cursors.all_of(partition))
            is_busy = draft.call(function)
        except Exception as error:
            self.fail(error if isinstance(error, Unusable | Misconfigured) else CallFailed(function, error))
            return None
        if is_busy:
            work.offsets.setdefault(*owned)
            self._processed(work, 0, 0)
        elif was_idle:
            work.end(is_committed=True)  # there is nothing to commit
            self._work = None
        return work

    @property
    def partitions(self) -> list[int]:
        """Numbers of the partitions that are ours now."""
        return self._cursors.partitions()

    @property
    def positions(self) -> dict[Source, int]:
        """Offset behind what is processed, of each source partition that is ours now. From any thread."""
        return self._cursors.offsets()

    @property
    def oldest_s(self) -> float | None:
        """Monotonic time at which the oldest transaction began that is not committed. From any thread."""
        return min((work.opened_at_s for work in (self._under, self._work) if work), default=None)

    def fail(self, error: BaseException) -> None:
        """End the worker: nothing uncommitted will be committed."""
        self._drop()
        if not self.failed.done():
            self.failed.set_exception(error)

    def _entered(self, piece: Slice) -> Step:
        try:
            return self._enter(piece)
        except Exception as error:  # the agent would be started again, and go on with the next slice
            self.fail(error)
            return empty()

    def _enter(self, piece: Slice) -> Step:
        verdict = self._cursors.judge(piece)
        if verdict is SliceVerdict.NEXT and not self.failed.done():
            # The draft first: if it cannot be made, the cursor must not claim that the slice was processed.
            draft = self._draft(self._work or self._open_work(), piece.source[1])
            return Step(self._cursors.advance(piece), draft, self._dead_letters)
        if verdict is SliceVerdict.HOLE:
            self._heal(piece)
        return empty()

    def _heal(self, piece: Slice) -> None:
        position = self._cursors.heal(piece.source)
        metrics.HOLES.inc()
        logger.info("hole", topic=piece.source[0], partition=piece.source[1], begin=piece.begin, at=position.offset)
        self._errand(self._log.seek_to({piece.source: position}))

    def _errand(self, errand: Any) -> None:
        task = asyncio.ensure_future(errand)
        self._errands.add(task)

        def done(finished: asyncio.Task[None]) -> None:
            self._errands.discard(finished)
            if not finished.cancelled() and (error := finished.exception()):
                self.fail(error)

        task.add_done_callback(done)

    def _open_work(self) -> Transaction:
        self._work = Transaction(time.monotonic())
        self._window.open(self._work.opened_at_s)
        return self._work

    def _draft(self, work: Transaction, partition: int) -> Draft:
        draft = work.drafts.get(partition) or self._new_draft(work, partition)
        draft.now_ms = time.time_ns() // 1_000_000
        return draft

    def _new_draft(self, work: Transaction, partition: int) -> Draft:
        reader = Reader(self._tables, partition, self._under.drafts.get(partition) if self._under else None)
        draft = work.drafts[partition] = Draft(reader.get, partition, scan=reader.scan, bounds=self._bounds)
        work.readers.append(reader)
        return draft

    def _leave(self, piece: Slice, records: int) -> None:
        work = self._work
        if work is None:  # failed while the fold ran
            return
        work.offsets[piece.source] = piece.end
        if records:
            self.newest_ms[piece.source] = piece.records[-1].timestamp
        self._processed(work, records, piece.size_bytes)

    def _processed(self, work: Transaction, records: int, size_bytes: int) -> None:
        self._window.add(records, size_bytes)
        if self._committing is None:
            try:
                work.produce(self._transactions)
            except Aborted as error:
                work.failure = error  # the commit finds it
            except StreamsError as error:
                self.fail(error)
        self._schedule()

    def _schedule(self) -> None:
        if self._committing or self._work is None:
            return
        if self._timer:
            self._timer.cancel()
        left_s = self._window.left_s(time.monotonic(), waiting=self._log.waiting())
        if left_s <= 0 or self._work.failure:
            self._start_commit()
        else:
            self._timer = asyncio.get_running_loop().call_later(left_s, self._start_commit)

    def _start_commit(self, *, again: bool = True) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self._committing or self._work is None:
            return
        self._under, self._work = self._work, None
        self._under.records, self._under.size_bytes = self._window.records, self._window.size_bytes
        self._committing = asyncio.ensure_future(self._commit(self._under, again))

    async def _commit(self, work: Transaction, again: bool) -> None:
        try:
            metadata = self._metadata()
            if work.failure:
                raise work.failure
            await self._in_thread(work.commit, self._transactions, self._tables, metadata, self._ledger)
            self._committed(work)
            work.end(is_committed=True)
        except Aborted as error:
            await self._abort(error, again)
        except Exception as error:
            self.fail(error)
        finally:
            work.end(is_committed=False)  # unless it was
            self._under = self._committing = None
            self._schedule()

    def _metadata(self) -> bytes:
        membership = self._log.membership()
        if not membership.valid or membership.generation != self._cursors.generation:
            raise Aborted("left the group, or a new generation began", AbortCause.GROUP)
        return group_metadata.encode(self._settings.group_id, membership, self._settings.worker_id)

    def _committed(self, work: Transaction) -> None:
        self._refusals.committed()
        now_s = time.time()
        for draft in work.drafts.values():
            metrics.count(draft.counts)
            metrics.time_arrivals(draft.arrivals, now_s)
        if self._work:
            for reader in self._work.readers:
                reader.under = None  # the databases have it now
        metrics.TRANSACTIONS.labels("committed").inc()
        metrics.TRANSACTION_RECORDS.observe(work.records)
        metrics.TRANSACTION_BYTES.observe(work.size_bytes)
        metrics.TRANSACTION_SECONDS.observe(time.monotonic() - work.opened_at_s)

    async def _abort(self, error: Aborted, again: bool) -> None:
        generation = self._cursors.generation
        self._drop()
        metrics.TRANSACTIONS.labels("aborted").inc()
        try:
            error = await self._in_thread(self._transactions.reason, error)
            metrics.ABORTS.labels(error.cause).inc()
            logger.warning("transaction_aborted", why=str(error), cause=error.cause, generation=generation)
            self._refusals.aborted(error, time.monotonic())
            await self._in_thread(self._transactions.abort)
        except Exception as worse:
            self.fail(worse)
        else:
            if again:
                self._on_abort(generation)

    def _drop(self) -> None:
        self._cursors.clear()
        if self._work:
            self._work.end(is_committed=False)
        self._work = None
        if self._timer:
            self._timer.cancel()
            self._timer = None

    async def _in_thread(self, call: Callable[..., Any], *args: Any) -> Any:
        return await self._thread.run(call, *args)
