"""The demo's processes under load with a real Prometheus beside them, and which panels it fills."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from deploy.grafana import server
from deploy.grafana.boards import BOARDS
from deploy.grafana.panels import Kind, Panel
from deploy.grafana.queries import filled
from deploy.grafana.server import Prometheus, Series
from streams.demo import stack, startup
from streams.demo.sender import FAULTS
from streams.ops.settings import Settings
from streams.simulator.delivery.courier import Target, open_courier
from streams.simulator.delivery.schedule import schedule
from streams.simulator.world.world import World

INTERVAL = "10s"  # what $__rate_interval is when every second is scraped
SPAN = "10m"  # what $__range is: longer than a run
PATIENCE_S = 90.0
NOT_OF_THE_DEMO = "junction_source_"  # its events come as webhooks: no pipeline's door runs there
SEED = 7
BEGAN_MS = int(time.time()) * 1000
RECONCILE_EVERY_H = "0.004"  # a day is too long to wait for


class Load(NamedTuple):
    """How many people, days and days of history; `rate`: deliveries a second, 0 as fast as it goes."""

    users: int
    days: int
    history_days: int
    rate: float = 0.0

    @property
    def world(self) -> World:
        """The same whenever it is asked for within one process."""
        return World(SEED, self.users, self.days, BEGAN_MS, days_of_history=self.history_days, has_stories=True)


@contextmanager
def observed(settings: Settings, folder: Path, load: Load, scrape_s: int = server.SCRAPE_S) -> Iterator[Prometheus]:
    """Everything delivered, and seen by Prometheus while it was."""
    with started(settings, folder, load, scrape_s) as (running, prometheus):
        deliver(running, load)
        yield prometheus


@contextmanager
def started(
    settings: Settings, folder: Path, load: Load, scrape_s: int = server.SCRAPE_S
) -> Iterator[tuple[stack.Stack, Prometheus]]:
    """Everything up and scraped, and nothing delivered yet."""
    server.program()  # before anything is started
    more = {"STREAMS_RECONCILE_EVERY_H": RECONCILE_EVERY_H}
    with (
        startup.start(settings, None, print, load.world, has_notify=True, has_sink=True, more=more) as running,
        server.running(folder / "prometheus", running.targets, scrape_s) as prometheus,
    ):
        yield running, prometheus


def deliver(running: stack.Stack, load: Load) -> None:
    """All events of the load's world, posted with the demo's faults."""
    asyncio.run(_deliver(running, load.world, load.rate))


async def _deliver(running: stack.Stack, world: World, rate: float) -> None:
    target = Target(f"{running.gateway_url}/webhooks/{stack.ENDPOINT}", running.secret)
    async with open_courier(target) as courier:
        await courier.deliver(schedule(world.events(), replace(FAULTS, seed=SEED)), rate)


def answers(prometheus: Prometheus, panel: Panel, query: str) -> list[Series]:
    """What a panel would draw of a query: series that have a number."""
    query = filled(query, INTERVAL, SPAN)
    found = prometheus.over(query) if panel.kind is Kind.TIMES else prometheus.now(query)
    return [series for series in found if series.values]


def unanswered(prometheus: Prometheus, patience_s: float = PATIENCE_S) -> list[str]:
    """Queries for which Prometheus has nothing, as "board / panel: query", after waiting for each as long as that.

    Without those of processes that the demo does not start.
    """
    every = [(board, panel, line) for board in BOARDS for panel in board.panels for line in panel.lines]
    asked = [row for row in every if NOT_OF_THE_DEMO not in row[2].query]
    deadline_s = time.monotonic() + patience_s
    while True:
        asked = [row for row in asked if not answers(prometheus, row[1], row[2].query)]
        if not asked or time.monotonic() > deadline_s:
            return [f"{board.title} / {panel.title}: {line.query}" for board, panel, line in asked]
        time.sleep(1)
