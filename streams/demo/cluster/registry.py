"""The schema registry: Apicurio with its Confluent-compatible API in an H2 file; FULL_TRANSITIVE is set."""

from collections.abc import Sequence
from pathlib import Path

import httpx

from streams.demo.cluster import ports
from streams.demo.cluster.archive import Archive
from streams.demo.cluster.jars import Jars
from streams.demo.cluster.ports import LOOPBACK
from streams.demo.cluster.service import Service
from streams.demo.cluster.supervise import Child

_JVM = ("-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


class Registry(Service):
    """One process with its data in `folder`."""

    name = "the schema registry"

    def __init__(self, jars: Jars, folder: Path, *, pass_fds: Sequence[int] = ()) -> None:
        self._jars = jars
        self._folder = folder
        self._pass_fds = pass_fds
        self._port = 0
        self.children = {}
        self.archive = Archive(jars.class_archive("registry"))

    @property
    def url(self) -> str:
        """Base address for Confluent clients."""
        return f"http://{LOOPBACK}:{self._port}/apis/ccompat/v7"

    def launch(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._port = ports.choose(["registry"], self._folder / "ports.json")["registry"]
        # WRITE_DELAY=0: H2 writes at commit, not half a second later: an id that was handed out survives a kill.
        data = f"jdbc:h2:file:{self._folder.absolute() / 'registry'};WRITE_DELAY=0"
        self.children[1] = Child(
            [self._jars.java, *_JVM, *self.archive.flags(), "-jar", self._jars.registry_jar],
            self._folder / "registry.log",
            env={
                "REGISTRY_DATASOURCE_URL": data,
                "HTTP_PORT": str(self._port),
                "QUARKUS_HTTP_HOST": LOOPBACK,
                "ENABLE_CCOMPAT_CANONICAL_HASH_MODE": "true",  # white space is not a new version
            },
            pass_fds=self._pass_fds,
        )

    def answers(self) -> bool:
        """Ready, and FULL_TRANSITIVE is the rule: Apicurio's own default is NONE."""
        try:
            with httpx.Client(trust_env=False, timeout=5) as http:  # no proxy stands between us and loopback
                http.get(f"http://{LOOPBACK}:{self._port}/health/ready").raise_for_status()
                http.put(f"{self.url}/config", json={"compatibility": "FULL_TRANSITIVE"}).raise_for_status()
        except httpx.HTTPError:
            return False
        return True

    def kill(self) -> None:
        """SIGKILL."""
        self.children.pop(1).kill()

    def restart(self) -> None:
        """Start it again on its data; stops it cleanly first when it runs."""
        self.stop()
        self.start()
