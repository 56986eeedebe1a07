"""KafkaTopic and KafkaUser as our commands print them, on an API server that knows Strimzi's kinds."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from streams.demo.cluster import jars
from tests.kubernetes.checks import NAMESPACE, applied, run
from tests.kubernetes.cluster import Api

POM = Path(__file__).with_name("strimzi") / "pom.xml"
JAVA_MIN = 21  # its classes are compiled for that; ours need 17
_GENERATOR = "io.strimzi.crdgenerator.CrdGenerator"
_KINDS = {"KafkaTopic": "topic", "KafkaUser": "user"}
_PLANS = (["topics", "plan"], ["topics", "acls", "plan"])


def java() -> Path | None:
    """A Java that runs Strimzi's classes: of JAVA_HOME, the path, or where distributions install several; else None."""
    homes = [os.environ.get("JAVA_HOME", ""), *map(str, Path("/usr/lib/jvm").glob("*"))]
    found = [Path(home, "bin/java") for home in homes if home] + [Path(shutil.which("java") or "java")]
    return next((one for one in found if one.is_file() and _major(one) >= JAVA_MIN), None)


def resources(api: Api, java: Path, folder: Path) -> str:
    """Topics, and rights of every role. Raises Failed where Strimzi's kinds do not take them."""
    for path in _kinds(java, folder):
        applied(api, path.read_text(encoding="utf-8"), "--server-side")
    names = [f"crd/kafka{short}s.kafka.strimzi.io" for short in _KINDS.values()]
    run(*api.command("wait", "--for=condition=Established", "--timeout=30s", *names))
    counted = []
    for plan in _PLANS:
        program = Path(sys.executable).with_name("junction-streams")
        said = applied(api, run(program, *plan, "--format", "strimzi"), "--dry-run=server", "--validate=strict")
        counted.append(f"{said.count('(server dry run)')} of `{' '.join(plan)}`")
    return f"Strimzi {_version()}, {', '.join(counted)}, in {NAMESPACE}"


def _kinds(java: Path, folder: Path) -> list[Path]:
    cached = jars.cache_of(POM.read_bytes())
    jars.once(cached, _fetch)
    written = {name: folder / f"{name}.yaml" for name in _KINDS}
    wanted = [f"io.strimzi.api.kafka.model.{short}.{name}={written[name]}" for name, short in _KINDS.items()]
    run(java, "-cp", cached / "jars/*", _GENERATOR, "--yaml", *wanted)
    return list(written.values())


def _fetch(building: Path) -> None:
    jars.to_stderr("fetching Strimzi's kinds from Maven Central, once per user")
    shutil.copy(POM, building)
    jars.run_maven(building)


def _major(java: Path) -> int:
    said = subprocess.run([str(java), "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', said)
    return int(found[1]) if found else 0


def _version() -> str:
    found = re.search(r"<artifactId>api</artifactId>\s*<version>([\d.]+)<", POM.read_text(encoding="utf-8"))
    assert found
    return found[1]
