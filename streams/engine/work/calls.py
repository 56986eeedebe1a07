"""What no record asks for, in the same transactions: calls, offsets committed again, punctuations."""

import asyncio
from collections.abc import Iterable

from streams.engine.positions.slices import Cursors, Source
from streams.engine.store.database import Unusable
from streams.engine.work.pipeline import Pipeline
from streams.engine.work.slice_source import SliceSource
from streams.engine.work.step import CallFailed
from streams.engine.work.transaction import Transaction
from streams.ops.errors import Misconfigured
from streams.tables import Punctuation

PUNCTUATE_S = 1.0


class Calls:
    """Functions that run on the draft of a partition, in the transaction that fills."""

    def __init__(self, pipeline: Pipeline, source: SliceSource, cursors: Cursors) -> None:
        self._pipeline, self._source, self._cursors = pipeline, source, cursors

    async def call(self, partition: int, function: Punctuation) -> bool:
        """See UnitOfWork."""
        await self._pipeline.room()
        transaction = self._apply(partition, function)
        return transaction is not None and await asyncio.shield(transaction.ended)

    async def restate(self, sources: Iterable[Source]) -> bool:
        """See UnitOfWork."""
        await self._pipeline.room()
        at = self._cursors.offsets()
        mine = [source for source in sources if source in at]
        if not mine or self._pipeline.failed.done():
            return False
        transaction = self._pipeline.current()
        for source in mine:
            self._pipeline.draft(transaction, source[1])
            transaction.offsets.setdefault(source, at[source])
        self._pipeline.processed(transaction)
        return await asyncio.shield(transaction.ended)

    async def punctuate(self, punctuation: Punctuation) -> None:
        """Call it for each partition that is ours, once a second, until this is cancelled."""
        while True:
            await asyncio.sleep(PUNCTUATE_S)
            for partition in self._cursors.partitions():
                await self._pipeline.room()
                self._apply(partition, punctuation)

    def _apply(self, partition: int, function: Punctuation) -> Transaction | None:
        """The transaction that the function ran in; None when the partition is not ours, or the worker failed."""
        owned = self._cursors.of(partition)
        if owned is None or self._pipeline.failed.done():
            return None
        was_idle, transaction = self._pipeline.filling is None, self._pipeline.current()
        try:
            draft = self._pipeline.draft(transaction, partition)
            draft.complete_ms = self._source.ends.complete_ms(self._cursors.all_of(partition))
            is_busy = draft.call(function)
        except Exception as error:
            self._pipeline.fail(error if isinstance(error, Unusable | Misconfigured) else CallFailed(function, error))
            return None
        if is_busy:
            transaction.offsets.setdefault(*owned)
            self._pipeline.processed(transaction)
        elif was_idle:
            self._pipeline.discard(transaction)
        return transaction
