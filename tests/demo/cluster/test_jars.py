"""What a person reads when Java or Maven is missing, and how the cache is filled. `java` and `mvn` here are scripts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from streams.demo.cluster import jars, missing
from streams.ops.errors import Misconfigured

JAVA = "#!/bin/sh\necho 'openjdk version \"{version}\" 2025-04-15' >&2\n"
# Answers like the StorageTool of the class path: writes the checkpoint where log.dirs of --config says.
FORMATTER = 'for config; do :; done\ncase "$*" in *format*) dir=$(sed -n s/^log.dirs=//p "$config"); mkdir -p "$dir"\n'
FORMATTER += 'echo features > "$dir/bootstrap.checkpoint";; esac\n'
MAVEN = "#!/bin/sh\necho called >> {calls}\nsleep 0.5\nmkdir -p registry kafka\ntouch registry/app-runner.jar\n"


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is all of the path besides the system's own tools; the cache is empty too."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "sleep", "mkdir", "touch", "sed"):
        (folder / name).symlink_to(Path("/bin") / name)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    return folder


def script(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def test_without_java_the_sentence_names_the_packages(tools: Path) -> None:
    """Missing Java: what to install on Debian and macOS, and the way without."""
    said = missing()
    assert said is not None
    assert "Java 17 or newer; there is no `java` on the path" in said
    assert "apt install default-jre-headless maven" in said
    assert "brew install openjdk maven" in said
    assert "STREAMS_BOOTSTRAP_SERVERS" in said


@pytest.mark.parametrize("version", ["1.8.0_292", "11.0.2", "16"])
def test_an_old_java_is_named_with_its_version(tools: Path, version: str) -> None:
    """Kafka 4 needs 17; what is there is said."""
    script(tools / "java", JAVA.format(version=version))
    assert f"will not do: it is Java {version}." in (missing() or "")


def test_a_java_that_only_complains_is_no_java(tools: Path) -> None:
    """macOS without Java has a stub called java."""
    script(tools / "java", "#!/bin/sh\necho 'Unable to locate a Java Runtime.' >&2\nexit 1\n")
    assert "will not do: it does not run." in (missing() or "")


def test_java_home_goes_first(tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who sets JAVA_HOME means it, even when the path has another."""
    script(tools / "java", JAVA.format(version="21.0.1"))
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "empty"))
    assert "there is no `java` in $JAVA_HOME" in (missing() or "")


@pytest.mark.parametrize("version", ["17.0.15", "21-ea", "25"])
def test_maven_is_needed_only_for_an_empty_cache(tools: Path, version: str) -> None:
    """With the cache filled Java alone suffices."""
    script(tools / "java", JAVA.format(version=version))
    assert "there is no `mvn`" in (missing() or "")
    jars.cache_dir().mkdir(parents=True)
    assert missing() is None


def test_a_failed_fetch_says_why_and_leaves_nothing(tools: Path) -> None:
    """Maven's own first error is quoted, and the next try starts anew."""
    script(tools / "java", JAVA.format(version="17"))
    script(tools / "mvn", "#!/bin/sh\nmkdir kafka\necho '[ERROR] no route to the repository'\nexit 1\n")
    with pytest.raises(Misconfigured, match=r"check the network .*Maven says: \[ERROR\] no route"):
        jars.resolve(lambda line: None)
    assert [path.suffix for path in jars.cache_dir().parent.iterdir()] == [".lock"]


def test_two_processes_at_once_fetch_once(tools: Path, tmp_path: Path) -> None:
    """The second waits for the first and says so; both find the whole cache."""
    script(tools / "java", JAVA.format(version="17") + FORMATTER)
    script(tools / "mvn", MAVEN.format(calls=tmp_path / "calls"))
    code = "from streams.demo.cluster import jars; j = jars.resolve(); "
    code += "print(j.registry_jar.name, j.checkpoint.read_text())"
    command = [sys.executable, "-c", code]
    both = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ)
        for _ in range(2)
    ]
    answers = [process.communicate(timeout=60) for process in both]
    assert [out for out, _ in answers] == ["app-runner.jar features\n\n"] * 2
    assert (tmp_path / "calls").read_text() == "called\n"
    assert "fetching Apache Kafka" in "".join(said for _, said in answers)


def test_a_cache_that_cannot_be_written_is_named(tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Containers often have no home."""
    script(tools / "java", JAVA.format(version="17"))
    script(tools / "mvn", "#!/bin/sh\n")
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(Misconfigured, match="set XDG_CACHE_HOME"):
        jars.resolve(lambda line: None)
