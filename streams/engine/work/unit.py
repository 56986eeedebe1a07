"""The unit of work: what many agents do between two commits, as one transaction.

    async with unit.step(batch) as step:
        step.run(fold)

What no record asks for joins in the same way: `await unit.call(partition, function)`; and the punctuation, about once a
second for each partition.

Everything runs in the event loop, except `Transaction.commit` and what it calls, which runs in the engine's one thread
for blocking calls.

Guarantee: exactly once, from source topics to emitted records and tables, for readers of committed records.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager

from streams.engine.positions.ledger import Ledger
from streams.engine.positions.slices import Cursors, Position, Slice, SliceVerdict, Source
from streams.engine.store.table import StateTable
from streams.engine.work.calls import Calls
from streams.engine.work.committer import Committer
from streams.engine.work.pipeline import Pipeline
from streams.engine.work.slice_source import SliceSource
from streams.engine.work.step import NOTHING, Step, empty
from streams.events import topics
from streams.ops import log, metrics
from streams.ops.settings import Settings
from streams.tables import Punctuation

logger = log.get("engine")


class UnitOfWork:
    """The turn of each slice, and the life with the group: assignment, revocation, stop.

    `on_abort`: called with the generation when everything uncommitted was dropped and has to be read again.
    """

    def __init__(
        self,
        settings: Settings,
        tables: Sequence[StateTable],
        source: SliceSource,
        on_abort: Callable[[int], None],
        punctuation: Punctuation | None = None,
        closing: Punctuation | None = None,
    ) -> None:
        by_name = {table.name: table for table in tables}
        self.tables = tables
        self._source = source
        self._dead_letters = f"{settings.topic_prefix}.{topics.DEAD_LETTERS}"
        self._cursors = Cursors()
        self._committer = Committer(settings, by_name, source, self._cursors, closing)
        self._pipeline = Pipeline(settings, by_name, source, self._cursors, self._committer, on_abort)
        self._calls = Calls(self._pipeline, source, self._cursors)
        self._punctuation = punctuation
        self._punctuating: asyncio.Task[None] | None = None
        self._seeks: set[asyncio.Task[None]] = set()
        self.newest_ms: dict[Source, int] = {}  # timestamp of the last record processed, where there was one
        self.failed = self._pipeline.failed

    async def open(self) -> None:
        """Make the producer and end what a predecessor left open. Raises Unavailable, Misconfigured or Fenced."""
        await self._committer.open()
        if self._punctuation:
            self._punctuating = asyncio.ensure_future(self._calls.punctuate(self._punctuation))

    async def close(self) -> None:
        """Abort what is open. What is to be committed was committed by `drain`."""
        if self._punctuating:
            self._punctuating.cancel()
        self._pipeline.drop()
        await self._pipeline.commit_ended()
        await self._committer.close()

    def resume(self, generation: int, starts: Mapping[Source, int], ledger: Ledger) -> dict[Source, Position]:
        """Work on these partitions from these offsets, which the tables are made from; returns where to seek."""
        self._source.ends.forget()
        self._committer.ledger = ledger
        positions = self._cursors.assign(generation, starts)
        metrics.assigned(self.partitions, len(positions))
        return positions

    async def drain(self) -> None:
        """Partitions are being revoked, or the worker stops: commit now what is processed, and take no more."""
        await self._pipeline.commit_all()
        self._cursors.clear()
        metrics.ASSIGNED.set(0)

    def fail(self, error: BaseException) -> None:
        """End the worker: nothing uncommitted will be committed."""
        self._pipeline.fail(error)

    async def call(self, partition: int, function: Punctuation) -> bool:
        """Run a function on a partition's draft in the next transaction; returns whether that was committed.

        False: the partition is not ours, or the transaction was aborted; nothing of it happened, and the owner of the
        partition has to do it again. What the function raises ends the worker.
        """
        return await self._calls.call(partition, function)

    async def restate(self, sources: Iterable[Source]) -> bool:
        """Commit the offsets of these sources again, also where no record arrives; returns whether that was done."""
        return await self._calls.restate(sources)

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
        return self._pipeline.oldest_s

    @asynccontextmanager
    async def step(self, piece: Slice) -> AsyncIterator[Step]:
        """One slice's turn; the body must not await. Never raises: a failure ends the worker through `failed`."""
        await self._pipeline.room()
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
            draft = self._pipeline.draft(self._pipeline.current(), piece.source[1])
            return Step(self._cursors.advance(piece), draft, self._dead_letters)
        if verdict is SliceVerdict.HOLE:
            self._heal(piece.source, piece.begin)
        return empty()

    def _leave(self, piece: Slice, records: int) -> None:
        transaction = self._pipeline.filling
        if transaction is None:  # failed while the fold ran
            return
        transaction.offsets[piece.source] = piece.end
        if records:
            self.newest_ms[piece.source] = piece.records[-1].timestamp
            if transaction.span is not None:
                transaction.span.add(piece.source[0], piece.records)
        self._pipeline.processed(transaction, records, piece.size_bytes)

    def read_again(self, source: Source, offset: int) -> None:
        """Read a partition again from `offset`, where it stands, because nothing comes; nothing if it does not stand.

        A slice that vanished on the way is a hole when the next one comes. Behind the last one none comes.
        """
        if self.positions.get(source) == offset and not self.failed.done():
            self._heal(source, None)

    def _heal(self, source: Source, begin: int | None) -> None:
        position = self._cursors.heal(source)
        metrics.HOLES.inc()
        logger.info("hole", topic=source[0], partition=source[1], begin=begin, at=position.offset)
        seek = asyncio.ensure_future(self._source.seek_to({source: position}))
        self._seeks.add(seek)  # without a reference a task may be collected while it runs
        seek.add_done_callback(self._sought)

    def _sought(self, seek: "asyncio.Task[None]") -> None:
        self._seeks.discard(seek)
        if not seek.cancelled() and (error := seek.exception()):
            self.fail(error)
