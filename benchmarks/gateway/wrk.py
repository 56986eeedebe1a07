"""wrk, a load generator in C: its command, and what it says."""

import json
import resource
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from streams.ops.errors import Misconfigured

_PLAY = Path(__file__).parent / "play.lua"


@dataclass(frozen=True)
class Played:
    """What one run of wrk saw. `refused`: answered with a status above 399; `failed`: without an answer."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    p999_ms: float
    refused: int
    failed: int
    cpu_s: float


def check() -> None:
    """Raises Misconfigured, with the command that installs it, where wrk is missing."""
    if not shutil.which("wrk"):
        raise Misconfigured("the load generator is missing: apt-get install wrk")


def play(port: int, requests: Path, connections: int, seconds: float) -> Played:
    """Keep `connections` requests under way for so long, on loopback. Raises Misconfigured with wrk's last words."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "15s", "-s", str(_PLAY)]
    before_s = _cpu_s()
    done = subprocess.run(
        [*command, f"http://127.0.0.1:{port}", "--", str(requests)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Misconfigured(f"wrk failed: {(done.stderr or done.stdout).strip()[-300:]}")
    return parse(done.stdout, _cpu_s() - before_s)


def parse(said: str, cpu_s: float) -> Played:
    """The figures in what wrk writes: its own report, and as the last line that of `play.lua`."""
    found = json.loads(said.strip().splitlines()[-1])
    return Played(
        found["requests"],
        found["us"] / 1e6,
        *(found[name] / 1000 for name in ("p50_us", "p99_us", "p999_us")),
        found["status"],
        sum(found[name] for name in ("connect", "read", "write", "timeout")),
        cpu_s,
    )


def _cpu_s() -> float:
    """Of all children that have ended: between two calls only wrk does."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
