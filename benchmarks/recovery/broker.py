"""A broker is killed under load: the only one, started again at once or later; one of three, which stays away."""

import threading
import time
from dataclasses import dataclass

from benchmarks.recovery.flow import (
    PATIENCE_S,
    QUIET_S,
    Flow,
    all_after,
    first_after,
    longest_gap_s,
    partition_gap,
    settle,
    wait_for,
)
from benchmarks.recovery.stage import Stage
from streams.demo.cluster import ports

LOOK_S = 0.005
AWAY_S = 25.0
BACK_S = 10.0


@dataclass(frozen=True)
class BrokerKilled:
    """Seconds. `down_s`: until the broker was started again; `up_s`: from the kill until it accepted connections;
    `door_s`, `clean_s`: from then until records of the gateway, and of the worker in all partitions, could be read;
    `flow_s`: the same from the kill; `gap_s`: the longest time without any record of the worker. `restarts`: of gateway
    and worker, by themselves."""

    down_s: float
    up_s: float
    door_s: float
    clean_s: float
    flow_s: float
    gap_s: float
    restarts: int


def kill_broker(stage: Stage, flow: Flow, down_s: float) -> BrokerKilled:
    """One kill; returns when records have flowed again for a while."""
    settle(flow)
    before = sum(stage.ended.values())
    killed_s = time.monotonic()
    stage.cluster.kafka.kill()
    time.sleep(down_s)
    up = threading.Thread(target=stage.cluster.kafka.restart)
    up.start()
    up_s = _await_port(stage)
    clean_s = wait_for(lambda: all_after(flow.clean, up_s), PATIENCE_S)
    door_s = wait_for(lambda: first_after(flow.raw, up_s), PATIENCE_S)
    up.join()
    time.sleep(QUIET_S)
    return BrokerKilled(
        down_s,
        up_s - killed_s,
        door_s - up_s,
        clean_s - up_s,
        clean_s - killed_s,
        longest_gap_s(flow.clean, killed_s - QUIET_S, time.monotonic()),
        sum(stage.ended.values()) - before,
    )


@dataclass(frozen=True)
class BrokerLost:
    """`gap_s`: the longest time in which a partition had no record of a worker, while one of three was away."""

    node: int
    gap_s: float
    flows: bool
    restarts: int


def lose_broker(stage: Stage, flow: Flow, node: int) -> BrokerLost:
    """Kill one of three, look for a while, start it again, and wait until it leads again."""
    settle(flow)
    before, killed_s = sum(stage.ended.values()), time.monotonic()
    stage.cluster.kafka.kill(node)
    time.sleep(AWAY_S)
    gap_s, flows = partition_gap(flow.clean, killed_s - 1)
    lost = BrokerLost(node, gap_s, flows, sum(stage.ended.values()) - before)
    stage.cluster.kafka.restart(node)
    time.sleep(BACK_S)
    return lost


def _await_port(stage: Stage) -> float:
    port = int(stage.settings.bootstrap_servers.rpartition(":")[2])
    deadline_s = time.monotonic() + PATIENCE_S
    while not ports.listening(port) and time.monotonic() < deadline_s:
        time.sleep(LOOK_S)
    return time.monotonic()
