"""Recoveries that meet: a rebalance during a restore, an abort while a recovery ends; a draft that cannot be made."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import rocksdict
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from streams.engine.positions.ends import Ends
from streams.engine.positions.group_metadata import Membership
from streams.engine.positions.ledger import Ledger
from streams.engine.positions.slices import Position, Slice, Source
from streams.engine.store.database import DatabaseOptions
from streams.engine.store.recovery import Recovery
from streams.engine.store.table import Overtaken, StateTable
from streams.engine.work.aborts import AbortCause, Aborted
from streams.engine.work.unit import UnitOfWork
from streams.kafka.login.librdkafka import for_librdkafka
from streams.ops.settings import Settings
from tests.chaos.mutations import MUTATIONS
from tests.folding import RawRecord

WAIT_S = 2.0  # for what must not happen
ENDS_S = 30.0  # for what must


class Small(StateTable):
    """The product's table without Faust's part: it opens its own databases. Its first write waits for `go_on`."""

    name = "t"
    changelog_topic_name, data = "", SimpleNamespace()  # of Faust, which computes them

    def __init__(self, changelog: str, folder: Path) -> None:
        self.changelog_topic_name = changelog
        self.data = SimpleNamespace(offset_key=b"__faust\0offset__", partition_path=lambda p: folder / str(p))
        self.open: dict[int, rocksdict.Rdict] = {}
        self.writing, self.go_on = threading.Event(), threading.Event()
        self.held = -1  # the partition of that write

    def database(self, partition: int) -> rocksdict.Rdict:
        if partition not in self.open:
            self.open[partition] = DatabaseOptions().open(self.folder(partition))
        return self.open[partition]

    def write(self, partition: int, changed: Mapping[bytes, bytes | None], offset: int, **how: Any) -> None:
        if not self.writing.is_set():
            self.held = partition
            self.writing.set()
            assert self.go_on.wait(ENDS_S)
        super().write(partition, changed, offset, **how)


class Members:
    """The consumer, as a recovery sees it: two partitions, whatever the generation."""

    def __init__(self, settings: Settings) -> None:
        self.generation = 1
        self._topics = f"{settings.topic_prefix}.raw", f"{settings.topic_prefix}.changelog"
        self.ends = Ends()

    def membership(self) -> Membership:
        return Membership(self.generation, "member")

    def sources(self) -> set[Source]:
        return {(self._topics[0], partition) for partition in (0, 1)}

    def changelogs(self) -> set[Source]:
        return {(self._topics[1], partition) for partition in (0, 1)}

    async def available(self, starts: Mapping[Source, int]) -> Mapping[Source, int]:
        return starts


class Resumed(Recovery):
    """Tells when a run is through instead of giving partitions to Faust. `meanwhile`: what is done then."""

    def __init__(self, app: Any, meanwhile: Callable[[int], None]) -> None:
        super().__init__(app)
        self.generations: list[int] = []
        self.is_through = asyncio.Event()
        self._meanwhile = meanwhile

    async def _resume(self, generation: int, starts: Mapping[Source, int], ledger: Ledger) -> None:
        self.generations.append(generation)
        self._meanwhile(generation)
        self.is_through.set()


@pytest.fixture
def changelog(settings: Settings) -> str:
    """Two partitions, one committed record in each: k = old."""
    admin = AdminClient(for_librdkafka(settings))
    names = [f"{settings.topic_prefix}.{name}" for name in ("raw", "changelog")]
    for future in admin.create_topics([NewTopic(name, 2, 1) for name in names]).values():
        future.result()
    producer = Producer(for_librdkafka(settings))
    for partition in (0, 1):
        producer.produce(names[1], b"old", b"k", partition)
    producer.flush()
    return names[1]


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as one:
        yield one


async def rebalanced_while_writing(settings: Settings, changelog: str, pool: ThreadPoolExecutor) -> Small:
    """A restore is held up in a write while a rebalance starts the next one, which goes on to commit k = new."""
    asyncio.get_running_loop().set_default_executor(pool)
    table = Small(changelog, settings.state_dir)
    settings.state_dir.mkdir()
    opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    opened.set_result(None)
    consumer, failed = Members(settings), []
    app = SimpleNamespace(
        consumer=consumer, opened=opened, tables={"t": table}, engine_settings=settings, rebuild=False,
        accept_offsets=True, in_recovery=False, unit=SimpleNamespace(fail=failed.append),
    )  # fmt: skip
    recovery = Resumed(app, lambda generation: StateTable.write(table, table.held, {b"k": b"new"}, 5))
    await recovery.on_rebalance(set(), set(), set(), 1)
    await asyncio.to_thread(table.writing.wait, ENDS_S)
    recovery.on_partitions_revoked(set())
    await asyncio.sleep(0)  # the run hears that it is cancelled before the partitions are assigned
    consumer.generation = 2
    await recovery.on_rebalance(set(), set(), set(), 2)
    await asyncio.wait([asyncio.ensure_future(recovery.is_through.wait())], timeout=WAIT_S)
    table.go_on.set()
    await asyncio.wait_for(recovery.is_through.wait(), ENDS_S)
    await recovery.on_stop()
    assert recovery.generations == [2]
    assert not failed
    return table


def test_a_rebalance_during_a_restore(settings: Settings, changelog: str, pool: ThreadPoolExecutor) -> None:
    """The restore after a rebalance begins when the one before has ended: no old row lands on a newer one."""
    table = asyncio.run(rebalanced_while_writing(settings, changelog, pool))
    assert (table.database(table.held).get(b"k"), table.persisted(table.held)) == (b"new", 5)


def test_two_restores_at_once(
    settings: Settings, changelog: str, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where they do not wait for each other (mutation `two_restores`) the older one writes last: k is old again."""
    for owner, name in ((Recovery, "_restore_ended"), (StateTable, "_refuse_older")):
        monkeypatch.setattr(owner, name, vars(owner)[name])  # put back what the mutation changes
    MUTATIONS["two_restores"]()
    table = asyncio.run(rebalanced_while_writing(settings, changelog, pool))
    assert (table.database(table.held).get(b"k"), table.persisted(table.held)) == (b"old", 0)


def test_databases_are_closed_behind_the_restore(settings: Settings, changelog: str, pool: ThreadPoolExecutor) -> None:
    """Whoever closes databases in a rebalance waits until the restore, told to stop, has left them."""

    async def scenario() -> None:
        asyncio.get_running_loop().set_default_executor(pool)
        settings.state_dir.mkdir()
        table = Small(changelog, settings.state_dir)
        opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        opened.set_result(None)
        app = SimpleNamespace(
            consumer=Members(settings), opened=opened, tables={"t": table}, engine_settings=settings, rebuild=False,
            accept_offsets=True, in_recovery=False, unit=SimpleNamespace(fail=lambda error: None),
        )  # fmt: skip
        recovery = Resumed(app, lambda generation: None)
        await recovery.on_rebalance(set(), set(), set(), 1)
        await asyncio.to_thread(table.writing.wait, ENDS_S)
        released = asyncio.ensure_future(recovery.release())
        done, _ = await asyncio.wait([released], timeout=0.2)
        assert not done
        table.go_on.set()
        await asyncio.wait_for(released, ENDS_S)
        assert table.persisted(0) is None or table.persisted(1) is None  # it stopped at the next write

    asyncio.run(scenario())


def test_a_write_that_was_overtaken(tmp_path: Path) -> None:
    """A table refuses an offset below the one that it holds, and keeps its rows."""
    table = Small("changelog", tmp_path)
    table.go_on.set()
    table.write(0, {b"k": b"new"}, 5)
    with pytest.raises(Overtaken, match=r"t\[0\] holds offset 5 .* was given 4"):
        table.write(0, {b"k": b"old"}, 4)
    assert (table.database(0).get(b"k"), table.persisted(0)) == (b"new", 5)
    table.write(0, {}, 5)


class Quiet:
    """Transactions of which each aborts."""

    def begin(self) -> None: ...
    def produce(self, *anything: Any) -> None: ...
    def produce_changes(self, *anything: Any) -> None: ...
    def abort(self) -> None: ...
    def close(self) -> None: ...

    def commit(self, *anything: Any) -> None:
        raise Aborted("NOT_COORDINATOR", AbortCause.BROKER)


class Log:
    """The consumer, as the unit of work sees it. `seeking`: reached; `go_on`: a seek ends."""

    def __init__(self) -> None:
        self.ends, self.seeking, self.go_on = Ends(), asyncio.Event(), asyncio.Event()

    def membership(self) -> Membership:
        return Membership(1, "member")

    def waiting(self) -> bool:
        return False

    async def seek_to(self, positions: Mapping[Source, Position]) -> None:
        self.seeking.set()
        await self.go_on.wait()


class Rows:
    """A table without rows; `is_broken`: opening its database fails."""

    name, changelog_topic_name, is_broken = "t", "changelog", False

    def database(self, partition: int) -> Any:
        if self.is_broken:
            raise OSError("too many open files")
        return SimpleNamespace(get=lambda key: None)


def unit_on(log: Log, table: Rows, on_abort: Callable[[int], None]) -> UnitOfWork:
    settings = Settings(_env_file=None, bootstrap_servers="127.0.0.1:1", commit_interval_s=0.01)
    unit = UnitOfWork(settings, [table], log, on_abort)  # type: ignore[list-item]  # because this table has no Kafka behind it
    unit._committer.producer = Quiet()  # type: ignore[assignment]  # because the aborts of a real one cannot be timed
    return unit


def test_an_abort_while_the_recovery_ends() -> None:
    """A transaction that aborts between the cursors and the end of the seek makes the recovery run again.

    Its cursors are gone: without another run every slice is stale, until the next rebalance.
    """

    async def scenario() -> None:
        log, table = Log(), Rows()
        recovery: Recovery
        unit = unit_on(log, table, lambda generation: recovery.again(generation))
        recovery = Recovery(SimpleNamespace(unit=unit, consumer_generation_id=1, rebalancing=True))
        runs: list[int] = []

        async def resumed(generation: int) -> None:
            runs.append(generation)
            await log.seek_to(unit.resume(generation, {("raw", 0): 7}, Ledger({"raw": "id"}, {})))

        recovery._recover = resumed  # type: ignore[method-assign]  # because only its end is the matter here
        await recovery.on_rebalance(set(), set(), set(), 1)
        await log.seeking.wait()
        assert await unit.call(0, lambda draft: draft.put("t", b"k", b"v")) is False
        log.go_on.set()
        await asyncio.wait([recovery._run])  # type: ignore[list-item]  # because there is one
        assert (runs, unit.positions) == ([1, 1], {("raw", 0): 7})
        assert not unit.failed.done()
        await unit.close()

    asyncio.run(asyncio.wait_for(scenario(), ENDS_S))


def test_a_draft_that_cannot_be_made() -> None:
    """The worker ends, and the cursor does not claim the slice: its offset would be committed with the next one."""

    async def scenario() -> None:
        table = Rows()
        unit = unit_on(Log(), table, lambda generation: None)
        unit.resume(1, {("raw", 0): 0}, Ledger({"raw": "id"}, {}))
        table.is_broken = True
        record = RawRecord("raw", 0, 0, 0, b"", b"", [])
        async with unit.step(Slice(("raw", 0), 1, 0, 1, [record])) as step:
            assert not step.records
        assert isinstance(unit.failed.exception(), OSError)
        assert unit.positions.get(("raw", 0), 0) == 0

    asyncio.run(scenario())
