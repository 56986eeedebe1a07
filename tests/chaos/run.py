"""One scenario from start to end: stage, load, faults on their schedule, drain, stop, read, verify."""

import json
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from streams.agents.worker import policy_of
from streams.demo.cluster import Cluster
from streams.demo.cluster.supervise import Child
from streams.events.record_bounds import Bounds
from tests.chaos import alarms, history, reading, sinks, verify
from tests.chaos.history import Jobs
from tests.chaos.scenario import Planned, Scenario, plan
from tests.chaos.sender import WORK
from tests.chaos.sinks import Drained
from tests.chaos.stage import Say, Stage, kept, set_up
from tests.chaos.verify import Findings
from tests.chaos.watch import Watch
from tests.chaos.world import Load

DRAIN_S = 120.0
STARTING_S = 6.0  # the workers' start, which takes from the time in which faults strike
FIRST_S = 20.0  # for the first commits: from then on time is counted, if it comes so far
SEND_GRACE_S = 180.0  # on top of the planned time: the sender waits while nothing is accepted
END_MS = 1_780_500_000_000  # of every world: the same seed sends the same bytes, whenever it runs


@dataclass
class Result:
    """Of one scenario. `stuck`: records that nobody committed in DRAIN_S. `restarts`: by what was said last.
    `unconfirmed`: records stored beyond the replies that the sender saw. `calls`: of the API. `naps`: by place, how
    often somebody stopped there, and how often nobody came."""

    name: str
    seed: int
    seconds: float = 0.0
    accepted: int = 0
    undelivered: int = 0
    unconfirmed: int = 0
    faults: int = 0
    recovery_s: list[float] = field(default_factory=list)
    unrecovered: int = 0
    stuck: int = 0
    hanging: list[str] = field(default_factory=list)
    restarts: dict[str, int] = field(default_factory=dict)
    findings: Findings = field(default_factory=Findings)
    calls: history.Calls | None = None
    naps: dict[str, tuple[int, int]] = field(default_factory=dict)
    skipped: str = ""
    failure: str = ""

    @property
    def is_right(self) -> bool:
        return bool(self.skipped) or (
            self.findings.is_right
            and not (self.stuck or self.hanging or self.undelivered or self.unrecovered or self.failure)
            and self.accepted > 0
        )


def run(
    scenario: Scenario,
    *,
    seed: int,
    seconds: float,
    say: Say,
    broken: str = "",
    cluster: Cluster | None = None,
    prefix: str = "junction",
    logs: Path | None = None,
) -> Result:
    """Run one scenario. `broken`: a mutation of the engine. `cluster`: a shared one, with a `prefix` of its own.

    `logs`: where the logs of all processes are put at the end.
    """
    result = Result(scenario.name, seed)
    began_s = time.monotonic()
    load = _load(scenario, seed, STARTING_S + seconds)
    with set_up(scenario, say, cluster, prefix) as stage:
        if logs:
            stage.undo.callback(_save_logs, stage, logs / f"{scenario.name}-{seed}")
        stage.commands = _commands(scenario, broken, stage, load)
        written = _act(stage, load, plan(scenario, seed, seconds), result, say)
        say("reading everything back")
        found = reading.read(stage.settings)
        result.hanging = found.hanging
        result.unconfirmed = len(found.raw) - len(history.pages(found)) + len(found.dead) - result.accepted
        say(f"comparing {len(found.raw):,} raw and {len(found.clean):,} clean records")
        result.findings = verify.verify(
            found, load.world(), prefix, stage.folder / "state", scenario.alert_rules, past=load.past(),
            policy=policy_of(stage.settings), bounds=Bounds.of(stage.settings.record_bytes_max),
        )  # fmt: skip
        if written:
            sinks.check(result.findings, stage.settings, written.records)
        if result.calls:
            history.check_calls(result.findings, result.calls)
        result.unconfirmed -= sum(1 for m in found.dead if _from_raw(m))
    result.restarts = dict(stage.ended)
    result.naps = {
        name: (stage.naps[name, True], stage.naps[name, False]) for name in sorted({n for n, _ in stage.naps})
    }
    if result.naps and not any(came for came, _ in result.naps.values()):
        result.failure = "nobody napped: this run shows nothing"
    result.seconds = time.monotonic() - began_s
    return result


def _load(scenario: Scenario, seed: int, seconds: float) -> Load:
    if scenario.fetchers:
        return Load.whole(seconds, seed=seed, end_ms=END_MS, **history.WORLD)
    return Load.lasting(
        seconds, seed=seed, end_ms=END_MS, rate=scenario.rate, poison=scenario.poison,
        is_growing=bool(scenario.record_bytes_max),
    )  # fmt: skip


def _save_logs(stage: Stage, to: Path) -> None:
    to.mkdir(parents=True, exist_ok=True)
    for log in [*stage.folder.glob("*.log"), *stage.cluster.data_dir.glob("*/*.log")]:
        shutil.copy(log, to)


def _from_raw(message: Any) -> bool:
    return any(name == "dead_topic" for name, _ in message.headers() or [])


def _commands(scenario: Scenario, broken: str, stage: Stage, load: Load) -> dict[str, tuple[str, ...]]:
    product = {name: ("-m", "streams.cli", name) for name in ("gateway", "worker", "fetcher")}
    product["sink"] = ("-m", "streams.cli", "sink", "postgres")
    mutation = ("--break", broken) if broken else ()

    def inside(service: str, flags: tuple[str, ...]) -> tuple[str, ...]:
        """The program with faults inside, where there is something for it to do."""
        is_broken = (service == "sink") == bool(scenario.sinks)
        words = (*(flag.format(folder=stage.folder) for flag in flags), *(mutation if is_broken else ()))
        return ("-m", f"tests.chaos.{service}", *words) if words else product[service]

    return {
        "gateway": product["gateway"],
        "w": inside("worker", scenario.flags),
        "f": inside("fetcher", scenario.fetcher_flags),
        "s": inside("sink", scenario.sink_flags),
        history.API: history.command(load, stage.settings),
    }


def _act(stage: Stage, load: Load, planned: list[Planned], result: Result, say: Say) -> Drained | None:
    """Services up, load and faults side by side, then wait until all is committed, and written by sinks, then services
    down."""
    with kept(stage):
        watch = stage.watch = Watch(stage.settings)
        stage.jobs = Jobs(stage.settings) if stage.scenario.fetchers else None
        say(f"sending {load.events:,} events at {load.rate:.0f}/s, {len(planned)} faults planned")
        sender = _sender(stage, load)
        stage.await_progress(FIRST_S)
        struck = _strike(stage, planned, lambda: sender.running() or _is_fetching(stage), say)
        tally = _finish(sender, load)
        result.accepted = tally.get("accepted", 0)
        result.undelivered = tally.get("asked", load.events) - result.accepted
        result.faults = len(struck)
        say("draining")
        if not _drained(stage, watch):
            result.stuck = max(1, watch.waiting)
        if stage.scenario.alert_rules:
            time.sleep(alarms.SETTLE_S)
        written = sinks.drained(stage.settings) if stage.scenario.sinks else None
        result.stuck += written.behind if written else 0
        watch.stop()
        if stage.jobs:
            result.calls = stage.jobs.calls(stage.killed["f"])
            stage.jobs.close()
    times = [] if written else [watch.recovery_s(at_s) for at_s in struck]  # the workers' own, whom nothing has struck
    result.recovery_s = [round(one, 1) for one in times if one is not None]
    result.unrecovered = times.count(None)
    stage.stop_all()
    return written


def _is_fetching(stage: Stage) -> bool:
    return stage.jobs is not None and stage.jobs.open > 0


def _drained(stage: Stage, watch: Watch) -> bool:
    """Wait until all is committed, and all that was asked for is fetched. Pages are work for the worker, whose events
    may ask for pages: it is over when nothing has moved in between."""
    deadline_s = time.monotonic() + (history.DRAIN_S if stage.jobs else DRAIN_S)
    while (left_s := deadline_s - time.monotonic()) > 0:
        words = stage.jobs.words if stage.jobs else 0
        if stage.jobs and not stage.jobs.is_over():
            time.sleep(0.5)
        elif watch.drained(left_s) and (not stage.jobs or (stage.jobs.is_over() and stage.jobs.words == words)):
            return True
    return False


def _sender(stage: Stage, load: Load) -> Child:
    work = json.dumps({"load": load.as_dict(), "url": stage.url, "secret": stage.secret})
    return Child([sys.executable, "-m", "tests.chaos.sender"], stage.folder / "sender.log", env={WORK: work})


def _strike(stage: Stage, planned: list[Planned], is_busy: Callable[[], bool], say: Say) -> list[float]:
    """Every fault at its time, or as soon as the one before it is over, while something goes on; when each began."""
    began_s, struck = time.monotonic(), []
    for fault in planned:
        while is_busy() and time.monotonic() < began_s + fault.at_s:
            time.sleep(0.05)
        if not is_busy():
            break
        say(f"{time.monotonic() - began_s:5.1f} s  {(fault.act.__doc__ or fault.act.__name__).splitlines()[0]}")
        struck.append(time.monotonic())
        fault.act(stage, Random(fault.seed))
    return struck


def _finish(sender: Child, load: Load) -> dict[str, Any]:
    """Wait for the sender's last word."""
    deadline_s = time.monotonic() + load.events / load.rate * 1.3 + SEND_GRACE_S
    while sender.running() and time.monotonic() < deadline_s:
        time.sleep(0.1)
    sender.stop()
    last = sender.said().strip().splitlines()[-1:]
    return json.loads(last[0]) if last and last[0].startswith("{") else {}
