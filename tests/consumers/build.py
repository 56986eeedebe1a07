"""Fetch and build each program once into the user's cache, with the ordinary tools of its language."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from streams.demo.cluster import jars
from streams.demo.cluster.java import find_java
from streams.events.schemas.schema_files import schema_text
from streams.ops.errors import Misconfigured
from tests.consumers.clients import GO, KAFKA_CLIENTS, KAFKA_PYTHON, NODE, NODE_CONFLUENT, Client

PROGRAMS = Path(__file__).parent / "programs"
JVM = ("-Xmx256m", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error")
CLASSES = ("Samples", "Activity")


def command(client: Client, work: Path) -> list[str]:
    """How to start it, without the common arguments. Raises Misconfigured where it cannot be built here."""
    make = {"Java": _java, "Python": _python, "Go": _go, "Node": _node}[client.language]
    return make(client, work)


def _python(client: Client, work: Path) -> list[str]:
    """With our own libraries, and what this project does not use itself beside them."""
    file, library = client.program
    program = [sys.executable, str(PROGRAMS / "python" / file)]
    if library not in KAFKA_PYTHON:
        return program
    return ["env", f"PYTHONPATH={_once(f'pip {KAFKA_PYTHON}', _pip)}", *program]


def _pip(folder: Path) -> None:
    pins = [f"{name}=={pin}" for name, pin in KAFKA_PYTHON.items()]
    _run([sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder), *pins], folder)


def _java(client: Client, work: Path) -> list[str]:
    avro, program, *options = client.program
    sources = sorted((PROGRAMS / "java").glob("*.java"))
    pom = _pom(avro)
    key = pom + "".join(path.read_text() + path.name for path in sources) + "".join(map(schema_text, CLASSES))

    def fill(folder: Path) -> None:
        (folder / "java").mkdir()
        (folder / "avsc").mkdir()
        for path in sources:
            shutil.copy(path, folder / "java")
        (folder / "pom.xml").write_text(pom)
        for name in CLASSES:
            (folder / "avsc" / f"{name}.avsc").write_text(schema_text(name), encoding="utf-8")
        jars.run_maven(folder)

    folder = _once(key, fill)
    class_path = f"{folder / 'classes'}:{folder / 'libraries'}/*"
    return [str(find_java().path), *JVM, *options, "-cp", class_path, program]


def _pom(avro: str) -> str:
    return (PROGRAMS / "java" / "pom.xml").read_text().replace("@kafka@", KAFKA_CLIENTS).replace("@avro@", avro)


def _go(client: Client, work: Path) -> list[str]:
    sources = sorted((PROGRAMS / "go").glob("*.go"))

    def fill(folder: Path) -> None:
        for path in sources:
            shutil.copy(path, folder)
        _run(["go", "mod", "init", "readers"], folder)
        _run(["go", "get", *(f"{module}@v{pin}" for module, pin in GO.items())], folder)
        _run(["go", "build", "-mod=mod", "-o", "reader", "."], folder)

    folder = _once(f"{GO}" + "".join(path.read_text() for path in sources), fill)
    return [str(folder / "reader"), *client.program]


def _node(client: Client, work: Path) -> list[str]:
    """The programs lie beside the packages, because Node looks for packages from there upwards."""
    file, hook, library = client.program
    packages = NODE_CONFLUENT if library in NODE_CONFLUENT else NODE
    folder = _once(f"npm {packages}", lambda folder: _npm(folder, packages))
    beside = work / folder.name
    if not beside.exists():
        shutil.copytree(PROGRAMS / "node", beside)
        (beside / "node_modules").symlink_to(folder / "node_modules")
    return ["node", str(beside / file), hook]


def _npm(folder: Path, packages: Mapping[str, str]) -> None:
    (folder / "package.json").write_text('{"private": true}')
    quiet = ["--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"]
    # Where its binary cannot be downloaded, kafka-javascript compiles librdkafka; dynamic: with the system's libraries
    # (Debian: libcurl4-openssl-dev libsasl2-dev libssl-dev libzstd-dev zlib1g-dev), else it downloads theirs, too.
    _run(
        ["npm", "install", *quiet, *(f"{name}@{pin}" for name, pin in packages.items())], folder, CKJS_LINKING="dynamic"
    )


def _once(key: str, fill: Callable[[Path], None]) -> Path:
    folder = jars.cache_of(key.encode())
    jars.once(folder, fill)
    return folder


def _run(words: list[str], folder: Path, **env: str) -> None:
    """Raises Misconfigured with the end of what the tool says."""
    if not shutil.which(words[0]):
        raise Misconfigured(f"there is no `{words[0]}` on the path")
    done = subprocess.run(words, cwd=folder, env={**os.environ, **env}, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Misconfigured(f"`{' '.join(words[:3])}` failed: {(done.stderr or done.stdout).strip()[-300:]}")
