"""The Faust app of a worker: an agent for each source topic, all on one unit of work."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import faust
from faust import stores
from faust.app.base import BootStrategy as FaustBootStrategy
from faust.transport import drivers

from streams.engine.faust.assignor import Assignor
from streams.engine.faust.transport import Lose
from streams.engine.positions import owners
from streams.engine.store.table import StateTable
from streams.engine.store.table_manager import TableManager
from streams.engine.work.unit import UnitOfWork
from streams.events import topics
from streams.ops import metrics
from streams.ops.settings import Settings
from streams.tables import Fold, Punctuation

SCHEME = "slices"
STORE = "bounded"
REBALANCE_TIMEOUT_S = 60.0
REQUEST_TIMEOUT_S = 40.0


@dataclass(frozen=True)
class Plan:
    """What a worker does. `folds`: full name of a source topic → fold. `tables`: names without prefix; changelogs are
    named by `topics.changelog`. `punctuation`: called for each owned partition about once a second, in the transaction.
    `closing`: called with each draft of a transaction before it is committed, behind all that joined it.
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
    closing: Punctuation | None = None
    lose: Lose | None = None


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
            settings, made, self.consumer, lambda generation: self.tables.recovery.again(generation), plan.punctuation,
            plan.closing,
        )  # fmt: skip
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
        """Where the worker that has a partition's tables is reached; "" while none has; our own address where two
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
