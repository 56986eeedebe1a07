"""The fetcher as a process."""

import asyncio

from connectors.history.fetcher.page_fetcher import PageFetcher
from connectors.history.fetcher.reconcile_schedule import ReconcileSchedule
from connectors.history.fetcher.scheduler import Scheduler
from connectors.history.fetcher.transaction import enqueue
from connectors.junction import open_client
from streams.engine.faust import run as engine
from streams.events import Record, body_of, topics
from streams.kafka import admin
from streams.ops import addresses, log, tracing
from streams.ops.metrics_server import expose
from streams.ops.process import Process
from streams.ops.settings import Settings
from streams.ops.waiting import until_available
from streams.tables import Draft
from streams.tables.history import request as requests


def run(settings: Settings, *, rebuild_state: bool = False, accept_offsets: bool = False) -> None:
    """Blocks until SIGTERM or Ctrl-C. The flags are the worker's.

    Raises Misconfigured when the topics or the API's settings are wrong.
    """
    until_available("Kafka", lambda: admin.check_layout(settings))
    until_available("Junction's API", lambda: asyncio.run(_check(settings)))
    page_fetcher = PageFetcher(settings)
    expose(settings, Process.FETCHER)
    tracing.configure("fetcher")
    log.get("fetcher").info("starting", worker=settings.worker_id, api=addresses.shown(settings.junction_base_url))
    scheduler = Scheduler(
        settings.topic_prefix, page_fetcher.fetch, settings.fetch_calls_max, page_fetcher.set_share, settings.partitions
    )
    prefix, schedule = settings.topic_prefix, ReconcileSchedule(settings)

    def fold(record: Record, draft: Draft) -> None:
        enqueue(draft, prefix, requests.decode(body_of(record)))

    def opened(app: engine.App) -> None:
        page_fetcher.open()
        scheduler.opened(app)
        schedule.opened(app)

    folds = {f"{prefix}.{topics.FETCH_JOBS}": fold}
    plan = engine.Plan(
        folds, topics.FETCH_TABLES, scheduler.punctuate, opened, rebuild=rebuild_state, accept_offsets=accept_offsets
    )
    engine.run(_own(settings), plan)


async def _check(settings: Settings) -> None:
    async with open_client(settings) as client:
        await client.check()


def _own(settings: Settings) -> Settings:
    """A consumer group, and a state directory, beside the worker's."""
    return settings.model_copy(
        update={"group_id": topics.fetch_group(settings.group_id), "state_dir": settings.state_dir / "fetcher"}
    )
