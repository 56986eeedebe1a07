"""Programs that stand-ins have from other package indexes than Debian's, in the user's cache."""

import shutil
import subprocess
from pathlib import Path

from streams.demo.cluster import jars
from streams.demo.cluster.jars import to_stderr
from streams.ops import private
from streams.ops.errors import Misconfigured

from .engine import CHECKOUT, HERE

# As `make prometheus` does: without the clients of clouds, which are most of what there is to compile.
_GO = ("go", "build", "-tags=remove_all_sd enable_dns_sd", "-ldflags=-s -w")


def kafka_tools() -> Path:
    """A folder with `libs`: Kafka's command line tools, one jar that the demo does without."""
    pom = (HERE / "pom.xml").read_bytes()

    def fetch(building: Path) -> None:
        (building / "pom.xml").write_bytes(pom)
        jars.run_maven(building)

    jars.once(folder := jars.cache_of(pom), fetch)
    return folder


def prometheus() -> Path:
    """A folder with the Prometheus that compose pins, built from its Go module; an empty one where there is no Go."""
    module = CHECKOUT / "tests/prometheus/programs"
    has_go = shutil.which("go") is not None

    def build(building: Path) -> None:
        if has_go:
            to_stderr("building Prometheus, some minutes the first time")
            command = [*_GO, "-o", str(building), "github.com/prometheus/prometheus/cmd/prometheus"]
            if subprocess.run(command, cwd=module, env=private.environment(), check=False).returncode:
                raise Misconfigured("Go could not build Prometheus; what it says stands above")

    jars.once(folder := jars.cache_of(b"%r %s" % (has_go, (module / "go.mod").read_bytes())), build)
    return folder
