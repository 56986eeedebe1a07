"""deploy/pin.sh: every image of others, by the digest that the registry gives. No registry is asked here."""

import os
import subprocess
from pathlib import Path

import yaml

from tests.deploy.test_compose import OURS, ROOT, SERVICES

DIGEST = f"sha256:{'0a' * 32}"


def run(folder: Path, docker: str) -> subprocess.CompletedProcess[str]:
    """The script, with a `docker` that does so much."""
    program = folder / "docker"
    program.write_text(f"#!/bin/sh\n{docker}\n")
    program.chmod(0o755)
    environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
    return subprocess.run([ROOT / "deploy/pin.sh"], env=environment, capture_output=True, text=True, check=False)


def test_it_pins_what_others_made(tmp_path: Path) -> None:
    """An override with name, tag and digest of each image that compose does not build itself."""
    made = yaml.safe_load(run(tmp_path, f"echo {DIGEST}").stdout)
    wanted = {name: {"image": f"{one['image']}@{DIGEST}"} for name, one in SERVICES.items() if name not in OURS}
    assert made == {"services": wanted}


def test_no_registry_no_file(tmp_path: Path) -> None:
    """A registry that does not answer ends it with an error: half a file would leave half of the images unpinned."""
    assert run(tmp_path, "exit 1").returncode != 0
