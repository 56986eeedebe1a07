"""The chart installed for real: hooks, rollouts and budgets by Kubernetes' controllers, pods as processes on a Kafka.

A made-up world is delivered while the release is upgraded and scaled, and all clean records are compared with it.
"""

import asyncio
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import yaml
from pydantic import SecretStr

from deploy.helm.chart import CHART, HERE
from streams.demo.cluster import Cluster
from streams.demo.watch import Watch
from streams.ops.settings import Settings
from streams.simulator.delivery.courier import Target, open_courier
from streams.simulator.delivery.schedule import Faults, schedule
from streams.simulator.truth.truth import Truth
from streams.simulator.world.world import Event, World
from tests.kubernetes import programs
from tests.kubernetes.checks import LEVEL, RELEASE, Failed, run
from tests.kubernetes.cluster import Api
from tests.kubernetes.node import Node
from tests.kubernetes.service import leading
from tests.waiting import committed

SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SPACE = "drill"
HELM_S = "180s"
PARTITIONS = 4
DRAIN_S = 120.0
WORKER = f"{RELEASE}-junction-streams-worker"


class Stage(NamedTuple):
    """What a step of the drill works on."""

    api: Api
    node: Node
    settings: Settings
    port: int

    def helm(self, *arguments: str | Path) -> str:
        command: list[str | Path] = [programs.build("helm"), "--kubeconfig", self.api.config, "--namespace", SPACE]
        return run(*command, *arguments)

    def change(self, step: str, *more: str) -> None:
        """Install or upgrade, and wait until all pods are as it says."""
        kafka = {"STREAMS_BOOTSTRAP_SERVERS": self.settings.bootstrap_servers}
        kafka |= {"STREAMS_REGISTRY_URL": self.settings.registry_url}
        values = self.node.folder / "values.yaml"
        quick = {"settings": {**kafka, "STREAMS_PARTITIONS": PARTITIONS}, "worker": {"minReadySeconds": 5}}
        values.write_text(yaml.safe_dump(quick), encoding="utf-8")
        files: list[str | Path] = ["--values", HERE / "examples/minimal.yaml", "--values", values]
        self.helm(step, RELEASE, CHART, *files, "--wait", "--timeout", HELM_S, *more)

    def deliver(self, events: list[Event], seed: int) -> None:
        """Post them through the Service, with repetitions and disorder."""

        async def post() -> None:
            async with open_courier(Target(f"http://127.0.0.1:{self.port}/webhooks/here", SECRET)) as courier:
                await courier.deliver(schedule(events, Faults(seed)))

        asyncio.run(post())


def drill(api: Api, folder: Path) -> str:
    """What was done and found. Raises Failed where a record is lost, repeated or wrong, or a pod had to be killed."""
    folder.mkdir()
    _space(api)
    with Cluster() as cluster, Node(api, SPACE, folder).working() as node:
        settings = Settings(
            _env_file=None,  # type: ignore[call-arg]  # because pydantic-settings' own arguments are not in the signature
            bootstrap_servers=cluster.bootstrap_servers,
            registry_url=cluster.registry_url,
            endpoints={"here": [SecretStr(SECRET)]},
            partitions=PARTITIONS,
        )
        with leading(lambda: [one.pod.ports[8080] for one in node.ready("gateway")]) as port:
            return _drilled(Stage(api, node, settings, port))


def _drilled(stage: Stage) -> str:
    events = list(World(1, 8, 3, int(time.time()) * 1000, has_stories=True, has_odd_bodies=True).events())
    third = len(events) // 3
    stage.change("install")
    watch = Watch(stage.settings)
    stage.deliver(events[:third], 1)
    stage.node.log.clear()
    _meanwhile(lambda: stage.deliver(events[third : 2 * third], 2), lambda: _upgraded(stage))
    _order(stage.node.log)
    stage.helm("test", RELEASE, "--timeout", HELM_S)
    refused = _evicted(stage)
    stage.change("upgrade", "--set", "worker.replicas=1")
    stage.deliver(events[2 * third :], 3)
    committed(stage.settings, DRAIN_S)
    watch.wait_drained(DRAIN_S)
    watch.stop()
    found = _compared(stage.settings, watch, events)
    stage.helm("uninstall", RELEASE, "--wait")
    if stage.node.killed:
        raise Failed(f"killed after the grace period: {stage.node.killed}")
    return f"{found}; install, upgrade one by one, test, {refused}, scale in"


def _upgraded(stage: Stage) -> None:
    stage.change("upgrade", "--set", "settings.STREAMS_LOG_LEVEL=WARNING,image.tag=0.1.1,worker.replicas=3")


def _order(log: list[str]) -> None:
    """Of two workers the higher one is replaced first, and the other only once it is ready again."""
    mine = [line for line in log if line in (*_steps(0), *_steps(1))]
    if mine != [*_steps(1), *_steps(0)]:
        raise Failed(f"not one by one: {log}")


def _steps(ordinal: int) -> tuple[str, str]:
    return f"{WORKER}-{ordinal} stopped", f"{WORKER}-{ordinal} ready"


def _evicted(stage: Stage) -> str:
    """Two workers are drained at once: the budget lets one go."""
    answers = [stage.node.evict(f"{WORKER}-{ordinal}") for ordinal in (0, 1)]
    if answers != [201, 429]:
        raise Failed(f"evictions were answered {answers}")
    return "of two evictions one"


def _meanwhile(beside: Callable[[], None], work: Callable[[], None]) -> None:
    """Both at once; what fails in one is raised here."""
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(beside)
        work()
        done.result()


def _compared(settings: Settings, watch: Watch, events: list[Event]) -> str:
    prefix = f"{settings.topic_prefix}."
    clean = [(r.topic.removeprefix(prefix), r.key, r.record) for r in watch.seen.records if r.record]
    report = Truth.of(events).compare(clean)
    if not report.is_right:
        raise Failed(f"lost {report.lost}, repeated {report.repeated}, wrong {report.wrong}")
    return f"{len(events)} events, {report.checked} records: 0 lost, 0 repeated, 0 wrong"


def _space(api: Api) -> None:
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE, "labels": LEVEL}}
    run(*api.command("apply", "--filename=-"), given=yaml.safe_dump(space))
    keys = {"streams_endpoints": json.dumps({"here": [SECRET]}), "streams_query_token": "a-token"}
    made = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "junction-streams"}, "stringData": keys}
    run(*api.command("apply", "--namespace", SPACE, "--filename=-"), given=yaml.safe_dump(made))
