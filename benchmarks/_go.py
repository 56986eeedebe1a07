"""Programs in Go, built once into the user's cache."""

import os
import shutil
import subprocess
from pathlib import Path

from streams.demo.cluster import jars
from streams.ops.errors import Misconfigured

_NAME = "program"


def program(sources: Path, what: str) -> Path:
    """The program of a folder of sources; `what` it is, for whoever waits. Raises Misconfigured where Go is missing, or
    cannot build it.
    """
    if not shutil.which("go"):
        raise Misconfigured("there is no `go` on the path (apt-get install golang-go, or a newer one from Go's site)")
    made_from = [_NAME.encode(), *(path.read_bytes() for path in sorted(sources.iterdir()))]
    folder = jars.cache_of(b"".join(made_from))
    jars.once(folder, lambda building: _build(sources, building, what))
    return folder / _NAME


def _build(sources: Path, folder: Path, what: str) -> None:
    jars.to_stderr(f"building {what} in Go, once per user: a minute or two")
    command = ["go", "build", "-trimpath", "-buildvcs=false", "-o", str(folder / _NAME), "."]
    done = subprocess.run(command, cwd=sources, capture_output=True, text=True, check=False, env=dict(os.environ))
    if done.returncode:
        raise Misconfigured(f"`go build` failed: {done.stderr.strip()[-300:]}")
