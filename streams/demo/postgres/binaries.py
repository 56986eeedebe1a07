"""PostgreSQL's programs from Maven into the per-user cache, once; afterwards only paths."""

import platform
import shutil
import tarfile
from importlib import resources
from pathlib import Path

from streams.demo.cluster.jars import Progress, cache_of, once, run_maven, to_stderr
from streams.ops.errors import Misconfigured

_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "arm64": "arm64v8", "aarch64": "arm64v8"}
_SYSTEMS = ("linux", "darwin")


def resolve(progress: Progress = to_stderr) -> Path:
    """The folder with `bin`, `lib` and `share`; fetches on the first call of a user (15 MB). Raises Misconfigured."""
    pom = _pom(_platform(platform.system(), platform.machine()))
    folder = cache_of(pom)

    def build(building: Path) -> None:
        progress("fetching PostgreSQL, about 15 MB, once per user")
        (building / "pom.xml").write_bytes(pom)
        run_maven(building)
        _unpack(building)

    once(folder, build, progress)
    return folder


def _platform(system: str, machine: str) -> str:
    """The archive's name for a platform. Raises Misconfigured where there is none."""
    if system.lower() in _SYSTEMS and machine.lower() in _MACHINES:
        return f"{system.lower()}-{_MACHINES[machine.lower()]}"
    raise Misconfigured(
        f"there is no PostgreSQL for {system} on {machine} at Maven Central; start one yourself and set "
        "STREAMS_POSTGRES_URL"
    )


def _pom(of_platform: str) -> bytes:
    text = resources.files("streams.demo.postgres").joinpath("pom.xml").read_text()
    return text.replace("@PLATFORM@", of_platform).encode()


def _unpack(building: Path) -> None:
    archive = next((building / "archive").glob("*.txz"))
    with tarfile.open(archive) as tar:
        tar.extractall(building, filter="data")
    shutil.rmtree(building / "archive")
