"""Kafka and the schema registry from Maven into a per-user cache, once; afterwards only paths.

The cache folder is named after the content of pom.xml, so another version is another folder and needs no invalidation.
It appears complete or not at all: everything is built beside it and renamed, under a lock that a second process waits
for.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from streams.demo.cluster.java import find_java, find_maven
from streams.demo.cluster.locks import hold
from streams.ops import private
from streams.ops.errors import Misconfigured

Progress = Callable[[str], None]


def to_stderr(line: str) -> None:
    """The progress that a person sees when nobody asks for another."""
    print(line, file=sys.stderr, flush=True)


@dataclass(frozen=True, slots=True)
class Jars:
    """What a start needs: a `java` and the folder with everything else."""

    java: Path
    java_version: str
    folder: Path

    @property
    def kafka_class_path(self) -> str:
        return str(self.folder / "kafka" / "*")

    @property
    def registry_jar(self) -> Path:
        return next((self.folder / "registry").glob("*-runner.jar"))

    @property
    def checkpoint(self) -> Path:
        """The feature levels of a new cluster, as Kafka's own StorageTool wrote them."""
        return self.folder / "format" / "bootstrap.checkpoint"

    def class_archive(self, program: str) -> Path:
        """Where the class archive of a program belongs; each version of Java needs another."""
        return self.folder / f"{program}-java-{self.java_version}.jsa"


def check() -> None:
    """Raise Misconfigured when Java, or Maven while the cache is empty, is missing."""
    find_java()
    if not cache_dir().exists():
        find_maven()


def resolve(progress: Progress = to_stderr) -> Jars:
    """Paths of everything; fetches on the first call of a user (about 190 MB). Raises Misconfigured."""
    java = find_java()
    folder = cache_dir()

    def build(building: Path) -> None:
        progress("fetching Apache Kafka and the schema registry, about 190 MB, once per user")
        (building / "pom.xml").write_bytes(_pom())
        run_maven(building)
        _format(java.path, building)

    once(folder, build, progress)
    return Jars(java.path, java.version, folder)


def once(folder: Path, build: Callable[[Path], None], progress: Progress = to_stderr) -> None:
    """Make a folder of the cache unless it is there: `build` fills one beside it. Raises Misconfigured."""
    if folder.exists():
        return
    _make(folder.parent)
    with hold(folder.with_suffix(".lock"), waiting=lambda: progress("waiting: another process is fetching the same")):
        if folder.exists():
            return
        building = folder.with_suffix(".fetching")
        # Of a fetch that was killed; the lock says that none is under way.
        shutil.rmtree(building, ignore_errors=True)  # because mostly there is none
        building.mkdir()
        try:
            build(building)
            building.rename(folder)
        finally:
            shutil.rmtree(building, ignore_errors=True)  # because it was renamed where all went well


def cache_dir() -> Path:
    """Of the embedded cluster, there or not."""
    return cache_of(_pom())


def cache_of(source: bytes) -> Path:
    """`${XDG_CACHE_HOME:-~/.cache}/junction-streams/<hash of what the folder is made from>`."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "junction-streams" / hashlib.sha256(source).hexdigest()[:16]


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Misconfigured(
            f"cannot make {folder}: {error.strerror}; set XDG_CACHE_HOME to a folder that you may write to"
        ) from None


def _pom() -> bytes:
    return resources.files("streams.demo.cluster").joinpath("pom.xml").read_bytes()


def run_maven(folder: Path) -> None:
    """`mvn package` of the pom.xml in a folder. Raises Misconfigured with the first line of its complaint."""
    # -C: a download whose checksum is wrong is an error, not a warning.
    command: list[str | Path] = [find_maven(), "--batch-mode", "--quiet", "-C", "--file", folder / "pom.xml", "package"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=private.environment())
    if done.returncode != 0:
        said = next((line for line in (done.stdout + done.stderr).splitlines() if "ERROR" in line), "nothing")
        raise Misconfigured(
            "Maven could not fetch what is needed; check the network and the mirror in ~/.m2/settings.xml, then "
            f"run this again. Maven says: {said.strip()[:500]}"
        )


def _format(java: Path, building: Path) -> None:
    """Let the StorageTool write its bootstrap.checkpoint once: it is the same for every cluster and costs a second."""
    config = building / "format.properties"
    config.write_text(
        "process.roles=broker,controller\n"
        "node.id=1\n"
        "controller.quorum.voters=1@127.0.0.1:9093\n"
        "listeners=PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093\n"
        "controller.listener.names=CONTROLLER\n"
        f"log.dirs={building / 'format'}\n"
    )
    command: list[str | Path] = [java, "-cp", building / "kafka" / "*", "kafka.tools.StorageTool", "format"]
    command += ["--cluster-id", "AAAAAAAAAAAAAAAAAAAAAA", "--config", config]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=private.environment())
    if done.returncode != 0:
        raise Misconfigured(f"Kafka's StorageTool failed with this Java; it says: {done.stderr.strip()[-300:]}")
