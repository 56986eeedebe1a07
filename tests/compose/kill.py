"""The plain run: up with notify and the sink, a worker killed while it works, all compared, all stopped."""

import time

from tests.compose import steps, world
from tests.compose.installation import Installation
from tests.compose.report import Findings

DOWN_S = 3.0


def run(found: Findings, one: Installation, users: int, days: int) -> None:
    one.profiles = ("alerts", "sink")
    steps.build(found, one)
    steps.up(found, one)
    steps.load(found, one, world.events_of(1, users, days), lambda load: trouble(found, one, load))
    steps.watched(found, one)
    steps.stop(found, one)


def trouble(found: Findings, one: Installation, load: world.Load) -> None:
    """SIGKILL after a third of the events; up again three seconds later."""
    load.wait_for(1 / 3)
    (worker,) = one.containers("worker")
    one.docker("kill", "--signal=KILL", worker["Name"])
    time.sleep(DOWN_S)
    found.step("docker kill -s KILL of a worker", container=worker["Name"], accepted_until_then=load.accepted)
    found.step("up again", seconds=one.timed("up", "--detach", "--wait", "--no-recreate"))
