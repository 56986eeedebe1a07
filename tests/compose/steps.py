"""What every run does: build, up, load, look, stop."""

import time
from collections.abc import Callable

import httpx

from streams.demo.watch import Watch
from streams.simulator.world.world import Event
from tests.compose import world
from tests.compose.front import Front
from tests.compose.installation import Installation
from tests.compose.report import Findings
from tests.waiting import committed

RATE_PER_S = 60.0
TARGETS_S = 60.0  # Prometheus looks for processes, and at them, every 15 s
JOBS = ("fetcher", "gateway", "notify", "sink", "worker")
SIGTERM = 128 + 15  # as an exit code: Java ends so


def build(found: Findings, one: Installation) -> None:
    """Our own image, by our own Dockerfile."""
    seconds = one.timed("build")
    found.step(
        "build", seconds=seconds, image_mb=int(one.docker("image", "inspect", "--format={{.Size}}", one.image)) // 10**6
    )


def up(found: Findings, one: Installation, *words: str) -> None:
    """Start everything; every container has to be healthy, or to have ended well."""
    seconds = one.timed("up", "--detach", "--wait", *words)
    there = one.containers()
    ended = sum(container["State"] == "exited" and container["ExitCode"] == 0 for container in there)
    healthy = sum(container["Health"] == "healthy" for container in there)
    found.step("up --wait", seconds=seconds, containers=len(there), healthy=healthy, ended_well=ended)
    found.need("a container is neither healthy nor has it ended well", so=healthy + ended == len(there) and healthy > 0)


Trouble = Callable[[world.Load], None]


def load(found: Findings, one: Installation, events: list[Event], trouble: Trouble, front: Front | None = None) -> None:
    """Deliver all events, with `trouble` in between, and compare what comes out with the world.

    `front`: to be sent through. None: one that knows every gateway.
    """
    settings = world.settings_of(one)
    watch, began_s = Watch(settings), time.monotonic()
    with front or Front(one.range("GATEWAY")) as door:
        sent = world.Load(f"http://127.0.0.1:{door.port}/webhooks/junction", events, RATE_PER_S)
        trouble(sent)
        tally = sent.wait()
    counts = {"accepted": tally.accepted, "retried": tally.retried, "refused": tally.refused + tally.given_up}
    found.step("delivered", events=len(events), seconds=round(time.monotonic() - began_s, 1), **counts)
    committed(settings, world.DRAIN_S)
    report = world.compare(settings, watch, events)
    facts = {name: getattr(report, name) for name in ("checked", "lost", "repeated", "wrong", "unexpected")}
    found.step("compared with the world", clean_records=len(watch.seen.records), **facts)
    found.need(f"compared with the world: {report.examples}", so=report.is_right and report.checked > 0)
    found.need("deliveries were refused or given up", so=counts["refused"] == 0)


def watched(found: Findings, there: Installation) -> None:
    """Prometheus finds every process of ours that runs."""
    url = f"http://127.0.0.1:{there.published('prometheus', 9090)[0]}/api/v1/targets"
    ours = sorted(one["Service"] for one in there.containers() if one["Service"] in JOBS)
    until = time.monotonic() + TARGETS_S
    while (jobs := _up(url)) != ours and time.monotonic() < until:
        time.sleep(1)
    found.step("Prometheus", reaches=" ".join(jobs))
    found.need(f"Prometheus does not reach {' '.join(ours)}", so=jobs == ours)


def _up(url: str) -> list[str]:
    targets = httpx.get(url, trust_env=False).json()["data"]["activeTargets"]
    return sorted(target["labels"]["job"] for target in targets if target["health"] == "up")


def stop(found: Findings, one: Installation) -> None:
    """Every process ends by itself within its time, none by SIGKILL."""
    seconds = one.timed("stop")
    codes = {container["Name"]: container["ExitCode"] for container in one.containers()}
    found.step("stop", seconds=seconds, exit_codes=" ".join(sorted({str(code) for code in codes.values()})))
    for name, code in codes.items():
        found.need(f"{name} ended with {code}", so=code in (0, SIGTERM))
