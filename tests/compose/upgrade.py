"""Upgrade in place: the version before and this one side by side under load, then this one alone, and the way back.

Done as docs/deploy.md says: the other version's containers are added by `--scale` with `--no-recreate`, then the first
ones are stopped. Kafka, the registry and the rest go on as they are.
"""

import time

from tests.compose import scale, steps, world
from tests.compose.installation import Installation
from tests.compose.report import Findings

OURS = ("worker", "gateway")
ADD = ("up", "--detach", "--wait", "--no-deps", "--no-recreate")
TOGETHER_S = 15.0  # longer than a session


def run(found: Findings, one: Installation, users: int, days: int, before: Installation) -> None:
    """`one`: this version. Ends with the version before."""
    for name, version in (("before", before), ("this", one)):
        steps.build(found, version)
        version.docker("tag", version.image, f"{version.image}-{name}")
    _use(before, "before")
    steps.up(found, before)

    def trouble(load: world.Load) -> None:
        load.wait_for(1 / 6)
        _replace(found, before, one, "this")
        load.wait_for(4 / 6)
        _replace(found, one, before, "before")

    steps.load(found, one, world.events_of(3, users, days), trouble)
    steps.stop(found, before)


def _use(version: Installation, name: str) -> None:
    version.docker("tag", f"{version.image}-{name}", version.image)


def _replace(found: Findings, old: Installation, new: Installation, name: str) -> None:
    """Add the new version's containers, let both work, take the old ones away."""
    there = [str(container["Name"]) for service in OURS for container in old.containers(service)]
    _use(new, name)
    new.compose("run", "--rm", "--no-deps", "init")  # its topics and schemas
    added = (
        "up",
        "--detach",
        "--wait",
        "--no-deps",
        "--no-recreate",
        *(f"--scale={service}=2" for service in OURS),
        *OURS,
    )
    found.step(f"{name} beside the other", seconds=new.timed(*added), ids=" ".join(sorted(scale.ids(new).values())))
    images = {new.docker("inspect", "--format={{.Image}}", str(one["Name"])) for one in new.containers("worker")}
    found.need("both versions work side by side", so=len(images) == 2)
    time.sleep(TOGETHER_S)
    new.docker("stop", *there)
    new.docker("rm", *there)
    left = [one for service in OURS for one in new.containers(service)]
    found.step(f"{name} alone", containers=len(left), healthy=sum(one["Health"] == "healthy" for one in left))
    found.need(f"{name} alone is healthy", so=len(left) == len(OURS))
