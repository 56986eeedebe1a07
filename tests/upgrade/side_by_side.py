"""The version before and this one side by side on one Kafka, under load, forth and back."""

import re
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from streams.demo.cluster import Cluster
from streams.demo.watch import Watch
from streams.kafka import admin, registry
from streams.ops.settings import Settings
from streams.simulator.truth.report import Report
from tests.compose import world
from tests.compose.front import Front
from tests.upgrade.running import HERE, running, settings_of
from tests.waiting import committed

RATE_PER_S = 40.0
USERS, DAYS = 8, 4
COUNTED = {
    "accepted": r'^junction_gateway_requests_total\{[^}]*outcome="accepted"[^}]*\} (\S+)',
    "committed": r'^junction_engine_transactions_total\{outcome="committed"\} (\S+)',
}


class Found(NamedTuple):
    """`steps`: deliveries that each gateway accepted and transactions that each worker committed, until it stopped."""

    report: Report
    steps: list[dict[str, Any]]
    given_up: int

    @property
    def is_right(self) -> bool:
        """Nothing is lost, repeated or wrong, and each of the three had work to do."""
        did = all(step["accepted"] and step["committed"] for step in self.steps)
        return self.report.is_right and self.report.checked > 0 and not self.given_up and did

    @property
    def shown(self) -> dict[str, Any]:
        names = ("checked", "lost", "repeated", "wrong", "unexpected")
        return {"steps": self.steps, "given_up": self.given_up} | {name: getattr(self.report, name) for name in names}


class Version:
    """One version: `start` and `stop` its gateway and worker; it may be started again."""

    def __init__(self, name: str, checkout: Path, settings: Settings, folder: Path) -> None:
        self.name, self.settings = name, settings
        self._checkout, self._folder, self._starts = checkout, folder, 0
        self._stack = ExitStack()

    def start(self) -> None:
        """Return when its gateway is ready."""
        self._starts += 1
        folder = self._folder / f"{self.name}-{self._starts}"
        self._stack.enter_context(running(self._checkout, self.settings, folder))

    def stop(self) -> dict[str, Any]:
        """As an operator does it; what the two did."""
        did = {"version": self.name, **self._counts()}
        self.close()
        print(did, file=sys.stderr)
        return did

    def close(self) -> None:
        """Stop what runs."""
        self._stack.close()

    def _counts(self) -> dict[str, int]:
        ports = (self.settings.gateway_admin_port, self.settings.metrics_port)
        text = "\n".join(httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text for port in ports)
        return {name: int(sum(map(float, re.findall(line, text, re.M)))) for name, line in COUNTED.items()}


def run(checkout: Path, folder: Path, seed: int) -> Found:
    """Before, both, this one alone, both, before alone; each for a sixth of the events or more."""
    with Cluster() as cluster, ExitStack() as stack:
        before = Version("before", checkout, settings_of(cluster, folder / "before-state", "w0"), folder)
        this = Version("this", HERE, settings_of(cluster, folder / "this-state", "w1"), folder)
        stack.callback(before.close)
        stack.callback(this.close)
        admin.apply(this.settings)
        registry.register(this.settings)
        watch = Watch(this.settings)
        before.start()
        front = stack.enter_context(Front([one.settings.gateway_port for one in (before, this)]))
        events = world.events_of(seed, USERS, DAYS)
        load = world.Load(f"http://127.0.0.1:{front.port}/webhooks/upgrade", events, RATE_PER_S)
        steps = _forth_and_back(load, before, this)
        tally = load.wait()
        committed(before.settings)
        steps.append(before.stop())
        report = world.compare(this.settings, watch, events)
        return Found(report, steps, tally.given_up + tally.refused)


def _forth_and_back(load: world.Load, before: Version, this: Version) -> list[dict[str, Any]]:
    began_s = time.monotonic()
    load.wait_for(1 / 6)
    this.start()
    load.wait_for(2 / 6)
    steps = [before.stop()]
    load.wait_for(3 / 6)
    before.start()
    load.wait_for(4 / 6)
    steps.append(this.stop())
    print(f"forth and back in {time.monotonic() - began_s:.0f} s", file=sys.stderr)
    return steps
