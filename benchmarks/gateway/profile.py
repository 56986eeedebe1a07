"""py-spy beside a round: where a Python gateway's time goes, native frames included, for speedscope.app."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from benchmarks.gateway.contestants import Running
from streams.ops.errors import Misconfigured


def check() -> None:
    """Raises Misconfigured, with the command that installs it, where py-spy is missing."""
    if not _program():
        raise Misconfigured(f"the profiler is missing: {sys.executable} -m pip install py-spy")


def of(
    running: Running, folder: Path | None, kb: float, connections: int
) -> Callable[[], AbstractContextManager[object]]:
    """What `measure.one` puts around its load: a profile in the folder, or nothing."""
    if folder is None or not running.is_python:
        return nullcontext
    folder.mkdir(parents=True, exist_ok=True)
    return lambda: recording(running.pid, folder / f"{running.name}-{kb:g}kB-{connections}.speedscope.json")


def _program() -> str | None:
    return shutil.which("py-spy", path=str(Path(sys.executable).parent)) or shutil.which("py-spy")


@contextmanager
def recording(pid: int, file: Path) -> Iterator[None]:
    """Until the end of the block."""
    options = ["--native", "--subprocesses", "--rate", "250", "--format", "speedscope", "--duration", "600"]
    spy = subprocess.Popen(
        [str(_program()), "record", *options, "--pid", str(pid), "--output", str(file)], stdout=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        spy.send_signal(signal.SIGINT)
        spy.wait()
