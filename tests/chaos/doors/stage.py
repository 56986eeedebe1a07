"""Kafka, a pipeline and its door as processes of their own."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
from prometheus_client.parser import text_string_to_metric_families

from streams.demo.cluster import Cluster, ports
from streams.demo.cluster.supervise import Child
from streams.kafka import admin
from streams.ops.errors import Unavailable
from streams.ops.settings import MIB, Settings
from tests.chaos.doors.pipeline import Pipeline

READY_S = 60.0


@dataclass
class DoorStage:
    """What is acted on. `ended`: what a door said that ended by itself. `rss_mib`: the most that was seen."""

    cluster: Cluster
    settings: Settings
    pipeline: Pipeline
    folder: Path
    more: Mapping[str, str]
    door: Child | None = None
    killed: int = 0
    ended: list[str] = field(default_factory=list)
    rss_mib: list[float] = field(default_factory=list)

    def start(self, *, is_awaited: bool = True) -> None:
        """Start the door, and return when it is ready."""
        self.port = ports.random_free()
        env = {
            "STREAMS_BOOTSTRAP_SERVERS": self.settings.bootstrap_servers,
            "STREAMS_TOPIC_PREFIX": self.settings.topic_prefix,
            "STREAMS_GROUP_ID": self.settings.group_id,
            "STREAMS_PARTITIONS": str(self.settings.partitions),
            "STREAMS_METRICS_PORT": str(self.port),
            **self.pipeline.env,
            **self.more,
        }
        command = [sys.executable, "-m", "streams.cli", "source", self.pipeline.door]
        self.door = Child(command, self.folder / "door.log", env=env)
        if is_awaited:
            self.wait(lambda: self.metric("ready") == 1, READY_S)

    def kill(self) -> None:
        """SIGKILL to the door."""
        assert self.door is not None
        if not self.door.running():
            self.ended.append(self.door.last_words())
        self.look()
        self.door.kill()
        self.killed += 1

    def stop(self) -> None:
        """SIGTERM."""
        if self.door is not None:
            if not self.door.running():
                self.ended.append(self.door.last_words())
            self.door.stop()
            self.door = None

    def metric(self, name: str) -> float:
        """Of this door's process; 0 while it does not answer."""
        try:
            text = httpx.get(f"http://127.0.0.1:{self.port}/metrics", timeout=3).text
        except httpx.HTTPError:
            return 0.0
        rows = [one for family in text_string_to_metric_families(text) for one in family.samples]
        return next((one.value for one in rows if one.name == f"junction_source_{name}"), 0.0)

    def look(self) -> None:
        """Note how much memory the door has."""
        if self.door is not None and self.door.running():
            self.rss_mib.append(psutil.Process(self.door.pid).memory_info().rss / MIB)

    def wait(self, is_so: Callable[[], bool], seconds: float) -> None:
        """Raises Unavailable when it is not so in time, or the door has ended."""
        deadline_s = time.monotonic() + seconds
        while not is_so():
            if self.door is not None and not self.door.running():
                raise Unavailable(f"the door ended: {self.door.last_words()}")
            if time.monotonic() > deadline_s:
                raise Unavailable(f"not so after {seconds:.0f} s")
            self.look()
            time.sleep(0.2)


@contextmanager
def staged(
    cluster: Cluster, settings: Settings, pipeline: Pipeline, folder: Path, more: Mapping[str, str] | None = None
) -> Iterator[DoorStage]:
    """Topics made, and a door that is ready."""
    admin.apply(settings)
    stage = DoorStage(cluster, settings, pipeline, folder, more or {})
    try:
        stage.start()
        yield stage
    finally:
        stage.stop()
