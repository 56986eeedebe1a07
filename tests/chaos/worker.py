"""The worker with faults inside: `python -m tests.chaos.worker [OPTION ...]`.

The product's agents in the product's engine, as `junction-streams worker` runs them. `--lose`: that share of slices
vanishes on the way to the agents. `--folder`: where a file `bug` makes the next fold raise, once, a file `nap` makes a
worker stop itself at a place (tests.chaos.naps), once, and a file `clock` holds seconds by which Python's wall clock is
wrong. `--break`: one of tests.chaos.mutations.
"""

import argparse
import faulthandler
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from streams.agents import assembly
from streams.agents.alerts import Alerts
from streams.agents.worker import policy_of, rules_of
from streams.cli import read_settings
from streams.engine.faust import run as engine
from streams.engine.positions.slices import Slice
from streams.events import topics
from streams.events.types import Record
from streams.kafka import admin, registry
from streams.kafka.codec import Codec
from streams.lineage.closing import closing_of
from streams.ops.errors import StreamsError
from streams.ops.waiting import until_available
from streams.tables.draft import Draft, Fold
from tests.chaos import mutations, naps

LOOK_EVERY_S = 0.2


def losing(share: float) -> Callable[[Slice], bool] | None:
    """A slice vanishes now and then, as Faust lets it when flow resumes after a rebalance."""
    chance = Random(7)
    return (lambda piece: chance.random() < share) if share else None


def buggy(fold: Fold, trap: Path) -> Fold:
    """Raises once when the file is there."""

    def one(record: Record, draft: Draft) -> None:
        fold(record, draft)
        if trap.exists():
            trap.unlink()
            raise RuntimeError("a bug, made up")

    return one


def bend_clock(file: Path) -> None:
    """`time.time` and `time.time_ns` are wrong by what the file says; monotonic time is not touched."""
    real, real_ns, known = time.time, time.time_ns, [0.0, 0.0]  # seconds ahead, when looked at

    def ahead_s() -> float:
        now_s = time.monotonic()
        if now_s - known[1] > LOOK_EVERY_S:
            known[:] = [float(file.read_text() or 0) if file.exists() else 0.0, now_s]
        return known[0]

    time.time = lambda: real() + ahead_s()
    time.time_ns = lambda: real_ns() + int(ahead_s() * 1e9)


def main() -> None:
    faulthandler.register(signal.SIGUSR2)  # where every thread is, into the log
    parser = argparse.ArgumentParser()
    parser.add_argument("--lose", type=float, default=0.0)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--break", dest="broken", default="")
    options = parser.parse_args()
    settings = read_settings()
    if options.broken:
        mutations.MUTATIONS[options.broken]()
    until_available("Kafka", lambda: admin.check_layout(settings))
    ids = until_available("schema registry", lambda: registry.resolve(settings))
    alerts = Alerts(Codec(ids), settings.topic_prefix, *rules_of(settings))
    made = assembly.folds(Codec(ids), settings.topic_prefix, alerts, policy_of(settings))
    folds = {f"{settings.topic_prefix}.{name}": fold for name, fold in made.items()}
    if options.folder:
        bend_clock(options.folder / "clock")
        naps.install(options.folder, settings.worker_id)
        folds = {name: buggy(fold, options.folder / "bug") for name, fold in folds.items()}
    try:
        punctuation = assembly.punctuation(settings.topic_prefix, alerts, policy_of(settings))
        closing = closing_of(settings, Codec(ids))
        plan = engine.Plan(folds, topics.TABLES, punctuation, closing=closing, lose=losing(options.lose))
        engine.run(settings, plan)
    except StreamsError as error:
        print(f"chaos worker: {error}", file=sys.stderr)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
