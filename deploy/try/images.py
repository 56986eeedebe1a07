"""Stand-ins under the names that docker-compose.yml pins, and the bases of our own image."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from streams.demo.cluster import jars
from streams.demo.cluster.jars import to_stderr
from streams.ops.errors import Misconfigured, Unavailable

from . import debian, programs
from .docker import Docker
from .engine import CHECKOUT, HERE

STANDINS = HERE / "standins"
LABEL = "junction-streams-try"
# By the last word of an image's name: which folder of `standins` stands for it.
OF = {
    "kafka": "kafka",
    "apicurio-registry-sql": "registry",
    "postgres": "postgres",
    "prometheus": "prometheus",
    "alertmanager": "alertmanager",
    "grafana": "grafana",
    "rabbitmq": "rabbitmq",
    "nginx": "nginx",
}
BASE = debian.Recipe(
    "trixie",
    (
        *("openjdk-21-jre-headless", "postgresql-17", "prometheus", "prometheus-alertmanager", "python3-minimal"),
        *("libpython3-stdlib", "ca-certificates", "curl", "wget", "tini", "nginx-light", "rabbitmq-server"),
    ),
)
# For Python's own images, which have `python` and let pip install anywhere; the larger one has binutils.
PYTHON = debian.Recipe(
    "bookworm",
    ("python3", "python3-venv", "python3-pip", "ca-certificates", "binutils"),
    ("ln -s python3 /usr/bin/python", "rm /usr/lib/python3.*/EXTERNALLY-MANAGED"),
)


def load(docker: Docker) -> None:
    """Make what is not there yet. Raises Misconfigured for an image that nothing stands for."""
    _import(docker, "junction-streams-try:python", PYTHON)
    for image in bases():
        docker.ask("tag", "junction-streams-try:python", image)
    _import(docker, "junction-streams-try:base", BASE)
    for image in pinned():
        if name_of(image) not in OF:
            raise Misconfigured(f"nothing in deploy/try/standins stands for the image {image}")
        _build(docker, image, STANDINS / OF[name_of(image)])


def pinned() -> list[str]:
    """The images that docker-compose.yml takes from a registry."""
    services = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text())["services"].values()
    return sorted({service["image"] for service in services if "build" not in service})


def name_of(image: str) -> str:
    """`kafka` of `apache/kafka:4.3.0`."""
    return image.partition("@")[0].rpartition(":")[0].rpartition("/")[2]


def bases() -> list[str]:
    """The images of Python that our own Dockerfile begins with."""
    return re.findall(r"^ARG \w+=(python:\S+)$", (CHECKOUT / "deploy/Dockerfile").read_text(), re.MULTILINE)


def _import(docker: Docker, image: str, recipe: debian.Recipe) -> None:
    if _is(docker, image, mark := _hash([repr(recipe).encode()])):
        return
    made = debian.make(recipe, "-")
    docker.ask("import", f"--change=LABEL {LABEL}={mark}", "-", image, given=made.stdout)
    if made.wait():
        docker.ask("rmi", image)
        raise Unavailable("mmdebstrap could not make a Debian; what it says stands above")


def _build(docker: Docker, image: str, folder: Path) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    contexts = [f"{name}={path}" for name, path in _contexts()]
    made_of = [*(path.read_bytes() for path in files), repr(BASE).encode(), *map(str.encode, contexts)]
    if _is(docker, image, mark := _hash(made_of)):
        return
    to_stderr(f"making a stand-in for {image}")
    more = [f"--build-context={one}" for one in contexts]
    docker.ask("buildx", "build", "--load", *more, f"--label={LABEL}={mark}", f"--tag={image}", str(folder))


def _contexts() -> Iterator[tuple[str, Path]]:
    """Folders beside a stand-in's own: the jars of Kafka and the registry, as the demo has them, and more programs."""
    yield "jars", jars.resolve().folder
    yield "tools", programs.kafka_tools()
    yield "prometheus", programs.prometheus()


def _is(docker: Docker, image: str, mark: str) -> bool:
    """Whether the image is there and made from the same."""
    if not docker.has(image):
        return False
    return docker.ask("image", "inspect", f'--format={{{{index .Config.Labels "{LABEL}"}}}}', image) == mark


def _hash(parts: list[bytes]) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]
