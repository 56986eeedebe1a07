"""Kafka and the gateway as processes of their own, and what is done to them."""

import asyncio
import base64
import json
import os
import secrets
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
from prometheus_client.parser import text_string_to_metric_families

from streams.demo.cluster import Cluster, ports
from streams.demo.cluster.supervise import Child
from streams.kafka import admin
from streams.ops.errors import Unavailable
from streams.ops.settings import MIB, Settings

ENDPOINT = "outage"
READY_S = 60.0
KILL_EVERY_S = 4.0


@dataclass
class Stage:
    """What is acted on."""

    cluster: Cluster
    settings: Settings
    gateway: Child
    secret: str
    port: int
    admin_url: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/webhooks/{ENDPOINT}"

    @property
    def processes(self) -> list[psutil.Process]:
        """The gateway's own, parent first."""
        parent = psutil.Process(self.gateway.pid)
        children = [one for one in parent.children(recursive=True) if one.name() not in ("sh", "dash", "bash")]
        return [parent, *children]

    async def is_ready(self) -> bool:
        """Whether the gateway says so."""
        try:
            async with httpx.AsyncClient(timeout=3) as client:
                return (await client.get(f"{self.admin_url}/readyz")).status_code == 200
        except httpx.HTTPError:
            return False

    async def metric(self, name: str) -> dict[str, int]:
        """Topic ("" where a metric has none) → value, as all processes together say it; without zeros."""
        async with httpx.AsyncClient(timeout=5) as client:
            text = (await client.get(f"{self.admin_url}/metrics")).text
        rows = [one for family in text_string_to_metric_families(text) for one in family.samples]
        return {one.labels.get("topic", ""): int(one.value) for one in rows if one.name == name and one.value}


async def stop(stage: Stage, seconds: float) -> None:
    """SIGSTOP Kafka: connections stay and nobody answers; SIGCONT."""
    broker = stage.cluster.kafka.children[1].pid
    os.kill(broker, signal.SIGSTOP)
    try:
        await asyncio.sleep(seconds)
    finally:
        os.kill(broker, signal.SIGCONT)


async def kill(stage: Stage, seconds: float) -> None:
    """SIGKILL Kafka, start it again on its data, return when it answers."""
    await asyncio.to_thread(stage.cluster.kafka.kill)
    await asyncio.sleep(seconds)
    await asyncio.to_thread(stage.cluster.kafka.restart)


async def gateway(stage: Stage, seconds: float) -> None:
    """SIGKILL one of the gateway's serving processes every four seconds; the parent starts another."""
    until_s = time.monotonic() + seconds
    while time.monotonic() < until_s:
        serving = stage.processes[1:]
        if serving:
            serving[0].kill()
        await asyncio.sleep(KILL_EVERY_S)


ACTS = {"stop": stop, "kill": kill, "gateway": gateway}


@contextmanager
def set_up(queue_mib: int, processes: int, folder: Path) -> Iterator[Stage]:
    """Kafka of its own with the topics, a gateway that is ready. Raises Unavailable."""
    with Cluster(registry=False) as cluster:
        settings = Settings(_env_file=None, bootstrap_servers=cluster.bootstrap_servers, partitions=4)
        admin.apply(settings)
        more = {
            "STREAMS_GATEWAY_PROCESSES": str(processes),
            "STREAMS_PUBLISH_QUEUE_BYTES_MAX": str(queue_mib * MIB),
        }
        with serving(cluster, settings, folder, more) as stage:
            yield stage


@contextmanager
def serving(cluster: Cluster, settings: Settings, folder: Path, more: Mapping[str, str]) -> Iterator[Stage]:
    """A gateway that is ready, on a Kafka that has its topics. `more`: variables. Raises Unavailable."""
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
    at = ports.choose(["gateway", "admin"], folder / "ports.json")
    env = {
        "STREAMS_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "STREAMS_TOPIC_PREFIX": settings.topic_prefix,
        "STREAMS_GROUP_ID": settings.group_id,
        "STREAMS_PARTITIONS": str(settings.partitions),
        "STREAMS_ENDPOINTS": json.dumps({ENDPOINT: [secret]}),
        "STREAMS_GATEWAY_PORT": str(at["gateway"]),
        "STREAMS_GATEWAY_ADMIN_PORT": str(at["admin"]),
    }
    child = Child([sys.executable, "-m", "streams.cli", "gateway"], folder / "gateway.log", env=env | dict(more))
    stage = Stage(cluster, settings, child, secret, at["gateway"], f"http://127.0.0.1:{_admin_port(at)}")
    try:
        _wait(stage)
        yield stage
    finally:
        child.stop()


def _admin_port(at: dict[str, int]) -> int:
    return at["admin"] if "gateway_admin_port" in Settings.model_fields else at["gateway"]


def _wait(stage: Stage) -> None:
    deadline_s = time.monotonic() + READY_S
    while not asyncio.run(stage.is_ready()):
        if time.monotonic() > deadline_s or not stage.gateway.running():
            raise Unavailable(f"the gateway does not get ready: {stage.gateway.last_words()}")
        time.sleep(0.2)
