"""One installation: a copy of what git knows of a checkout, with secrets of its own, like a clone."""

import json
import secrets
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

from streams.demo.cluster.ports import random_free
from streams.ops import private
from streams.ops.errors import Unavailable

PROJECT = "junction-streams-tried"  # not the name that an installation of this machine's own has
PORTS = ("GATEWAY", "GATEWAY_ADMIN", "KAFKA", "REGISTRY", "PROMETHEUS", "ALERTMANAGER", "GRAFANA", "SINK_DB")
SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
_LISTED = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]


class Installation:
    """`folder` with the files of `checkout`, and the project that compose makes of it."""

    def __init__(self, checkout: Path, folder: Path, ports: dict[str, int] | None = None) -> None:
        self.folder = folder
        self.ports = ports or {name: random_free() for name in PORTS}
        _copy(checkout, folder)
        self._write_env()

    def compose(self, *words: str, check: bool = True) -> str:
        """What `docker compose ...` says. Raises Unavailable with its last lines when it fails."""
        return self.docker("compose", f"--project-name={PROJECT}", *words, check=check)

    def docker(self, *words: str, check: bool = True) -> str:
        done = subprocess.run(
            ["docker", *words],  # noqa: S607  # because it is whichever the person uses
            cwd=self.folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if check and done.returncode:
            last = [line for line in done.stderr.splitlines() if line.strip()][-15:]
            raise Unavailable("\n".join([f"docker {' '.join(words)} failed:", *last]))
        return done.stdout.strip()

    def containers(self, *services: str) -> list[dict[str, Any]]:
        """As `docker compose ps` says of them, stopped ones too."""
        lines = self.compose("ps", "--all", "--format=json", *services).splitlines()
        return sorted((json.loads(line) for line in lines), key=lambda one: str(one["Name"]))

    def timed(self, *words: str) -> float:
        """Seconds that `docker compose ...` took."""
        began_s = time.monotonic()
        self.compose(*words)
        return round(time.monotonic() - began_s, 1)

    def remove(self) -> None:
        """Containers, networks and volumes of the project, whatever runs."""
        profiles = [f"--profile={name}" for name in self.compose("config", "--profiles", check=False).split()]
        self.compose(*profiles, "down", "--volumes", "--remove-orphans", "--timeout=30", check=False)

    def logs(self) -> str:
        """The last words of those that are not well."""
        ill = {str(one["Service"]) for one in self.containers() if one["Health"] != "healthy" and one["ExitCode"] != 0}
        ill |= {str(one["Service"]) for one in self.containers() if one["Health"] == "unhealthy"}
        return self.compose("logs", "--no-color", "--tail=15", *sorted(ill), check=False) if ill else ""

    def _write_env(self) -> None:
        """What .env.example asks for, and ports that are free."""
        asked = [line.removesuffix("=") for line in (self.folder / ".env.example").read_text().splitlines()]
        given = {name: secrets.token_hex(24) for name in asked if name.isidentifier()}
        given["STREAMS_ENDPOINTS"] = f"'{json.dumps({'junction': [SECRET]})}'"
        given |= {f"{name}_PORT": str(port) for name, port in self.ports.items()}
        env = self.folder / ".env"
        env.write_text("".join(f"{name}={value}\n" for name, value in given.items()))
        env.chmod(0o600)


def _copy(checkout: Path, folder: Path) -> None:
    listed = subprocess.run(_LISTED, cwd=checkout, capture_output=True, check=True).stdout
    for name in filter(None, listed.decode().split("\0")):
        if (checkout / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(checkout / name, folder / name)


def _environment() -> dict[str, str]:
    """Without our own settings and those of compose, which would count before .env."""
    left_out = ("COMPOSE_", *(f"{name}_PORT" for name in PORTS))
    return {name: value for name, value in private.environment().items() if not name.startswith(left_out)}
