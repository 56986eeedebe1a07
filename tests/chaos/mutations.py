"""The engine broken on purpose, in the worker's process only: a verifier that cannot fail proves nothing.

    python -m tests.chaos worker_kill --break state_first        must exit with 1; so must each of the others

Each takes one promise out of the engine. They name private parts of it: one that no longer fits raises AttributeError.
"""

import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer
from confluent_kafka import Producer

from connectors.history.fetcher import scheduler
from streams.cli import read_settings
from streams.engine.positions.group_metadata import Member, Membership
from streams.engine.positions.slices import Cursors, Slice, SliceVerdict
from streams.engine.store import accounts, offsets
from streams.engine.store.recovery import Recovery
from streams.engine.store.table import StateTable
from streams.engine.work.committer import Committer
from streams.engine.work.transaction import Transaction
from streams.events import topics
from streams.kafka import clients
from streams.kafka.login.librdkafka import for_librdkafka
from streams.kafka.topic_ids import topic_ids
from streams.lineage.columns import Columns
from streams.tables.draft import Draft, Punctuation

SLOW_DISK_S = 0.03  # between the state and the commit: a window that a real disk opens too, now and then


def state_first() -> None:
    """Tables are written before the transaction commits: what is killed in between is never emitted."""
    commit = Transaction.commit

    def early(self: Transaction, transactions: Any, tables: Mapping[str, Any], *more: Any) -> None:
        for partition, draft in self.drafts.items():
            for name, changed in draft.tables.items():
                before = tables[name].persisted(partition)
                tables[name].write(partition, changed, -1 if before is None else before)
        time.sleep(SLOW_DISK_S)
        commit(self, transactions, tables, *more)

    Transaction.commit = early  # type: ignore[method-assign]  # because that is the mutation


def no_cursor() -> None:
    """A slice after a hole is processed as if nothing were missing. Shows where slices vanish: lost_batches."""
    judge = Cursors.judge

    def blind(self: Cursors, piece: Slice) -> SliceVerdict:
        verdict = judge(self, piece)
        return SliceVerdict.NEXT if verdict is SliceVerdict.HOLE else verdict

    Cursors.judge = blind  # type: ignore[method-assign]  # because that is the mutation


def no_generation() -> None:
    """Offsets are committed without generation and member: nobody fences a worker that lost its partitions."""

    def anonymous(self: Committer) -> Member:
        return Member(self._settings.group_id, Membership(-1, ""))

    Committer._member = anonymous  # type: ignore[method-assign]  # because that is the mutation


def no_require_stable() -> None:
    """Committed offsets are read while a transaction of the previous owner may still change them: poison_pause.

    That scenario stops a worker in a transaction that changes no table, because one that does may hide what is broken
    here: if its records were sent before the stop, the restore waits for its end, and what is then read again is known.
    """
    offsets.asking = lambda settings, purpose, isolation, **extra: clients.asking(
        settings, purpose, "read_uncommitted", **extra
    )


def pages_outside() -> None:
    """The events of a fetched page leave at once, in no transaction; progress and offsets as ever: backfill.

    What is fetched again after a kill is stored twice. The clean topics hide it: the worker has seen it all before.
    """
    apply_outcome, raw = scheduler.apply_outcome, tuple(f".{name}" for name in topics.RAW)
    producer = Producer(for_librdkafka(read_settings()))

    def outside(draft: Draft, *page: Any) -> bool:
        before = len(draft.emits)
        is_applied = apply_outcome(draft, *page)
        added = draft.emits[before:]
        draft.emits[before:] = [emit for emit in added if not emit.topic.endswith(raw)]
        for emit in added:
            if emit.topic.endswith(raw):
                producer.produce(emit.topic, emit.value, emit.key, draft.partition, headers=list(emit.headers or ()))
        producer.flush()
        return is_applied

    scheduler.apply_outcome = outside


def lineage_outside() -> None:
    """Lineage leaves at once, in no transaction: worker_kill. What is read again after a kill has two rows."""
    producer = Producer(for_librdkafka(read_settings()))
    close = Transaction.close

    def outside(self: Transaction, closing: Punctuation) -> None:
        close(self, closing)
        for draft in self.drafts.values():
            own = [emit for emit in draft.emits if emit.topic.endswith(f".{topics.LINEAGE}")]
            draft.emits[:] = [emit for emit in draft.emits if emit not in own]
            for emit in own:
                producer.produce(emit.topic, emit.value, emit.key, draft.partition)
        producer.flush()
        time.sleep(SLOW_DISK_S)

    Transaction.close = outside  # type: ignore[method-assign]  # because that is the mutation


def lineage_only_emitted() -> None:
    """Of what emits nothing (SAME, STALE, dead) no row is written: any scenario."""
    add = Columns.add

    def emitted(self: Columns, row: Any, *more: Any) -> None:
        if more and more[2]:
            add(self, row, *more)

    Columns.add = emitted  # type: ignore[method-assign]  # because that is the mutation


def no_check() -> None:
    """Nobody compares the tables with the committed offsets at a start: tests/engine/test_accounts.py."""
    accounts.behind = lambda ledger, committed: False
    accounts.check = lambda *anything, **more: []


def restore_first() -> None:
    """Tables are restored before the stable offsets are read, and nobody compares the two: nap_unsent.

    A transaction in between, whose records had not been sent when the restore began, is in the offsets, not in the
    tables: what it changed is missing from then on, and what is delivered again leaves again.
    """
    restore, stable = Recovery._restore, Recovery._stable

    async def early(self: Recovery, sources: set[Any]) -> Any:
        changelogs = self.app.consumer.changelogs()
        await restore(self, changelogs, topic_ids(self.app.engine_settings, {topic for topic, _ in changelogs}))
        return await stable(self, sources)

    async def nothing(self: Recovery, *anything: Any) -> None:
        """It has been done."""

    Recovery._stable, Recovery._restore = early, nothing  # type: ignore[method-assign]  # because that is the mutation
    no_check()


def two_restores() -> None:
    """A restore does not wait for the one before it, and tables take any offset: tests/engine/test_recovery.py."""

    async def at_once(self: Recovery) -> None:
        pass

    Recovery._restore_ended = at_once  # type: ignore[method-assign]  # because that is the mutation
    StateTable._refuse_older = lambda *offset: None  # type: ignore[method-assign]  # because that is the mutation


def stable_offset_ends() -> None:
    """What an open transaction hides counts as not there, and timers fire past it: tests/engine/test_timers.py."""
    AIOKafkaConsumer.highwater = AIOKafkaConsumer.last_stable_offset


def no_bound() -> None:
    """A fold may say more than Kafka takes: poison_grow. Nobody gets past such a record."""
    make = Draft.__init__

    def boundless(self: Draft, *args: Any, **more: Any) -> None:
        make(self, *args, **more)
        self._emit_max = self._row_max = sys.maxsize

    Draft.__init__ = boundless  # type: ignore[method-assign]  # because that is the mutation


MUTATIONS: dict[str, Callable[[], None]] = {
    one.__name__: one
    for one in (
        *(state_first, no_cursor, no_generation, no_require_stable, pages_outside, restore_first, two_restores),
        *(stable_offset_ends, no_check, no_bound, lineage_outside, lineage_only_emitted),
    )
}
