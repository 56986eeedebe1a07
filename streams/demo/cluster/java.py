"""Finding Java and Maven on this machine, and saying what to install when they are not there."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from streams.ops import private
from streams.ops.errors import Misconfigured

JAVA_MIN = 17  # Kafka 4 asks for it
_NEEDS = f"the embedded cluster needs Java {JAVA_MIN} or newer"
_INSTALL = (
    "Install Java and Maven (Debian, Ubuntu: `sudo apt install default-jre-headless maven`; macOS: "
    "`brew install openjdk maven`), or set STREAMS_BOOTSTRAP_SERVERS to use a Kafka that runs elsewhere."
)


@dataclass(frozen=True, slots=True)
class Java:
    """A `java` that will do, and its version as it prints it ("17.0.15")."""

    path: Path
    version: str


def find_java() -> Java:
    """`$JAVA_HOME/bin/java`, else the first `java` on the path. Raises Misconfigured when missing or older than 17."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=str(Path(home, "bin"))) if home else shutil.which("java")
    where = "in $JAVA_HOME" if home else "on the path"
    if not found:
        raise Misconfigured(f"{_NEEDS}; there is no `java` {where}. {_INSTALL}")
    version = _version(found)
    if _major(version) < JAVA_MIN:
        what = f"it is Java {version}" if version else "it does not run"  # macOS has a stub that only complains
        raise Misconfigured(f"{_NEEDS}; `java` {where} will not do: {what}. {_INSTALL}")
    return Java(Path(found), version)


def find_maven() -> Path:
    """`mvn` on the path; needed only until the jars are in the cache. Raises Misconfigured when missing."""
    found = shutil.which("mvn")
    if not found:
        raise Misconfigured(f"the embedded cluster needs Maven once, to fetch Kafka; there is no `mvn`. {_INSTALL}")
    return Path(found)


def _version(java: str) -> str:
    """What stands in quotes in the answer of `java -version`; "" when there is no answer."""
    try:
        answer = subprocess.run(
            [java, "-version"], capture_output=True, text=True, timeout=60, check=False, env=private.environment()
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = re.search(r'version "([^"]+)"', answer.stderr + answer.stdout)
    return match[1] if match else ""


def _major(version: str) -> int:
    """17 of 17.0.15, 8 of 1.8.0_292 (as Java 8 and older count), 0 of nothing."""
    match = re.match(r"(?:1\.)?(\d+)", version)
    return int(match[1]) if match else 0
