"""Which Docker Engine there is, and one made here where there is none."""

import importlib
import os
import subprocess
import sys
from typing import NamedTuple

from streams.ops.errors import Misconfigured

ENGINE_MIN, COMPOSE_MIN = (25,), (2, 24, 5)
MADE_HERE = "JUNCTION_STREAMS_TRY"  # in the environment: `deploy.try` has made the engine


class Versions(NamedTuple):
    """As the programs say them."""

    engine: str
    compose: str


def versions() -> Versions | None:
    """None where no engine answers. Raises Misconfigured for one that is too old."""
    engine = _said("docker", "version", "--format", "{{.Server.Version}}")
    if engine is None:
        return None
    compose = _said("docker", "compose", "version", "--short") or "0"
    if number(engine) < ENGINE_MIN or number(compose) < COMPOSE_MIN:
        raise Misconfigured(
            f"needs Docker Engine 25 and Compose 2.24.5 or newer; here are {engine} and {compose} (docs/deploy.md)"
        )
    return Versions(engine, compose)


def again_with_an_engine(arguments: list[str]) -> int:
    """Run us once more beside an engine that is made here. Raises Misconfigured where that cannot be."""
    debian = importlib.import_module("deploy.try.debian")  # `try` is a word of Python's own
    try:
        debian.check()
    except Misconfigured as error:
        raise Misconfigured(f"no Docker Engine answers (docker version), and none can be made here: {error}") from None
    command = [sys.executable, "-m", "deploy.try", sys.executable, "-m", "tests.compose", *arguments]
    return subprocess.run(command, env={**os.environ, MADE_HERE: "1"}, check=False).returncode


def _said(*command: str) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def number(version: str) -> tuple[int, ...]:
    """(26, 1, 5) of "26.1.5+dfsg1" and of "v26.1.5"."""
    words = version.removeprefix("v").replace("+", ".").replace("-", ".").split(".")
    return tuple(int(word) for word in words[:3] if word.isdigit())
