"""Finding Java and Maven on this machine, and saying what to install when they are not there."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from streams.errors import Misconfigured

JAVA_MIN = 17  # Kafka 4 asks for it
_NEEDS = f"the embedded cluster needs Java {JAVA_MIN} or newer"
_INSTALL = (
    "Install Java and Maven (Debian, Ubuntu: `sudo apt install default-jre-headless maven`; macOS: "
    "`brew install openjdk maven`), or set STREAMS_BOOTSTRAP_SERVERS to use a Kafka that runs elsewhere."
)


def find_java() -> Path:
    """`$JAVA_HOME/bin/java`, else the first `java` on the path. Raises Misconfigured when missing or older than 17."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=str(Path(home, "bin"))) if home else shutil.which("java")
    where = "in $JAVA_HOME" if home else "on the path"
    if not found:
        raise Misconfigured(
            f"the embedded cluster needs Java {JAVA_MIN} or newer; there is no `java` {where}. {_INSTALL}"
        )
    version = _major_version(found)
    if version < JAVA_MIN:
        what = f"it is Java {version}" if version else "it does not run"  # macOS has a stub that only complains
        raise Misconfigured(f"{_NEEDS}; `java` {where} will not do: {what}. {_INSTALL}")
    return Path(found)


def find_maven() -> Path:
    """`mvn` on the path; needed only until the jars are in the cache. Raises Misconfigured when missing."""
    found = shutil.which("mvn")
    if not found:
        raise Misconfigured(f"the embedded cluster needs Maven once, to fetch Kafka; there is no `mvn`. {_INSTALL}")
    return Path(found)


def _major_version(java: str) -> int:
    """17 for `version "17.0.15"`, 8 for `version "1.8.0_292"`, 0 when there is no answer."""
    try:
        answer = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    match = re.search(r'version "(?:1\.)?(\d+)', answer.stderr + answer.stdout)
    return int(match[1]) if match else 0
