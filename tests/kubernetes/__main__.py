"""`python -m tests.kubernetes`: a line for each check of the chart. Exits with 0 where all hold, with 2 without Go."""

import subprocess
import sys
from pathlib import Path

from deploy.helm.chart import CHART, HERE
from streams.ops.errors import Misconfigured
from tests.kubernetes import programs

EXAMPLES = sorted((HERE / "examples").glob("*.yaml"))
# The oldest that the chart says it is for, and that of the API server.
VERSIONS = ("1.30", programs.version("k8s.io/kubernetes"))


def run(*command: str | Path) -> str:
    """What a command prints. Exits with 1 and its complaint where it fails."""
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"FAILED {' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
        sys.exit(1)
    return done.stdout


def main() -> None:
    helm = programs.build("helm")
    for example in EXAMPLES:
        for version in VERSIONS:
            run(helm, "lint", "--strict", CHART, "--values", example, "--kube-version", version)
        print(f"helm {programs.version('helm.sh/helm/v3')} lint {example.stem}: Kubernetes {', '.join(VERSIONS)}")


if __name__ == "__main__":
    try:
        main()
    except Misconfigured as error:
        print(error)
        sys.exit(2)
