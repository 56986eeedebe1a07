"""Programs in Go that come with the package, built once into the user's cache."""

import shutil
import subprocess
from importlib import resources
from pathlib import Path

from streams.demo.cluster import jars
from streams.ops import private
from streams.ops.errors import Misconfigured

_NAME = "program"
_ENDS = (".go", ".mod", ".sum")


def program(package: str, what: str) -> Path:
    """The program of a package's Go files; `what` it is, for whoever waits. Raises Misconfigured where none can be."""
    sources = {
        one.name: one.read_bytes() for one in resources.files(package).iterdir() if Path(one.name).suffix in _ENDS
    }
    folder = jars.cache_of(b"".join([_NAME.encode(), *(sources[name] for name in sorted(sources))]))
    if not folder.exists() and not shutil.which("go"):
        raise Misconfigured(f"{what} needs Go to be built, once: `apt-get install golang-go`, or a newer one of Go's")

    def build(building: Path) -> None:
        jars.to_stderr(f"building {what} in Go, once per user: a minute or two")
        for name, content in sources.items():
            (building / name).write_bytes(content)
        _run_go(building)

    jars.once(folder, build)
    return folder / _NAME


def _run_go(folder: Path) -> None:
    command = ["go", "build", "-trimpath", "-buildvcs=false", "-o", _NAME, "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=private.environment())
    if done.returncode:
        raise Misconfigured(f"`go build` failed: {done.stderr.strip()[-300:]}")
