"""The gateway in Go, built once into the user's cache."""

import os
import shutil
import subprocess
from pathlib import Path

from streams.demo.cluster import jars
from streams.ops.errors import Misconfigured

_SOURCES = Path(__file__).parent / "peer"


def peer() -> Path:
    """The program. Raises Misconfigured where Go is missing, or cannot build it."""
    if not shutil.which("go"):
        raise Misconfigured("there is no `go` on the path (apt-get install golang-go, or a newer one from Go's site)")
    folder = jars.cache_of(b"".join(path.read_bytes() for path in sorted(_SOURCES.iterdir())))
    jars.once(folder, _build)
    return folder / "gateway"


def _build(folder: Path) -> None:
    jars.to_stderr("building the gateway in Go, once per user: a minute or two")
    command = ["go", "build", "-trimpath", "-buildvcs=false", "-o", str(folder / "gateway"), "."]
    done = subprocess.run(command, cwd=_SOURCES, capture_output=True, text=True, check=False, env=dict(os.environ))
    if done.returncode:
        raise Misconfigured(f"`go build` failed: {done.stderr.strip()[-300:]}")
