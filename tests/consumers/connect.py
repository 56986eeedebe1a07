"""An unmodified Kafka Connect: its worker, Apicurio's converter and Debezium's JDBC sink, fetched from Maven Central.

What docs/connect.md shows is what is started: of its files only addresses, folders and topics are others.
"""

import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx

from streams.demo.cluster import jars, ports
from streams.demo.cluster.java import find_java
from streams.demo.cluster.supervise import Child
from streams.ops.errors import Unavailable

PROGRAMS = Path(__file__).parent / "programs" / "connect"
JVM = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error")
PATIENCE_S = 60.0


def resolve() -> Path:
    """The folder with `worker` and `plugins`; fetches about 90 MB on a user's first call. Raises Misconfigured."""
    pom = PROGRAMS / "pom.xml"
    folder = jars.cache_of(pom.read_bytes())

    def fill(building: Path) -> None:
        jars.to_stderr("fetching Kafka Connect and Debezium's JDBC sink, about 90 MB, once per user")
        shutil.copy(pom, building)
        jars.run_maven(building)

    jars.once(folder, fill)
    return folder


def properties(name: str) -> dict[str, str]:
    """What a file of the page says."""
    lines = (PROGRAMS / f"{name}.properties").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


def sink(file: str, database: str, topics: Sequence[str], **others: str) -> dict[str, str]:
    """A connector of the page on other topics. `database`: its address, as psycopg takes it."""
    at = urlsplit(database)
    address = {
        "connection.url": f"jdbc:postgresql://{at.hostname}:{at.port}{at.path}",
        "connection.username": at.username or "",
        "connection.password": at.password or "-",
    }
    return properties(file) | address | {"topics": ",".join(topics)} | others


class Connect:
    """A worker of its own in `folder`, as long as the block lasts. `heap_mib`: of Java. Raises Misconfigured,
    Unavailable."""

    child: Child

    def __init__(
        self, folder: Path, bootstrap_servers: str, registry_url: str, *, heap_mib: int = 256,
        settings: Mapping[str, str] | None = None, jvm: Sequence[str] = JVM,
    ) -> None:  # fmt: skip
        self._folder, self._jvm = folder, (f"-Xmx{heap_mib}m", *jvm)
        self._url = f"http://127.0.0.1:{ports.random_free()}"
        self._settings = properties("worker") | {
            "bootstrap.servers": bootstrap_servers,
            "listeners": self._url,
            "plugin.path": str(resolve() / "plugins"),
            "offset.storage.file.filename": str(folder / "offsets"),
            "value.converter.apicurio.registry.url": f"{registry_url.partition('/apis')[0]}/apis/registry/v2",
            **(settings or {}),
        }

    def __enter__(self) -> Self:
        file = self._folder / "worker.properties"
        file.write_text("".join(f"{name}={value}\n" for name, value in self._settings.items()), encoding="utf-8")
        start: list[str | Path] = [find_java().path, *self._jvm, "-cp", f"{resolve() / 'worker'}/*"]
        start += ["org.apache.kafka.connect.cli.ConnectStandalone", file]
        self.child = Child(start, self._folder / "connect.log")
        self._until_it_answers()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.child.kill()  # what it has not committed comes again; nothing is lost

    def add(self, connector: Mapping[str, str]) -> None:
        """Starts one."""
        body = {"name": connector["name"], "config": dict(connector)}
        httpx.post(f"{self._url}/connectors", json=body, timeout=PATIENCE_S).raise_for_status()

    def remove(self, name: str) -> None:
        """Stops one for good. What it has read stays committed under its name."""
        httpx.delete(f"{self._url}/connectors/{name}", timeout=PATIENCE_S).raise_for_status()

    def failed(self) -> str:
        """Why a task has ended, as it says itself; "" while all run."""
        found = httpx.get(f"{self._url}/connectors?expand=status", timeout=PATIENCE_S).json()
        tasks = [task for one in found.values() for task in one["status"]["tasks"]]
        return "\n".join(task.get("trace", "") for task in tasks if task["state"] == "FAILED")

    def _until_it_answers(self) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                httpx.get(f"{self._url}/connectors", timeout=PATIENCE_S).raise_for_status()
            except httpx.HTTPError:
                if not self.child.running() or time.monotonic() > deadline:
                    raise Unavailable(f"Kafka Connect does not start: {self.child.last_words()}") from None
                time.sleep(0.1)
            else:
                return
