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
from streams.ops.errors import Misconfigured, Unavailable

PROJECT = "junction-streams-tried"  # not the name that an installation of this machine's own has
PORTS = ("GATEWAY", "GATEWAY_ADMIN", "KAFKA", "REGISTRY", "PROMETHEUS", "ALERTMANAGER", "GRAFANA", "SINK_DB", "PROXY")
SEVERAL, SCALE_MAX = ("GATEWAY", "GATEWAY_ADMIN"), 4  # of these each replica takes one port of a range
SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ENDPOINTS = json.dumps({"junction": [SECRET]})
_LISTED = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]


class Installation:
    """`folder` with the files of `checkout`, and the project that compose makes of it."""

    def __init__(self, checkout: Path, folder: Path, like: "Installation | None" = None, revision: str = "") -> None:
        self.folder, self.profiles = folder, tuple[str, ...]()
        self.ports: dict[str, int] = like.ports if like else {name: random_free() for name in PORTS}
        if revision:
            _extract(checkout, revision, folder)
        else:
            _copy(checkout, folder)
        self._write_secrets(like)

    def compose(self, *words: str, check: bool = True) -> str:
        """What `docker compose ...` says. Raises Unavailable with its last lines when it fails."""
        profiles = [f"--profile={name}" for name in self.profiles]
        return self.docker("compose", f"--project-name={PROJECT}", *profiles, *words, check=check)

    def docker(self, *words: str, check: bool = True, errors: int = subprocess.PIPE) -> str:
        done = subprocess.run(
            ["docker", *words],  # noqa: S607  # because it is whichever the person uses
            cwd=self.folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            check=False,
        )
        if check and done.returncode:
            last = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()][-15:]
            raise Unavailable("\n".join([f"docker {' '.join(words)} failed:", *last]))
        return done.stdout.strip()

    def containers(self, *services: str) -> list[dict[str, Any]]:
        """As `docker compose ps` says of them, stopped ones too."""
        lines = self.compose("ps", "--all", "--format=json", *services).splitlines()
        return sorted((json.loads(line) for line in lines), key=lambda one: str(one["Name"]))

    def published(self, service: str, port: int) -> list[int]:
        """The ports of this machine that lead to a port of the service's containers."""
        names = [str(container["Name"]) for container in self.containers(service)]
        return [int(self.docker("port", name, str(port)).splitlines()[0].rpartition(":")[2]) for name in names]

    @property
    def image(self) -> str:
        """Our own image, as compose names it."""
        return next(name for name in self.compose("config", "--images").split() if name.startswith("junction-streams:"))

    def timed(self, *words: str) -> float:
        """Seconds that `docker compose ...` took."""
        began_s = time.monotonic()
        self.compose(*words)
        return round(time.monotonic() - began_s, 1)

    def remove(self) -> None:
        """Containers, networks and volumes of the project, whatever runs."""
        profiles = [f"--profile={name}" for name in self.compose("config", "--profiles", check=False).split()]
        self.compose(*profiles, "down", "--volumes", "--remove-orphans", "--timeout=30", check=False)

    def starts(self, container: str) -> list[dict[str, Any]]:
        """What a container of ours has logged at its starts."""
        lines = self.docker("logs", container, errors=subprocess.STDOUT).splitlines()
        return [json.loads(line) for line in lines if '"event": "starting"' in line]

    def logs(self) -> str:
        """The last words of those that are not well."""
        ill = [one for one in self.containers() if one["Health"] not in ("", "healthy") or one["ExitCode"]]
        names = sorted({str(one["Service"]) for one in ill})
        return self.compose("logs", "--no-color", "--tail=15", *names, check=False) if names else ""

    def range(self, name: str) -> list[int]:
        """The ports of this machine of which each replica takes one."""
        return [self.ports[name] + replica for replica in range(SCALE_MAX + 1)]

    def _write_secrets(self, like: "Installation | None") -> None:
        """What .env.example asks for, ports that are free; and files, where deploy/secrets.sh makes them."""
        if like:
            shutil.copy2(like.folder / ".env", self.folder / ".env")
            if (like.folder / "secrets").exists():
                shutil.copytree(like.folder / "secrets", self.folder / "secrets", dirs_exist_ok=True)
        else:
            self._write_env()
        if (self.folder / "deploy/secrets.sh").exists():
            subprocess.run(["sh", "deploy/secrets.sh"], cwd=self.folder, capture_output=True, check=True)  # noqa: S607  # because it is any sh
            (self.folder / "secrets/streams_endpoints").write_text(ENDPOINTS)

    def _write_env(self) -> None:
        asked = [line.removesuffix("=") for line in (self.folder / ".env.example").read_text().splitlines()]
        given = {name: secrets.token_hex(24) for name in asked if name.isidentifier()}
        if "STREAMS_ENDPOINTS" in given:
            given["STREAMS_ENDPOINTS"] = f"'{ENDPOINTS}'"
        given |= {f"{name}_PORT": str(port) for name, port in self.ports.items()}
        given |= {f"{name}_PORT": f"{self.ports[name]}-{self.ports[name] + SCALE_MAX}" for name in SEVERAL}
        env = self.folder / ".env"
        env.write_text("".join(f"{name}={value}\n" for name, value in given.items()))
        env.chmod(0o600)


def _copy(checkout: Path, folder: Path) -> None:
    listed = subprocess.run(_LISTED, cwd=checkout, capture_output=True, check=True).stdout
    for name in filter(None, listed.decode().split("\0")):
        if (checkout / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(checkout / name, folder / name)


def _extract(checkout: Path, revision: str, folder: Path) -> None:
    """As a commit of the checkout has them. Raises Misconfigured when there is none of that name."""
    command = ["git", "archive", "--format=tar", revision]
    archive = subprocess.run(command, cwd=checkout, capture_output=True, check=False)
    if archive.returncode:
        raise Misconfigured(f"git knows no commit {revision} here")
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True)  # noqa: S607  # because it is any tar


def _environment() -> dict[str, str]:
    """Without our own settings and those of compose, which would count before .env."""
    left_out = ("COMPOSE_", *(f"{name}_PORT" for name in PORTS))
    return {name: value for name, value in private.environment().items() if not name.startswith(left_out)}
