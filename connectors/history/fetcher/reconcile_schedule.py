"""Reconciliation on a schedule, by one fetcher of the group: the one that owns the first partition."""

import asyncio

from connectors.history.reconcile.scheduled_run import reconcile_all
from connectors.junction import open_client
from streams.engine.faust.run import App
from streams.events import HOUR_S
from streams.ops import log
from streams.ops.errors import StreamsError, place
from streams.ops.settings import Settings

OWNER_POLL_S = 60.0

logger = log.get("reconcile")


class ReconcileSchedule:
    """Starts with the app. The first run is one interval after the start, so that restarts cause no extra load."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._task: asyncio.Task[None] | None = None

    def opened(self, app: App) -> None:
        settings = self._settings
        if settings.reconcile_every_h and (settings.query_url or settings.query_port):
            self._task = asyncio.ensure_future(self._run(app))
        elif settings.reconcile_every_h:
            logger.info("not_scheduled", why="no worker to ask: set STREAMS_QUERY_URL to one of them")

    async def _run(self, app: App) -> None:
        while True:
            await asyncio.sleep(self._settings.reconcile_every_h * HOUR_S)
            while not app.owns(0):  # noqa: ASYNC110  # because a rebalance may assign it any time
                await asyncio.sleep(OWNER_POLL_S)
            try:
                async with open_client(self._settings) as client:
                    await reconcile_all(self._settings, client)
            except StreamsError as error:
                logger.warning("not_finished", why=str(error))
            except Exception as error:  # raised, it would end this task unseen, and no run would follow
                logger.error("not_finished", error=type(error).__name__, at=place(error))
