"""What becomes of those who wait for a transaction when partitions leave, or the worker ends."""

import asyncio
import threading
from typing import Any

import pytest

from streams.engine.positions.group_metadata import Member
from streams.engine.positions.ledger import Ledger
from streams.engine.positions.slices import Slice, SliceVerdict
from streams.engine.work.aborts import AbortCause, Aborted
from streams.engine.work.unit import UnitOfWork
from streams.tables.draft import Draft
from tests.engine.test_recovery import ENDS_S, Log, Quiet, Rows, unit_on

SOURCE = ("raw", 0)


class Gated(Quiet):
    """Transactions that end when they are let through, one after the other. `offsets`: of those that committed."""

    def __init__(self, *, aborts: bool = False) -> None:
        self.offsets: list[Any] = []
        self.last_offsets: dict[tuple[str, int], int] = {}
        self.aborts = aborts
        self._begun, self._let = threading.Semaphore(0), threading.Semaphore(0)

    async def begun(self) -> None:
        """The next commit is under way."""
        assert await asyncio.to_thread(self._begun.acquire, timeout=ENDS_S)

    def let_through(self) -> None:
        self._let.release()

    def produce_changes(self, topic: str, partition: int, changed: Any) -> None:
        self.last_offsets[topic, partition] = 1

    def commit(self, offsets: Any, member: Member) -> None:
        self._begun.release()
        assert self._let.acquire(timeout=ENDS_S)
        if self.aborts:
            raise Aborted("NOT_COORDINATOR", AbortCause.BROKER)
        self.offsets.append(dict(offsets))


class Kept(Rows):
    """A table that takes what is written."""

    def write(self, *anything: Any) -> None: ...


def put(draft: Draft) -> None:
    draft.put("t", b"k", b"v")


def owned(table: Rows, transactions: Quiet) -> UnitOfWork:
    unit = unit_on(Log(), table, lambda generation: None)
    unit._committer.producer = transactions  # type: ignore[assignment]  # because the moment of a real commit cannot be chosen
    unit.resume(1, {SOURCE: 7}, Ledger({"raw": "id"}, {}))
    return unit


async def two(unit: UnitOfWork, transactions: Gated) -> tuple[asyncio.Future[bool], asyncio.Future[bool]]:
    """Two who wait: for the transaction that commits, and for the one that fills behind it."""
    first = asyncio.ensure_future(unit.call(0, put))
    await transactions.begun()
    second = asyncio.ensure_future(unit.call(0, put))
    await asyncio.sleep(0)
    assert not second.done()
    return first, second


class Sought(Log):
    """Says where it was asked to read on."""

    def __init__(self) -> None:
        super().__init__()
        self.sought: list[dict[Any, int]] = []

    async def seek_to(self, positions: Any) -> None:
        self.sought.append({source: position.offset for source, position in positions.items()})


def test_a_partition_is_read_again_where_it_stands() -> None:
    """What was read behind that place is stale then; a partition that moved, or is not ours, is left alone."""

    async def scenario() -> None:
        log = Sought()
        unit = unit_on(log, Kept(), lambda generation: None)
        unit.resume(1, {SOURCE: 7}, Ledger({"raw": "id"}, {}))
        before = Slice(SOURCE, 1, 7, 9, [])
        for source, offset in ((SOURCE, 6), (("raw", 1), 7), (SOURCE, 7)):
            unit.read_again(source, offset)
        await asyncio.sleep(0)
        assert log.sought == [{SOURCE: 7}]
        assert unit._cursors.judge(before) is SliceVerdict.STALE

    asyncio.run(asyncio.wait_for(scenario(), ENDS_S))


def test_all_that_is_processed_is_committed_before_partitions_leave() -> None:
    """`drain` ends behind the commit of what filled while another one committed; then nothing is ours."""

    async def scenario() -> None:
        transactions = Gated()
        unit = owned(Kept(), transactions)
        first, second = await two(unit, transactions)
        draining = asyncio.ensure_future(unit.drain())
        transactions.let_through()
        await transactions.begun()
        assert not draining.done()
        transactions.let_through()
        await draining
        assert transactions.offsets == [{SOURCE: 7}] * 2
        assert (unit.positions, await first, await second) == ({}, True, True)
        await unit.close()

    asyncio.run(asyncio.wait_for(scenario(), ENDS_S))


@pytest.mark.parametrize("end", ["fail", "close", "abort"])
def test_what_was_dropped_was_not_committed(end: str) -> None:
    """Who waits for a transaction that never begins, because the one before aborts or the worker ends, hears no."""

    async def scenario() -> None:
        transactions = Gated(aborts=end == "abort")
        unit = owned(Kept(), transactions)
        first, second = await two(unit, transactions)
        closing = asyncio.ensure_future(unit.close()) if end == "close" else None
        if end == "fail":
            unit.fail(OSError("no space left on device"))
        await asyncio.sleep(0)
        transactions.let_through()
        assert (await first, await second) == (end != "abort", False)
        if closing:
            await closing
        assert unit.failed.done() == (end == "fail")
        if end == "fail":
            assert isinstance(unit.failed.exception(), OSError)

    asyncio.run(asyncio.wait_for(scenario(), ENDS_S))
