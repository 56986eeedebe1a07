"""Naps: a process stops itself (SIGSTOP) between two calls of ours, where the file says; somebody else wakes it.

A stop that an outsider sends hits a random line, hardly ever one of the few milliseconds that matter. A place here is a
function, and the moment before or behind it: a new place costs one line. The file `nap` of the stage's folder names a
place; the first process that comes there takes it. With seconds behind the name only the calling thread, or task, waits
for so long: what a slow disk does.
"""

import asyncio
import functools
import importlib
import inspect
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

from streams.engine.work.transaction import Transaction
from streams.events import topics

TRAP = "nap"  # the file; `nap-w0` when w0 has taken it


class When(Enum):
    BEFORE = "before"
    AFTER = "after"


class Wants(Enum):
    """What brings a process to a place: its ordinary work, a start, one more worker, or pages of an API."""

    WORK = "work"
    START = "start"
    JOIN = "join"
    PAGES = "pages"


class Seen:
    """What the engine does now, for places that are not of every call."""

    transaction: Transaction | None = None

    @classmethod
    def is_bare(cls) -> bool:
        """A transaction with records that changes no table: nothing but its offsets tells that there is one."""
        return (
            bool(cls.transaction and any(one.emits for one in cls.transaction.drafts.values())) and not cls._changed()
        )

    @classmethod
    def changes(cls) -> bool:
        """A transaction that changes tables."""
        return bool(cls._changed())

    @classmethod
    def changes_for_good(cls) -> bool:
        """A transaction that changes rows of backfills, which are seldom written again: that would hide a loss."""
        return topics.BACKFILLS in cls._changed()

    @classmethod
    def _changed(cls) -> set[str]:
        drafts = cls.transaction.drafts.values() if cls.transaction else ()
        return {name for one in drafts for name, rows in one.tables.items() if rows}


def in_restore() -> bool:
    """The calling thread is one of the loop's pool, where restores run; commits have a thread of their own."""
    return threading.current_thread().name.startswith("asyncio")


def in_commit() -> bool:
    return not in_restore()


def always() -> bool:
    return True


@dataclass(frozen=True)
class Place:
    """`target`: module:function or module:Class.method, looked up where it is called. `only`: when it counts."""

    target: str
    when: When
    wants: Wants = Wants.WORK
    only: Callable[[], bool] = always


_BEFORE, _AFTER, _START, _JOIN, _PAGES = When.BEFORE, When.AFTER, Wants.START, Wants.JOIN, Wants.PAGES
_ENGINE, _FETCHER = "streams.engine", "connectors.history.fetcher"
PLACES: Mapping[str, Place] = {
    # A commit
    "begun": Place(f"{_ENGINE}.work.producer:TransactionalProducer.begin", _AFTER),
    "produced": Place(f"{_ENGINE}.work.transaction:Transaction.produce", _AFTER),
    "changes_queued": Place(f"{_ENGINE}.work.producer:TransactionalProducer.produce_changes", _AFTER),
    "offsets_unsent": Place(f"{_ENGINE}.work.producer:TransactionalProducer._send_offsets", _BEFORE),
    "offsets_sent": Place(f"{_ENGINE}.work.producer:TransactionalProducer._send_offsets", _AFTER),
    "offsets_sent_bare": Place(
        f"{_ENGINE}.work.producer:TransactionalProducer._send_offsets", _AFTER, only=Seen.is_bare
    ),
    "offsets_sent_changing": Place(
        f"{_ENGINE}.work.producer:TransactionalProducer._send_offsets", _AFTER, only=Seen.changes
    ),
    "offsets_sent_rows": Place(
        f"{_ENGINE}.work.producer:TransactionalProducer._send_offsets", _AFTER, only=Seen.changes_for_good
    ),
    "committed": Place(f"{_ENGINE}.work.producer:TransactionalProducer.commit", _AFTER),
    "table_write": Place(f"{_ENGINE}.store.table:StateTable.write", _BEFORE, only=in_commit),
    "table_written": Place(f"{_ENGINE}.store.table:StateTable.write", _AFTER, only=in_commit),
    "work_over": Place(f"{_ENGINE}.work.transaction:Transaction.commit", _AFTER),
    # A rebalance
    "draining": Place(f"{_ENGINE}.work.unit:UnitOfWork.drain", _BEFORE, _JOIN),
    "drained": Place(f"{_ENGINE}.work.unit:UnitOfWork.drain", _AFTER, _JOIN),
    "closed": Place(f"{_ENGINE}.store.table:StateStore.revoke_partitions", _AFTER, _JOIN),
    # A restore
    "restore": Place(f"{_ENGINE}.store.recovery:restore", _BEFORE, _START),
    "origins": Place(f"{_ENGINE}.store.restore:check_origins", _AFTER, _START),
    "ranges": Place(f"{_ENGINE}.store.restore:find_range", _AFTER, _START),
    "batch_read": Place(f"{_ENGINE}.store.table:StateTable.write", _BEFORE, _START, in_restore),
    "batch_written": Place(f"{_ENGINE}.store.table:StateTable.write", _AFTER, _START, in_restore),
    "restored": Place(f"{_ENGINE}.store.recovery:restore", _AFTER, _START),
    "ids_read": Place(f"{_ENGINE}.store.recovery:topic_ids", _AFTER, _START),
    "compared": Place(f"{_ENGINE}.store.accounts:check", _AFTER, _START),
    # Back to work
    "offsets_read": Place(f"{_ENGINE}.store.offsets:CommittedOffsets.stable", _AFTER, _START),
    "flow": Place(f"{_ENGINE}.faust.transport:Consumer.resume_flow", _AFTER, _START),
    "resuming": Place(f"{_ENGINE}.work.unit:UnitOfWork.resume", _BEFORE, _START),
    "resumed": Place(f"{_ENGINE}.work.unit:UnitOfWork.resume", _AFTER, _START),
    "sought": Place(f"{_ENGINE}.faust.transport:Consumer.seek_to", _AFTER, _START),
    # A page
    "enqueued": Place(f"{_FETCHER}.service:enqueue", _AFTER, _PAGES),
    "answered": Place(f"{_FETCHER}.page_fetcher:PageFetcher.fetch", _AFTER, _PAGES),
    "page_applied": Place(f"{_FETCHER}.scheduler:apply_outcome", _AFTER, _PAGES),
    "page_committed": Place(f"{_FETCHER}.scheduler:Scheduler._call", _AFTER, _PAGES),
}


class Trap:
    """The file, from both sides. `who`: the name of this process."""

    def __init__(self, folder: Path, who: str = "") -> None:
        self._file, self._mine = folder / TRAP, folder / f"{TRAP}-{who}"

    def set(self, name: str, seconds: float = 0.0) -> None:
        """The first process that comes to this place stops; with `seconds`, one thread or task of it waits."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{name} {seconds}")
        fresh.rename(self._file)

    def await_taken(self, timeout_s: float) -> str:
        """Who stopped; "" when nobody came there, and then nobody will."""
        deadline_s = time.monotonic() + timeout_s
        while self._file.exists() and time.monotonic() < deadline_s:
            time.sleep(0.02)
        self._file.unlink(missing_ok=True)
        taken = list(self._file.parent.glob(f"{TRAP}-*"))
        for one in taken:
            one.unlink()
        return taken[0].name.removeprefix(f"{TRAP}-") if taken else ""

    def wanted(self, name: str) -> float | None:
        """Whether this process is to stop here, which nobody else will: seconds, 0 for a real stop. None: go on."""
        try:
            wanted, seconds = self._file.read_text().split()
            if wanted != name:
                return None
            self._file.rename(self._mine)
        except FileNotFoundError:  # most of the time; or another one was quicker
            return None
        return float(seconds)


class Spot(NamedTuple):
    """Where a function is looked up, under which name, and what is there."""

    owner: Any
    name: str
    function: Callable[..., Any]


def spot(place: Place) -> Spot:
    """Raises ImportError or AttributeError for a place that is no more."""
    module, _, path = place.target.partition(":")
    *above, name = path.split(".")
    owner = functools.reduce(getattr, above, importlib.import_module(module))
    return Spot(owner, name, getattr(owner, name))


def install(folder: Path, who: str) -> None:
    """From now on this process stops at whatever place the file in `folder` names."""
    trap = Trap(folder, who)
    _notice_transaction()
    for name, place in PLACES.items():
        owner, attribute, function = spot(place)
        wrap = _slow_call if inspect.iscoroutinefunction(function) else _call
        setattr(owner, attribute, wrap(function, place, functools.partial(_wanted, trap, name, place)))


def _notice_transaction() -> None:
    commit = Transaction.commit

    def noticed(transaction: Transaction, *args: Any) -> None:
        Seen.transaction = transaction
        commit(transaction, *args)

    Transaction.commit = noticed  # type: ignore[method-assign]  # because that is how a fault reaches in


def _wanted(trap: Trap, name: str, place: Place) -> float | None:
    return trap.wanted(name) if place.only() else None


def _stop() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def _call(function: Callable[..., Any], place: Place, wanted: Callable[[], float | None]) -> Callable[..., Any]:
    def nap() -> None:
        seconds = wanted()
        if seconds is not None:
            time.sleep(seconds) if seconds else _stop()

    @functools.wraps(function)
    def call(*args: Any, **options: Any) -> Any:
        if place.when is When.BEFORE:
            nap()
        result = function(*args, **options)
        if place.when is When.AFTER:
            nap()
        return result

    return call


def _slow_call(function: Callable[..., Any], place: Place, wanted: Callable[[], float | None]) -> Callable[..., Any]:
    async def nap() -> None:
        seconds = wanted()
        if seconds is not None:
            await asyncio.sleep(seconds) if seconds else _stop()

    @functools.wraps(function)
    async def call(*args: Any, **options: Any) -> Any:
        if place.when is When.BEFORE:
            await nap()
        result = await function(*args, **options)
        if place.when is When.AFTER:
            await nap()
        return result

    return call
