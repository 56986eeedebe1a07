"""The pods of the chart as processes on a real Kafka: init, two gateways, two workers, each replaced in its turn.

A made-up world is delivered meanwhile, and all clean records are compared with it.
"""

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import stamina
import yaml
from pydantic import SecretStr

from deploy.helm.chart import CHART, HERE
from streams.demo.cluster import Cluster
from streams.demo.cluster.supervise import Child
from streams.demo.watch import Watch
from streams.ops.settings import Settings
from streams.simulator.delivery.courier import Target, open_courier
from streams.simulator.delivery.schedule import Faults, schedule
from streams.simulator.truth.truth import Truth
from streams.simulator.world.world import Event, World
from tests.kubernetes import programs
from tests.kubernetes.checks import Failed, run
from tests.kubernetes.pods import Pod

SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SECRETS = {"junction-streams": {"streams_endpoints": json.dumps({"here": [SECRET]}), "streams_query_token": "a-token"}}
READY_S = DRAIN_S = 120.0
PROGRAM = Path(sys.executable).with_name("junction-streams")


class Running(NamedTuple):
    """A pod whose last container runs."""

    pod: Pod
    grace_s: float
    child: Child

    def stop(self) -> float:
        """As a kubelet does: SIGTERM, SIGKILL after the grace period. Seconds; raises Failed where it was killed."""
        began = time.monotonic()
        if not self.child.stop(timeout_s=self.grace_s):
            raise Failed(f"{self.pod.name} was killed after {self.grace_s:.0f} s")
        return time.monotonic() - began


def workloads(settings: Settings) -> dict[str, dict[str, Any]]:
    """Pods of minimal.yaml with this Kafka, by the process."""
    values = {"STREAMS_BOOTSTRAP_SERVERS": settings.bootstrap_servers, "STREAMS_REGISTRY_URL": settings.registry_url}
    over = json.dumps({"settings": {**values, "STREAMS_PARTITIONS": 4}})
    minimal = HERE / "examples/minimal.yaml"
    text = run(programs.build("helm"), "template", "x", CHART, "--values", minimal, "--values", "-", given=over)
    found = [
        one for one in yaml.safe_load_all(text) if one and one["kind"] in ("Deployment", "StatefulSet", "Job", "Pod")
    ]
    return {one["metadata"]["name"].rpartition("-")[2]: one["spec"].get("template", one)["spec"] for one in found}


def once(pod: Pod) -> None:
    """Every container of a Job, one after the other. Raises Failed where one does not end with 0."""
    for container in pod.containers():
        env = {"PATH": str(PROGRAM.parent), **pod.environment(container)}
        run("env", "-i", *(f"{name}={text}" for name, text in env.items()), PROGRAM, *container["args"])


def start(pod: Pod, spec: dict[str, Any]) -> Running:
    """Its container, ready by its own probes. Raises Failed where it ends first."""
    (container,) = pod.containers()
    child = Child([PROGRAM, *container["args"]], pod.folder / "log", env=pod.environment(container))
    running = Running(pod, spec["terminationGracePeriodSeconds"], child)
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        _wait(running, pod.url_of(container[probe], container))
    return running


def _wait(running: Running, url: str) -> None:
    for attempt in stamina.retry_context(on=httpx.HTTPError, attempts=None, timeout=READY_S, wait_max=0.2):
        with attempt:
            if not running.child.running():
                raise Failed(f"{running.pod.name}: {running.child.last_words()}")
            httpx.get(url).raise_for_status()


def deliver(gateway: Running, events: list[Event], seed: int) -> None:
    """Post them, with repetitions and disorder."""

    async def post() -> None:
        target = Target(f"http://127.0.0.1:{gateway.pod.ports[8080]}/webhooks/here", SECRET)
        async with open_courier(target) as courier:
            await courier.deliver(schedule(events, Faults(seed)))

    asyncio.run(post())


def answers(worker: Running, user: str) -> str:
    """Which worker answers about a user, when this one is asked."""
    url = f"http://127.0.0.1:{worker.pod.ports[8070]}/users/{user}"
    for attempt in stamina.retry_context(on=httpx.HTTPError, attempts=None, timeout=READY_S, wait_max=0.5):
        with attempt:
            reply = httpx.get(url, headers={"authorization": "Bearer a-token"})
            reply.raise_for_status()
    return str(reply.json()["worker"])


@contextlib.contextmanager
def pods(specs: dict[str, dict[str, Any]], folder: Path) -> Iterator[dict[str, Running]]:
    """Two gateways and two workers, until the end of the block."""
    with contextlib.ExitStack() as stack:
        found = {}
        for name in ("gateway-a", "gateway-b", "worker-0", "worker-1"):
            spec = specs[name.partition("-")[0]]
            pod = Pod(f"x-junction-streams-{name}", spec, SECRETS, folder / name)
            found[name] = start(pod, spec)
            stack.callback(lambda name=name: found[name].child.stop())
        yield found


def drill(folder: Path) -> str:
    """What was delivered and found. Raises Failed where a record is lost, repeated or wrong."""
    with Cluster() as cluster:
        settings = Settings(
            _env_file=None,  # type: ignore[call-arg]  # because pydantic-settings' own arguments are not in the signature
            bootstrap_servers=cluster.bootstrap_servers,
            registry_url=cluster.registry_url,
            endpoints={"here": [SecretStr(SECRET)]},
        )
        specs = workloads(settings)
        once(Pod("x-junction-streams-init", specs["init"], SECRETS, folder / "init"))
        watch = Watch(settings)
        events = list(World(1, 8, 3, int(time.time()) * 1000, has_stories=True, has_odd_bodies=True).events())
        with pods(specs, folder) as running:
            stops = replaced(running, specs, events)
            once(
                Pod(
                    "x-junction-streams-doctor",
                    specs["doctor"],
                    SECRETS,
                    folder / "doctor",
                    running["worker-0"].pod.ports,
                )
            )
            told = {answers(running["worker-0"], user) for user in {event.user_id for event in events if event.user_id}}
            watch.wait_drained(DRAIN_S)
        watch.stop()
    prefix = f"{settings.topic_prefix}."
    clean = [(r.topic.removeprefix(prefix), r.key, r.record) for r in watch.seen.records if r.record]
    report = Truth.of(events).compare(clean)
    if not report.is_right or told != {f"x-junction-streams-worker-{ordinal}" for ordinal in (0, 1)}:
        raise Failed(f"lost {report.lost}, repeated {report.repeated}, wrong {report.wrong}; {sorted(told)} answered")
    found = f"{len(events)} events, {report.checked} records: 0 lost, 0 repeated, 0 wrong"
    said = "both workers answer; the doctor finds nothing wrong"
    return f"{found}; stops of {', '.join(f'{seconds:.1f}' for seconds in stops)} s; {said}"


def replaced(running: dict[str, Running], specs: dict[str, dict[str, Any]], events: list[Event]) -> list[float]:
    """Each pod is stopped and started once, with a share of the events before it; how long each stop took, in s."""
    stops = []
    names = sorted(running, reverse=True)
    for number, name in enumerate(names):
        share = events[number * len(events) // len(names) : (number + 1) * len(events) // len(names)]
        deliver(running["gateway-a" if name == "gateway-b" else "gateway-b"], share, number)
        stops.append(running[name].stop())
        running[name] = start(running[name].pod, specs[name.partition("-")[0]])
    return stops
