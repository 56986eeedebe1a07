"""`python -m tests.compose`: docker-compose.yml as it is, on a real Docker Engine.

Takes the engine that answers here; where there is none, and we are root on a Debian, one is made (deploy/try), with
stand-ins for the images. Exits with 1 when anything is not as it must be, 3 when something is missing here.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

import stamina

from streams.ops.errors import Misconfigured, StreamsError
from tests.compose import docker, kill
from tests.compose.installation import Installation
from tests.compose.report import Findings

HERE = Path(__file__).resolve().parents[2]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.compose", description=__doc__)
    parser.add_argument("--users", type=int, default=8)
    parser.add_argument("--days", type=int, default=4)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


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
    with tempfile.TemporaryDirectory() as folder:
        one = Installation(HERE, Path(folder))
        try:
            kill.run(found, one, asked.users, asked.days)
        except StreamsError as error:
            found.wrong.append(f"{error}\n{one.logs()}")
        finally:
            one.remove()
    return found


sys.exit(main())
