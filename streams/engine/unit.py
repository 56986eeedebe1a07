"""The unit of work: what many agents do between two commits, as one transaction.

    async with unit.step(batch) as step:
        step.run(fold)

Everything here runs in the event loop, except `_Work.commit` and what it calls, which runs in the engine's one thread
for blocking calls. While one transaction commits, the next one already fills: its folds read through the drafts of the
one that is committing, and its records are produced once that is done.

Guarantee: exactly once, from source topics to emitted records and tables, for readers of committed records.
"""

import asyncio
import time
import traceback
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from streams import __version__, log, metrics, topics
from streams.draft import Draft, Fold
from streams.engine import group_metadata
from streams.engine.group_metadata import Membership
from streams.engine.slices import Cursors, Position, Slice, Source, Verdict
from streams.engine.table import Table
from streams.engine.transaction import Aborted, Transactions
from streams.engine.window import Window
from streams.errors import Rejected, StreamsError
from streams.events import Record
from streams.settings import Settings

logger = log.get("engine")


class FoldFailed(StreamsError):
    """A fold raised something other than Rejected: a bug. Names the place, never what the record holds."""

    def __init__(self, record: Record, error: BaseException) -> None:
        super().__init__(
            f"{type(error).__name__} at {_place(error)} while processing {record.topic}[{record.partition}] "
            f"offset {record.offset}. Nothing of that transaction was committed; the record is read again at the next "
            "start. Mend the code, then start again."
        )


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"


class Log(Protocol):
    """Where slices come from: the consumer, as the unit of work sees it."""

    def membership(self) -> Membership: ...
    def waiting(self) -> bool: ...
    async def seek_to(self, positions: Mapping[Source, Position]) -> None: ...


class Step:
    """One slice's turn. `records` is empty when the slice is stale or a hole."""

    __slots__ = ("_dead_letters", "draft", "records")

    def __init__(self, records: Sequence[Record], draft: Draft, dead_letters: str) -> None:
        self.records = records
        self.draft = draft
        self._dead_letters = dead_letters

    def run(self, fold: Fold) -> None:
        """Apply a fold to each record; a Rejected one becomes a dead letter in the same transaction."""
        draft = self.draft
        run = draft.run
        for record in self.records:
            try:
                run(fold, record)
            except Rejected as rejection:
                dead_letter(draft, self._dead_letters, record, rejection)
            except Exception as error:
                raise FoldFailed(record, error) from None


def dead_letter(draft: Draft, topic: str, record: Record, rejection: Rejected) -> None:
    """The record as it came, with the reason in its headers. Detail names places, never values."""
    dead_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(draft.now_ms / 1000))
    reasons = topics.encode_headers(
        [
            (topics.H_REASON, str(rejection.reason)),
            (topics.H_DETAIL, rejection.detail),
            (topics.H_DEAD_AT, dead_at),
            (topics.H_VERSION, __version__),
            (topics.H_FROM_TOPIC, record.topic),
            (topics.H_FROM_PARTITION, str(record.partition)),
            (topics.H_FROM_OFFSET, str(record.offset)),
        ]
    )
    draft.emit(topic, record.key, record.value, [*record.headers, *reasons])
    draft.count("dead_letters", str(rejection.reason))


class _Reader:
    """Reads one partition's tables: below the draft the transaction that is committing, below that the databases."""

    __slots__ = ("_gets", "under")

    def __init__(self, gets: Mapping[str, Callable[[bytes], bytes | None]], under: Draft | None) -> None:
        self._gets = gets
        self.under = under

    def __call__(self, table: str, key: bytes) -> bytes | None:
        under = self.under
        if under is not None:
            written = under.tables.get(table)
            if written is not None and key in written:
                return written[key]
        return self._gets[table](key)


class _Work:
    """One transaction's worth: a draft per partition number, shared by all topics, and the offsets behind it."""

    def __init__(self) -> None:
        self.drafts: dict[int, Draft] = {}
        self.readers: list[_Reader] = []
        self.produced: dict[int, int] = {}  # partition → emits that librdkafka has
        self.offsets: dict[Source, int] = {}
        self.last_offsets: dict[tuple[str, int], int] = {}  # (changelog, partition) → offset of its last record
        self.failure: Exception | None = None

    def produce(self, transactions: Transactions) -> None:
        """Hand over what was emitted since the last call, so that librdkafka sends it while we go on."""
        transactions.begin()
        for partition, draft in self.drafts.items():
            transactions.produce(partition, islice(draft.emits, self.produced.get(partition, 0), None))
            self.produced[partition] = len(draft.emits)

    def commit(self, transactions: Transactions, tables: Mapping[str, Table], metadata: bytes) -> None:
        """Blocking: the rest of the emits, the changelogs, the offsets, then, and only then, the databases."""
        self.produce(transactions)
        changes = [
            (tables[name], partition, changed)
            for partition, draft in self.drafts.items()
            for name, changed in draft.tables.items()
            if changed
        ]
        for table, partition, changed in changes:
            transactions.produce_changes(table.changelog_topic_name, partition, changed, self._delivered)
        transactions.commit(self.offsets, metadata)
        transactions.serve()
        for table, partition, changed in changes:
            table.write(partition, changed, self.last_offsets[table.changelog_topic_name, partition])

    def _delivered(self, error: Any, message: Any) -> None:
        if error is None:
            self.last_offsets[message.topic(), message.partition()] = message.offset()


class Unit:
    """See the module. `on_abort` is called when everything uncommitted was dropped and has to be read again."""

    def __init__(
        self, settings: Settings, tables: Sequence[Table], source: Log, on_abort: Callable[[int], None]
    ) -> None:
        self._settings = settings
        self._tables = {table.name: table for table in tables}
        self._log = source
        self._on_abort = on_abort
        self._dead_letters = f"{settings.topic_prefix}.{topics.DEAD_LETTERS}"
        self._transactions: Transactions  # made by `open`, which ends before the first assignment
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="transactions")
        self._window = Window(settings.commit_interval_s)
        self._cursors = Cursors()
        self._work: _Work | None = None
        self._committing: asyncio.Task[None] | None = None
        self._under: _Work | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._ready = asyncio.Event()
        self._errands: set[asyncio.Task[None]] = set()
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def open(self) -> None:
        """Make the producer and end what a predecessor left open. Raises Unavailable, Misconfigured or Fenced."""

        def start() -> Transactions:
            transactions = Transactions(self._settings)
            transactions.init()
            return transactions

        self._transactions = await self._in_thread(start)

    async def close(self) -> None:
        """Abort what is open; commits before were settled or are not to be."""
        self._drop()
        if self._committing:
            await asyncio.wait([self._committing])
        if hasattr(self, "_transactions"):
            with suppress(StreamsError, Aborted):  # it is dead either way, and another one comes after us
                await self._in_thread(self._transactions.abort)
        self._thread.shutdown(wait=False)

    def resume(self, generation: int, committed: Mapping[Source, int]) -> dict[Source, Position]:
        """Work on these partitions from their stable committed offsets; answers where to seek."""
        positions = self._cursors.assign(generation, committed)
        metrics.ASSIGNED.set(len(positions))
        return positions

    async def settle(self) -> None:
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
        while self._work is not None and self._window.full and self._committing:
            await asyncio.wait([self._committing])
        step = self._enter(piece)
        try:
            yield step
        except Exception as error:
            self.fail(error)
        else:
            if step.records is not _NOTHING:
                self._leave(piece, len(step.records))

    def fail(self, error: BaseException) -> None:
        """End the worker: nothing uncommitted will be committed."""
        self._drop()
        if not self.failed.done():
            self.failed.set_exception(error)

    def _enter(self, piece: Slice) -> Step:
        verdict = self._cursors.judge(piece)
        if verdict is Verdict.NEXT and not self.failed.done():
            records = self._cursors.advance(piece)
            work = self._work or self._open_work()
            draft = work.drafts.get(piece.source[1]) or self._new_draft(work, piece.source[1])
            return Step(records, draft, self._dead_letters)
        if verdict is Verdict.HOLE:
            self._heal(piece)
        return Step(_NOTHING, _NO_DRAFT, self._dead_letters)

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

    def _open_work(self) -> _Work:
        self._work = _Work()
        self._window.open(time.monotonic())
        return self._work

    def _new_draft(self, work: _Work, partition: int) -> Draft:
        gets = {name: table.database(partition).get for name, table in self._tables.items()}
        reader = _Reader(gets, self._under.drafts.get(partition) if self._under else None)
        draft = work.drafts[partition] = Draft(reader, partition, time.time_ns() // 1_000_000)
        work.readers.append(reader)
        return draft

    def _leave(self, piece: Slice, records: int) -> None:
        work = self._work
        if work is None:  # failed while the fold ran
            return
        work.offsets[piece.source] = piece.end
        self._window.add(records, piece.size_bytes)
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
        opened_at_s = self._window.opened_at_s
        self._committing = asyncio.ensure_future(self._commit(self._under, opened_at_s, self._window.records, again))

    async def _commit(self, work: _Work, opened_at_s: float, records: int, again: bool) -> None:
        try:
            metadata = self._metadata()
            if work.failure:
                raise work.failure
            await self._in_thread(work.commit, self._transactions, self._tables, metadata)
            self._committed(work, opened_at_s, records)
        except Aborted as error:
            await self._abort(error, again)
        except Exception as error:
            self.fail(error)
        finally:
            self._under = self._committing = None
            self._schedule()

    def _metadata(self) -> bytes:
        membership = self._log.membership()
        if not membership.valid or membership.generation != self._cursors.generation:
            raise Aborted("left the group, or a new generation began")
        return group_metadata.encode(self._settings.group_id, membership, self._settings.worker_id)

    def _committed(self, work: _Work, opened_at_s: float, records: int) -> None:
        for draft in work.drafts.values():
            metrics.count(draft.counts)
        if self._work:
            for reader in self._work.readers:
                reader.under = None  # the databases have it now
        metrics.TRANSACTIONS.labels("committed").inc()
        metrics.TRANSACTION_RECORDS.observe(records)
        metrics.TRANSACTION_SECONDS.observe(time.monotonic() - opened_at_s)

    async def _abort(self, error: Aborted, again: bool) -> None:
        generation = self._cursors.generation
        self._drop()
        metrics.TRANSACTIONS.labels("aborted").inc()
        logger.warning("transaction_aborted", why=str(error), generation=generation)
        try:
            await self._in_thread(self._transactions.abort)
        except Exception as worse:
            self.fail(worse)
        else:
            if again:
                self._on_abort(generation)

    def _drop(self) -> None:
        self._cursors.clear()
        self._work = None
        if self._timer:
            self._timer.cancel()
            self._timer = None

    async def _in_thread(self, call: Callable[..., Any], *args: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call, *args)


_NOTHING: Sequence[Record] = ()
_NO_DRAFT = Draft(lambda table, key: None)  # of a step without records: nothing ever runs in it
