"""The plain run: up, half of a world, a worker killed while it works, the other half, all compared, all stopped."""

import time
from collections.abc import Callable

import httpx

from streams.demo.watch import Watch
from streams.simulator.world.world import Event
from tests.compose import world
from tests.compose.installation import Installation
from tests.compose.report import Findings

DOWN_S = 3.0
SIGTERM = 128 + 15  # as an exit code: of Java, which ends so


def bring_up(found: Findings, one: Installation, *words: str) -> None:
    """Build the image and start everything; every container has to be healthy."""
    found.step("build", seconds=one.timed("build"), image_mb=image_mb(one))
    found.step("up --wait", seconds=one.timed("up", "--detach", "--wait", *words), **states(one))
    for container in one.containers():
        state = container["Health"] or f"{container['State']} {container['ExitCode']}"
        found.need(f"{container['Name']} is {state}", so=state in ("healthy", "exited 0"))


def states(one: Installation) -> dict[str, int]:
    """How many containers are healthy, and how many have ended well."""
    there = one.containers()
    return {
        "healthy": sum(container["Health"] == "healthy" for container in there),
        "ended_well": sum(container["State"] == "exited" and container["ExitCode"] == 0 for container in there),
    }


def image_mb(one: Installation) -> int:
    (name,) = {name for name in one.compose("config", "--images").split() if name.startswith("junction-streams:")}
    return int(one.docker("image", "inspect", "--format={{.Size}}", name)) // 1_000_000


Trouble = Callable[[world.Delivery], None]


def loaded(found: Findings, one: Installation, events: list[Event], rate_per_s: float, trouble: Trouble) -> None:
    """Deliver all events, with `trouble` in between, and compare what comes out with the world."""
    settings = world.settings_of(one)
    watch = Watch(settings)
    began_s = time.monotonic()
    delivery = world.Delivery(f"http://127.0.0.1:{one.ports['GATEWAY']}/webhooks/junction", events, 1, rate_per_s)
    trouble(delivery)
    tally = delivery.wait()
    world.drain(settings)
    report = world.compare(settings, watch, events)
    names = ("checked", "lost", "repeated", "wrong", "unexpected")
    found.step(
        "delivered",
        events=len(events),
        accepted=tally.accepted,
        retried=tally.retried,
        given_up=tally.given_up + tally.refused,
        seconds=round(time.monotonic() - began_s, 1),
        clean_records=len(watch.seen.records),
    )
    found.step("compared with the world", **{name: getattr(report, name) for name in names})
    found.need(f"compared with the world: {report.examples}", so=report.is_right and report.checked > 0)
    found.need("deliveries were given up", so=not (tally.given_up or tally.refused))


def kill_a_worker(found: Findings, one: Installation) -> Trouble:
    """Trouble for `loaded`: SIGKILL after a third of the events; up again three seconds later."""

    def trouble(delivery: world.Delivery) -> None:
        delivery.wait_for(1 / 3)
        (worker, *_) = one.containers("worker")
        one.docker("kill", "--signal=KILL", worker["Name"])
        time.sleep(DOWN_S)
        found.step("docker kill -9 of a worker", container=worker["Name"], accepted_until_then=delivery.tally.accepted)
        found.step("up again", seconds=one.timed("up", "--detach", "--wait", "--no-recreate"))

    return trouble


def watched(found: Findings, one: Installation) -> None:
    """Prometheus finds every process of ours that runs."""
    url = f"http://127.0.0.1:{one.ports['PROMETHEUS']}/api/v1/targets"
    ours = sum(len(one.containers(name)) for name in ("gateway", "worker"))
    for _ in range(40):
        targets = httpx.get(url, trust_env=False).json()["data"]["activeTargets"]
        up = [target["labels"]["job"] for target in targets if target["health"] == "up"]
        if len(up) == ours:
            break
        time.sleep(1)
    found.step("Prometheus", targets_up=len(up), jobs=" ".join(sorted(up)))
    found.need(f"Prometheus reaches {len(up)} of {ours} processes", so=len(up) == ours)


def stop(found: Findings, one: Installation) -> None:
    """Every process ends by itself within its time, none by SIGKILL."""
    seconds = one.timed("stop")
    codes = {container["Name"]: container["ExitCode"] for container in one.containers()}
    found.step("stop", seconds=seconds, exit_codes=" ".join(sorted({str(code) for code in codes.values()})))
    for name, code in codes.items():
        found.need(f"{name} ended with {code}", so=code in (0, SIGTERM))


def run(found: Findings, one: Installation, users: int, days: int) -> None:
    bring_up(found, one)
    loaded(found, one, world.events_of(1, users, days), 60, kill_a_worker(found, one))
    watched(found, one)
    stop(found, one)
