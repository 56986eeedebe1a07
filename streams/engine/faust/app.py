"""The Faust app of a worker, and `run`: everything together, until a signal or a failure."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import faust
from faust import stores
from faust.app.base import BootStrategy as FaustBootStrategy
from faust.transport import drivers

from streams.engine.faust import records, versions
from streams.engine.faust.assignor import Assignor
from streams.engine.faust.collector import spare_the_collector
from streams.engine.faust.library_log import quiet
from streams.engine.faust.observer import Observer
from streams.engine.faust.transport import Lose
from streams.engine.positions import owners
from streams.engine.store import state_dir
from streams.engine.store.recovery import TableManager
from streams.engine.store.table import StateTable
from streams.engine.work.unit import UnitOfWork
from streams.events import topics
from streams.kafka.ping import ping
from streams.ops import log, metrics
from streams.ops.errors import StreamsError
from streams.ops.settings import Settings
from streams.ops.waiting import until_available
from streams.tables.draft import Fold, Punctuation

SCHEME = "slices"
STORE = "bounded"
STOP_S = 20.0
FAILED_STOP_S = 3.0  # nothing is left to be committed, and the next start fences what may still be open
REBALANCE_TIMEOUT_S = 60.0
REQUEST_TIMEOUT_S = 40.0

logger = log.get("engine")


@dataclass(frozen=True)
class Plan:
    """What a worker does. `folds`: full name of a source topic → fold. `tables`: names without prefix; changelogs are
    named by `topics.changelog`. `punctuation`: called for each owned partition about once a second, in the transaction.
    `opened`: gets the app before anything runs, in its event loop: for what wants to `call` its unit, or read tables.
    `rebuild`: forget the tables on disk and make them from what the changelogs have.
    `accept_offsets`: the group's committed offsets count, whatever the tables say that they are made from.
    `lose` is for tests: slices for which it is true vanish on the way, as a rebalance may make them.
    """

    folds: Mapping[str, Fold]
    tables: Sequence[str]
    punctuation: Punctuation | None = None
    opened: Callable[["App"], None] | None = None
    rebuild: bool = False
    accept_offsets: bool = False
    lose: Lose | None = None


def run(settings: Settings, plan: Plan) -> None:
    """Run folds on their topics until SIGTERM or SIGINT. Blocking.

    Source topics and changelogs must exist with one partition count (`admin.check_layout`).

    Raises Misconfigured, Unavailable, FoldFailed or Fenced; nothing uncommitted survives any of them.
    """
    versions.check()
    records.install()
    spare_the_collector()
    quiet()
    until_available("Kafka", lambda: ping(settings))
    with state_dir.own(settings.state_dir):
        state_dir.prepare(settings.state_dir, rebuild=plan.rebuild)
        asyncio.run(_run(settings, plan))


async def _run(settings: Settings, plan: Plan) -> None:
    app = App(settings, plan)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    app.opened = asyncio.ensure_future(app.unit.open())
    starting = asyncio.ensure_future(app.start())
    stopping = asyncio.ensure_future(stop.wait())
    crashed = asyncio.ensure_future(_crash_of(app))
    observer = Observer(app.unit, app.consumer, app.unit.tables)
    observer.start()
    watched: set[asyncio.Future[Any]] = {starting, stopping, crashed, app.unit.failed, app.opened}
    failure: BaseException | None = None
    try:
        failure = await _first_failure(watched, stopping)
    finally:
        for task in (starting, stopping, crashed):
            task.cancel()
        observer.stop()
        await _stop(app, STOP_S if failure is None else FAILED_STOP_S)
    if failure:
        raise failure


async def _first_failure(watched: "set[asyncio.Future[Any]]", stopping: "asyncio.Future[Any]") -> BaseException | None:
    while not stopping.done():
        done, watched = await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            if error := task.exception():
                return error if isinstance(error, StreamsError) else _Crashed.of(error)
    return None


class _Crashed(StreamsError):
    """A library raised an error that the engine does not handle."""

    @classmethod
    def of(cls, error: BaseException) -> "_Crashed":
        # Its text is left out: libraries quote what they were given.
        crashed = cls(f"the worker stopped: {type(error).__name__}. Nothing uncommitted was kept; restarting is safe.")
        crashed.__cause__ = error
        return crashed


async def _crash_of(app: faust.App) -> None:
    await app.wait_until_stopped()
    if app.crash_reason:
        raise app.crash_reason


async def _stop(app: "App", each_s: float) -> None:
    logger.info("stopping")
    with suppress(asyncio.TimeoutError):
        await asyncio.wait_for(app.stop(), each_s)
    with suppress(asyncio.TimeoutError):
        await asyncio.wait_for(app.unit.close(), each_s)


class BootStrategy(FaustBootStrategy):  # type: ignore[misc]  # because Faust is untyped to strict mypy
    """No web server, no Faust producer, no leader topic, no replies: what does not run cannot listen or fail."""

    def server(self) -> Iterable[Any]:
        app = self.app
        return [app.consumer, app.agents, app.topics, app.tables]


class App(faust.App):  # type: ignore[misc]  # because Faust is untyped to strict mypy
    """One agent per source topic; all share the unit of work."""

    BootStrategy = BootStrategy

    def __init__(self, settings: Settings, plan: Plan) -> None:
        drivers.TRANSPORTS.aliases[SCHEME] = "streams.engine.faust.transport:Transport"
        stores.STORES.aliases[STORE] = "streams.engine.store.table:StateStore"
        super().__init__(settings.group_id, **_options(settings))
        self.engine_settings = settings
        self.lose = plan.lose
        self.rebuild, self.accept_offsets = plan.rebuild, plan.accept_offsets
        self.opened: asyncio.Future[None]
        made = [self._make_table(name) for name in plan.tables]
        self.unit = UnitOfWork(
            settings, made, self.consumer, lambda generation: self.tables.recovery.again(generation), plan.punctuation
        )
        for topic, fold in plan.folds.items():
            self.agent(self.topic(topic, key_type=bytes, value_type=bytes, acks=False), name=topic)(self._agent(fold))
        if plan.opened:
            plan.opened(self)

    def owns(self, partition: int) -> bool:
        """Whether a partition's tables are here, and up to date."""
        return partition in self.unit.partitions

    def rows(self, table: str, partition: int, start: bytes, stop: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Committed rows of [start, stop) of a table's partition that is ours."""
        found: StateTable = self.tables[table]
        return found.rows(partition, start, stop)

    def owner_url(self, partition: int) -> str:
        """Where the worker that has a partition's tables is reached; "" while nobody has; our own address where two
        workers announce it."""
        names = self.tables.changelog_topics
        ours = {tp.partition for tp in self.assignor.assigned_actives() if tp.topic in names}
        return owners.url_of(partition, self.router.tables_metadata(), ours, self.engine_settings.query_address)

    def _make_table(self, name: str) -> StateTable:
        changelog = self.topic(
            topics.changelog(self.engine_settings.group_id, name), key_type=bytes, value_type=bytes, acks=False
        )
        metrics.RESTORED.labels(name)
        metrics.RESTORE_LEFT.labels(name).set(0)
        table = StateTable(self, name=name, key_type=bytes, value_type=bytes, changelog_topic=changelog)
        self.tables.add(table)
        return table

    def _agent(self, fold: Fold) -> Callable[[Any], Awaitable[None]]:
        unit = self.unit

        async def process(batches: Any) -> None:
            async for batch in batches.noack():
                async with unit.step(batch) as step:
                    step.run(fold)

        return process


def _options(settings: Settings) -> dict[str, Any]:
    return {
        "broker": f"{SCHEME}://{settings.bootstrap_servers.split(',')[0]}",  # the transport reads Settings instead
        "store": f"{STORE}://",
        "datadir": str(settings.state_dir),
        "TableManager": TableManager,
        "PartitionAssignor": Assignor,
        "table_standby_replicas": 0,
        "topic_allow_declare": False,
        "topic_disable_leader": True,
        "web_enabled": False,
        "canonical_url": settings.query_address,  # Faust's assignor tells it to all workers
        "stream_wait_empty": True,
        "key_serializer": "raw",
        "value_serializer": "raw",
        "cython_optimizations": True,
        "broker_session_timeout": settings.session_timeout_s,
        "broker_rebalance_timeout": REBALANCE_TIMEOUT_S,
        "broker_request_timeout": REQUEST_TIMEOUT_S,
    }
