"""`python -m tests.compose`: docker-compose.yml as it is, on a real Docker Engine.

Takes the engine that answers here; where there is none, and we are root on a Debian, one is made (deploy/try), with
stand-ins for the images. Exits with 1 when anything is not as it must be, 3 when something is missing here.
"""

import argparse
import contextlib
import os
import sys
import tempfile
from pathlib import Path

import stamina

from streams.ops.errors import Misconfigured, Unavailable
from tests.compose import docker, kill, scale, upgrade
from tests.compose.installation import Installation
from tests.compose.report import Findings

RUNS = ("kill", "scale", "upgrade")
HERE = Path(__file__).resolve().parents[2]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.compose", description=__doc__)
    parser.add_argument("run", nargs="?", choices=RUNS, default="kill", help="what is tried; kill: the plain run")
    parser.add_argument("--before", metavar="COMMIT", help="for upgrade: the version before, such as a tag")
    parser.add_argument("--users", type=int, default=8)
    parser.add_argument("--days", type=int, default=4)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if asked.run == "upgrade" and not asked.before:
        parser.error("upgrade needs --before COMMIT")
    return asked


def main() -> int:
    asked = arguments()
    stamina.instrumentation.set_on_retry_hooks([])
    try:
        versions = docker.versions()
        if versions is None:
            return docker.again_with_an_engine(sys.argv[1:])
        found = tried(asked, versions)
    except Misconfigured as missing:
        print(missing, file=sys.stderr)
        return 3
    print(found.as_json() if asked.json else found.as_text())
    return 1 if found.wrong else 0


def tried(asked: argparse.Namespace, versions: docker.Versions) -> Findings:
    found = Findings({"Docker Engine": versions.engine, "Compose": versions.compose})
    if os.environ.get(docker.MADE_HERE):
        found.versions["images"] = "stand-ins (deploy/try)"
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as at_end:
        one = Installation(HERE, _new(folder, "this"))
        at_end.callback(one.remove)
        try:
            run(asked, found, one, folder)
        except Unavailable as error:
            found.wrong.append(f"{error}\n{one.logs()}")
    return found


def run(asked: argparse.Namespace, found: Findings, one: Installation, folder: str) -> None:
    """Raises Misconfigured for a version before that is not there."""
    if asked.run == "upgrade":
        before = Installation(HERE, _new(folder, "before"), like=one, revision=asked.before)
        upgrade.run(found, one, asked.users, asked.days, before)
    else:
        {"kill": kill, "scale": scale}[asked.run].run(found, one, asked.users, asked.days)


def _new(folder: str, name: str) -> Path:
    (made := Path(folder, name)).mkdir()
    return made


sys.exit(main())
