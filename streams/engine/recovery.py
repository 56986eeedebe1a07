"""After every assignment, and after every abort: tables up to date, then seek to the stable committed offsets.

Replaces Faust's recovery, which reads changelogs record by record. It runs beside the group's heartbeats, not inside
the rebalance callback, so a long restore does not cost the membership; a new rebalance stops it and starts it anew.
"""

import asyncio
import threading
from functools import partial
from typing import Any

from faust.tables.manager import TableManager as FaustTableManager
from mode import Service

from streams import log
from streams.engine.offsets import CommittedOffsets
from streams.engine.restore import Stopped, restore
from streams.errors import Misconfigured

logger = log.get("recovery")


class Recovery(Service):  # type: ignore[misc]  # because mode is untyped to strict mypy
    """What Faust's table manager and app ask of a recovery service."""

    def __init__(self, app: Any, **kwargs: Any) -> None:
        self.app = app
        self.completed = asyncio.Event()
        self.in_recovery = False
        self._run: asyncio.Task[None] | None = None
        self._stop_restore = threading.Event()
        self._offsets: CommittedOffsets | None = None
        super().__init__(**kwargs)

    def on_partitions_revoked(self, revoked: Any) -> None:
        """Called first in a rebalance: whatever runs now is for partitions that may go."""
        self._cancel()

    async def on_rebalance(self, assigned: Any, revoked: Any, newly_assigned: Any, generation_id: int = 0) -> None:
        """Called when databases are open; answers at once, so that the callback does not hold back heartbeats."""
        self._start_run(generation_id)

    def again(self, generation: int) -> None:
        """After an abort: what was dropped has to be read again, unless a rebalance does it anyway."""
        if not self.app.rebalancing and generation == self.app.consumer_generation_id:
            self._start_run(generation)

    async def on_stop(self) -> None:
        self._cancel()
        if self._run:
            await asyncio.wait([self._run])
        if self._offsets:
            self._offsets.close()

    def _cancel(self) -> None:
        self._stop_restore.set()
        if self._run:
            self._run.cancel()

    def _start_run(self, generation: int) -> None:
        self._cancel()
        self._run = asyncio.ensure_future(self._recover(generation, self._run))
        self._run.add_done_callback(self._ran)

    def _ran(self, run: "asyncio.Task[None]") -> None:
        if not run.cancelled() and (error := run.exception()):
            self.app.unit.fail(error)

    async def _recover(self, generation: int, before: "asyncio.Task[None] | None") -> None:
        if before:
            await asyncio.wait([before])
        app, consumer = self.app, self.app.consumer
        # Then what a predecessor left open has ended: nothing holds back the restore. We may be cancelled, it may not.
        await asyncio.shield(app.opened)
        while consumer.membership().generation != generation:  # noqa: ASYNC110  # because aiokafka has no event for it
            await asyncio.sleep(0.05)  # we were found out of the group: the rebalance that follows cancels this
        sources, changelogs = consumer.sources(), consumer.changelogs()
        self._check(sources, changelogs)
        self.in_recovery = app.in_recovery = True
        await self._restore(changelogs)
        self._offsets = self._offsets or CommittedOffsets(app.engine_settings)
        committed = await consumer.committed(sources, self._offsets)
        await self._resume(generation, committed)

    def _check(self, sources: set[Any], changelogs: set[Any]) -> None:
        mine = {partition for _, partition in sources}
        for table in self.app.tables.values():
            there = {partition for topic, partition in changelogs if topic == table.changelog_topic_name}
            if mine - there:
                raise Misconfigured(
                    f"raw topics and {table.changelog_topic_name} do not have the same number of partitions: "
                    "run `junction-streams topics plan`."
                )

    async def _restore(self, changelogs: set[Any]) -> None:
        stop = self._stop_restore = threading.Event()
        tables = list(self.app.tables.values())
        bound = partial(restore, self.app.engine_settings, tables, changelogs, stop, rebuild=self.app.rebuild)
        job = asyncio.get_running_loop().run_in_executor(None, bound)
        try:
            await asyncio.shield(job)
        except asyncio.CancelledError:
            stop.set()
            await asyncio.wait([job])  # the databases are its own until it has ended
            if not job.cancelled() and not isinstance(job.exception(), Stopped | None):
                logger.warning("restore_failed", error=type(job.exception()).__name__)
            raise

    async def _resume(self, generation: int, committed: dict[Any, int]) -> None:
        app, consumer = self.app, self.app.consumer
        await app.on_rebalance_complete.send()
        self.in_recovery = app.in_recovery = False
        consumer.resume_partitions({tp for tp in consumer.assignment() if not consumer._is_changelog_tp(tp)})
        app.flow_control.resume()  # empties the streams' buffers, so nothing may flow before it
        consumer.resume_flow()
        await app._fetcher.maybe_start()
        positions = app.unit.resume(generation, committed)
        await consumer.seek_to(positions)
        app.tables.on_actives_ready()
        app.tables.on_standbys_ready()
        app.on_rebalance_end()
        self.completed.set()
        logger.info("assigned", partitions=len(positions), generation=generation)


class TableManager(FaustTableManager):  # type: ignore[misc]  # because Faust is untyped to strict mypy
    """Faust's, with our recovery and without its pause of a second at start."""

    _recovery: Recovery | None = None

    @property
    def recovery(self) -> Recovery:
        if self._recovery is None:
            self._recovery = Recovery(self.app, beacon=self.beacon, loop=self.loop)
        return self._recovery

    async def on_start(self) -> None:
        await self._update_channels()
        await self.recovery.start()
