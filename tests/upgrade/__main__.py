"""`python -m tests.upgrade CHECKOUT`: does this version go on where the one in CHECKOUT stopped?

CHECKOUT is another working tree of this repository with its own `.venv` (`git worktree add`, then `make .venv/.ready`).
Its gateway and worker take the first half of a made-up world on a real Kafka and stop; this version's take the rest, on
the same topics, group and state directory, with deliveries of the first half once more. Exits with 1 when a row was
restored or an offset differs, or when any clean record is lost, repeated or wrong.

With --side-by-side both work at once under load: this version joins, the one before leaves, comes back, and this one
leaves.
"""

import argparse
import asyncio
import json
import shutil
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import stamina

from streams.demo.cluster import Cluster
from streams.demo.watch import Watch
from streams.kafka import admin, registry
from streams.ops.settings import Settings
from streams.simulator.delivery.courier import Target, open_courier
from streams.simulator.delivery.schedule import Faults, schedule
from streams.simulator.truth.report import Report
from streams.simulator.truth.truth import Truth
from streams.simulator.world.world import Event, World
from tests.upgrade import side_by_side
from tests.upgrade.running import HERE, SECRET, running, settings_of
from tests.waiting import committed

DRAIN_S = 60.0
# What a worker logs when it does not simply go on.
NOT_WARM = ("restored", "restored_again", "state_forgotten", "state_too_old", "state_damaged", "offsets_differ")


def deliver(settings: Settings, events: list[Event], seed: int) -> None:
    """Post them, with repetitions and disorder."""

    async def post() -> None:
        target = Target(f"http://127.0.0.1:{settings.gateway_port}/webhooks/upgrade", SECRET)
        async with open_courier(target) as courier:
            await courier.deliver(schedule(events, Faults(seed)))

    asyncio.run(post())


def events_of(log: Path) -> list[str]:
    """The names of the log's lines."""
    lines = [line for line in log.read_text().splitlines() if line.startswith("{")]
    return [json.loads(line).get("event", "") for line in lines]


def run(checkout: Path, folder: Path, seed: int, *, forget: bool) -> tuple[Report, list[str]]:
    """All clean records compared with the world, and what the second worker logged that a warm start does not."""
    with Cluster() as cluster:
        settings = settings_of(cluster, folder)
        admin.apply(settings)
        registry.register(settings)
        watch = Watch(settings)
        events = list(World(seed, 8, 4, int(time.time()) * 1000, has_stories=True, has_odd_bodies=True).events())
        half = len(events) // 2
        with running(checkout, settings, folder / "before"):
            deliver(settings, events[:half], seed)
            committed(settings)
        print(f"{half} events taken by {checkout.name}", file=sys.stderr)
        if forget:
            shutil.rmtree(settings.state_dir)
        with running(HERE, settings, folder / "after"):
            deliver(settings, events[half // 2 :], seed + 1)
            committed(settings)
        watch.wait_drained(DRAIN_S)
        watch.stop()
        prefix = f"{settings.topic_prefix}."
        clean = [(r.topic.removeprefix(prefix), r.key, r.record) for r in watch.seen.records if r.record]
        return Truth.of(events).compare(clean), [e for e in events_of(folder / "after" / "worker.log") if e in NOT_WARM]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.upgrade", description=__doc__)
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--side-by-side", action="store_true", help="both versions under load, forth and back")
    parser.add_argument("--forget", action="store_true", help="the control: delete the state between, must exit with 1")
    stamina.instrumentation.set_on_retry_hooks([])
    asked = parser.parse_args()
    with TemporaryDirectory() as folder:
        if asked.side_by_side:
            found = side_by_side.run(asked.checkout.resolve(), Path(folder), asked.seed)
            print(json.dumps(found.shown, indent=1))
            return 0 if found.is_right else 1
        report, cold = run(asked.checkout.resolve(), Path(folder), asked.seed, forget=asked.forget)
    found = {name: getattr(report, name) for name in ("checked", "lost", "repeated", "wrong", "unexpected")}
    print(json.dumps(found | {"not_warm": cold}))
    return 0 if report.is_right and not cold else 1


sys.exit(main())
