"""A gateway and a worker under load while their tokens end: what is lost, repeated, logged."""

import asyncio
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from streams.demo.cluster.supervise import Child
from streams.demo.watch import Watch
from streams.kafka import admin, registry
from streams.simulator.delivery.courier import Target, open_courier
from streams.simulator.delivery.schedule import Faults, schedule
from streams.simulator.truth.report import Report
from streams.simulator.truth.truth import Truth
from streams.simulator.world.world import Event, World
from tests.tokens.stage import ENDPOINT, SIGNING_SECRET, Stage, command
from tests.waiting import committed, ready

PROCESSES = ("gateway", "worker")
READY_S = DRAIN_S = 60.0
PIECE_S = 2.0
USERS, DAYS = 30, 40


@dataclass
class Crossing:
    """What became of it. `tokens`: of each process; `lines`: of its log above "info"; `cut`: those of any level in
    which aiokafka tells of a connection or a coordinator that went."""

    report: Report
    seconds: float = 0.0
    events: int = 0
    tokens: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    lines: dict[str, list[str]] = field(default_factory=dict)
    cut: int = 0

    @property
    def is_right(self) -> bool:
        """Nothing lost, repeated or wrong, and no log that frightens."""
        return self.report.is_right and not any(self.lines.values()) and not self.cut


def cross(stage: Stage, folder: Path, *, refreshes: int, rate_per_s: float, away_s: float = 0.0) -> Crossing:
    """Load until each process has fetched so many tokens after its first. `away_s`: for how long the token server
    gives none, a second after the load began."""
    settings = stage.clear
    admin.apply(settings)
    registry.register(settings)
    events = list(World(1, USERS, DAYS, int(time.time()) * 1000, has_stories=True, has_odd_bodies=True).events())
    watch = Watch(settings)
    with _running(stage, folder):
        began_s, before = time.monotonic(), _cut(folder)  # a new Kafka has no coordinator at first
        if away_s:
            threading.Thread(target=_away, args=(stage, away_s), daemon=True).start()
        sent, statuses = _load(stage, events, refreshes, rate_per_s)
        seconds = time.monotonic() - began_s
        committed(stage.clear, DRAIN_S)
    watch.wait_drained(DRAIN_S)
    watch.stop()
    prefix = f"{settings.topic_prefix}."
    clean = [(one.topic.removeprefix(prefix), one.key, one.record) for one in watch.seen.records if one.record]
    found = Crossing(Truth.of(events[:sent]).compare(clean), seconds, sent, _tokens(stage), statuses)
    found.cut = _cut(folder) - before
    found.lines = {name: _above_info(folder / f"{name}.log") for name in PROCESSES}
    return found


def _away(stage: Stage, away_s: float) -> None:
    time.sleep(1.0)
    stage.tokens.failure = (503, "away")
    time.sleep(away_s)
    stage.tokens.failure = None


def _load(stage: Stage, events: list[Event], refreshes: int, rate_per_s: float) -> tuple[int, Counter[str]]:
    """How many events were sent, and what was answered."""
    statuses: Counter[str] = Counter()
    piece = int(rate_per_s * PIECE_S)

    async def post() -> int:
        target = Target(f"http://127.0.0.1:{stage.clear.gateway_port}/webhooks/{ENDPOINT}", SIGNING_SECRET)
        async with open_courier(target) as courier:
            for begin in range(0, len(events), piece):
                await courier.deliver(schedule(events[begin : begin + piece], Faults(begin)), rate_per_s)
                statuses.clear()
                statuses.update(courier.tally.statuses)
                if min(_tokens(stage)[name] for name in PROCESSES) > refreshes:
                    return min(begin + piece, len(events))
        raise SystemExit(f"{len(events)} events were too few")

    return asyncio.run(post()), statuses


def _tokens(stage: Stage) -> Counter[str]:
    """Those that were given, by process."""
    return Counter(scope for scope in list(stage.tokens.given_to))


@contextmanager
def _running(stage: Stage, folder: Path) -> Iterator[None]:
    with ExitStack() as stack:
        children = {}
        for name in PROCESSES:
            children[name] = Child(command(name), folder / f"{name}.log", env=stage.environment(name))
            stack.callback(children[name].stop)
        ready(stage.clear.gateway_admin_port, children)
        yield


def _above_info(log: Path) -> list[str]:
    """Lines that are no structured ones, and those of a level above "info"."""
    lines = log.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("{") or json.loads(line)["level"] not in ("debug", "info")]


def _cut(folder: Path) -> int:
    return (folder / "worker.log").read_text(encoding="utf-8").count('"component": "aiokafka')
