"""One of two workers is killed, stopped, started: how long a partition is without records."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.recovery.flow import Flow, partition_gap, settle
from benchmarks.recovery.stage import RESTART_S, Stage

WORKER = "w1"
OVER_S = 12.0  # on top of the session timeout: what happened is over by then


@dataclass(frozen=True)
class WorkerGone:
    """`gap_s`: the longest time in which a partition had no record. `flows`: whether all have, at the end."""

    what: str
    session_timeout_s: float
    gap_s: float
    flows: bool


def change_workers(stage: Stage, flow: Flow) -> list[WorkerGone]:
    """One change after the other; two workers run at the beginning and at the end."""
    acts: dict[str, Callable[[], None]] = {
        "killed, started again at once": lambda: _killed_and_back(stage),
        "killed for good": lambda: stage.kill(WORKER),
        "one more worker": lambda: stage.start(WORKER),
        "stopped for good (SIGTERM)": lambda: stage.stop(WORKER),
        "one more worker again": lambda: stage.start(WORKER),
    }
    return [_measure(stage, flow, what, act) for what, act in acts.items()]


def _killed_and_back(stage: Stage) -> None:
    stage.kill(WORKER)
    time.sleep(RESTART_S)
    stage.start(WORKER)


def _measure(stage: Stage, flow: Flow, what: str, act: Callable[[], None]) -> WorkerGone:
    settle(flow)
    begun_s, session_s = time.monotonic(), stage.settings.session_timeout_s
    act()
    time.sleep(session_s + OVER_S)
    gap_s, flows = partition_gap(flow.clean, begun_s - 1)
    return WorkerGone(what, session_s, gap_s, flows)
