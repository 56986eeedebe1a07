"""After every assignment, and after every abort: stable committed offsets, tables up to date, both compared, then seek.

Replaces Faust's recovery, which reads changelogs record by record. It runs beside the group's heartbeats, not inside
the rebalance callback, so a long restore does not cost the membership; a new rebalance stops it and starts it anew.

The order matters. A transaction's offsets can be pending while its records still wait in a stalled worker's queue: a
restore that runs first reads changelogs without them, and then offsets that include them. Once the stable offsets have
been read and the generation before is over, every transaction that could still commit for these partitions has ended,
so a restore that begins then has all of it.
"""

import asyncio
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from mode import Service

from streams.engine.positions.ledger import Ledger
from streams.engine.positions.slices import Source
from streams.engine.store import accounts
from streams.engine.store.offsets import CommittedOffsets
from streams.engine.store.restore import restore
from streams.engine.store.restore_job import Stopped
from streams.kafka.topic_ids import topic_ids
from streams.ops import log

logger = log.get("recovery")


class Recovery(Service):  # type: ignore[misc]  # because mode is untyped to strict mypy
    """What Faust's table manager and app ask of a recovery service.

    `_run`: the newest recovery. `_jobs`: its blocking calls, and those of runs before it: cancelling does not end them.
    """

    def __init__(self, app: Any, **kwargs: Any) -> None:
        self.app = app
        self.completed = asyncio.Event()
        self.in_recovery = False
        self._is_between = False  # partitions were revoked, and none are assigned yet
        self._run: asyncio.Task[None] | None = None
        self._stop = threading.Event()  # of the newest recovery's calls
        self._jobs: set[asyncio.Future[Any]] = set()
        self._restoring: asyncio.Future[Any] | None = None
        self._offsets: CommittedOffsets | None = None
        super().__init__(**kwargs)

    def on_partitions_revoked(self, revoked: Any) -> None:
        """Called first in a rebalance: what runs now is for partitions that may be taken away."""
        self._is_between = True
        self._cancel()

    async def release(self) -> None:
        """Cancel the recovery, and return once it uses no database any more: they may be closed then."""
        self._cancel()
        await self._restore_ended()

    async def on_rebalance(self, assigned: Any, revoked: Any, newly_assigned: Any, generation_id: int = 0) -> None:
        """Called when databases are open. Returns at once: the callback must not hold back heartbeats."""
        self._is_between = False
        self._start_run(generation_id)

    def again(self, generation: int) -> None:
        """After an abort: what was dropped has to be read again, unless a rebalance does it anyway.

        Also where a run of this generation is about to end: it has handed out cursors that the abort took back.
        """
        if not self._is_between and generation == self.app.consumer_generation_id:
            self._start_run(generation)

    async def on_stop(self) -> None:
        self._cancel()
        if self._run:
            await asyncio.wait([self._run])
        if self._jobs:
            await asyncio.wait(self._jobs)  # one of them may use what is closed here
        if self._offsets:
            self._offsets.close()

    def _cancel(self) -> None:
        self._stop.set()
        if self._run:
            self._run.cancel()

    def _start_run(self, generation: int) -> None:
        self._cancel()
        self._stop = threading.Event()
        self._run = asyncio.ensure_future(self._recover(generation))
        self._run.add_done_callback(self._ran)

    def _ran(self, run: "asyncio.Task[None]") -> None:
        if not run.cancelled() and (error := run.exception()):
            self.app.unit.fail(error)

    async def _recover(self, generation: int) -> None:
        app, consumer = self.app, self.app.consumer
        # Behind it the transaction that a predecessor left open has ended, which would hold back the restore. Only this
        # task may be cancelled, not the opening.
        await asyncio.shield(app.opened)
        while consumer.membership().generation != generation:  # noqa: ASYNC110  # because aiokafka has no event for it
            await asyncio.sleep(0.05)  # we were found out of the group: the rebalance that follows cancels this
        sources, changelogs = consumer.sources(), consumer.changelogs()
        self.in_recovery = app.in_recovery = True
        if sources:  # there may be more workers than partitions
            names = {topic for topic, _ in sources | changelogs}
            ids = await asyncio.shield(self._begin(topic_ids, app.engine_settings, names))
            committed = await self._stable(sources)
            await self._restore(changelogs, ids)
            ledger, odd = await self._compared(ids, committed, changelogs)
        else:
            committed, ledger, odd = {}, Ledger({}, {}), []
        starts = await consumer.available(ledger.starts(committed))
        await self._resume(generation, starts, ledger)
        if not odd or await app.unit.restate(odd):  # then rows and offsets agree again, also where no record arrives
            app.accept_offsets = False  # what differs later was not set by a person

    async def _stable(self, sources: set[Any]) -> dict[Source, int]:
        self._offsets = self._offsets or CommittedOffsets(self.app.engine_settings)
        found: dict[Source, int] = await asyncio.shield(self._begin(self._offsets.stable, sources, self._stop))
        return found

    async def _restore(self, changelogs: set[Any], ids: Mapping[str, str]) -> None:
        await self._restore_ended()  # two at once would write old rows over new ones
        tables = list(self.app.tables.values())
        settings, rebuild = self.app.engine_settings, self.app.rebuild
        call = partial(restore, settings, tables, changelogs, ids, self._stop, rebuild=rebuild)
        self._restoring = self._begin(call)
        await asyncio.shield(self._restoring)

    async def _restore_ended(self) -> None:
        while self._restoring and not self._restoring.done():  # the wait may be cancelled: the next caller waits, too
            await asyncio.wait([self._restoring])

    async def _compared(
        self, ids: Mapping[str, str], committed: Mapping[Source, int], changelogs: set[Any]
    ) -> tuple[Ledger, list[Source]]:
        """What the tables are made from, and the sources of which the group says otherwise.

        Raises Misconfigured where the tables must not be worked with.
        """
        settings, tables = self.app.engine_settings, list(self.app.tables.values())
        ledger = accounts.read(tables, committed, ids)
        if accounts.behind(ledger, committed) and not self.app.accept_offsets:
            logger.warning("restored_again", why="tables miss what the group has committed")
            await self._restore(changelogs, ids)  # a broker that is no leader any more may have answered an old end
            ledger = accounts.read(tables, committed, ids)
        return ledger, accounts.check(settings, tables, ledger, committed, accept=self.app.accept_offsets)

    def _begin(self, call: Callable[..., Any], *args: Any) -> "asyncio.Future[Any]":
        """Start a blocking call in a thread. It goes on when the task that waits for it is cancelled."""
        job = asyncio.get_running_loop().run_in_executor(None, call, *args)
        self._jobs.add(job)
        job.add_done_callback(partial(self._ended, self._stop))
        return job

    def _ended(self, stop: threading.Event, job: "asyncio.Future[Any]") -> None:
        self._jobs.discard(job)
        error = None if job.cancelled() else job.exception()
        if stop.is_set() and not isinstance(error, Stopped | None):  # no task waits for it any more
            logger.warning("call_failed", error=type(error).__name__)

    async def _resume(self, generation: int, starts: Mapping[Source, int], ledger: Ledger) -> None:
        app, consumer = self.app, self.app.consumer
        await app.on_rebalance_complete.send()
        self.in_recovery = app.in_recovery = False
        consumer.resume_partitions({tp for tp in consumer.assignment() if not consumer._is_changelog_tp(tp)})
        app.flow_control.resume()  # empties the streams' buffers, so nothing may flow before it
        consumer.resume_flow()
        await app._fetcher.maybe_start()
        positions = app.unit.resume(generation, starts, ledger)
        await consumer.seek_to(positions)
        app.tables.on_actives_ready()
        app.tables.on_standbys_ready()
        app.on_rebalance_end()
        self.completed.set()
        logger.info("assigned", partitions=len(positions), generation=generation)
