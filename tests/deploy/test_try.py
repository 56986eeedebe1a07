"""deploy/try and tests/compose: what can be said of them without an engine."""

import importlib
import re
from pathlib import Path

import pytest

from tests.compose import docker

ROOT = Path(__file__).resolve().parents[2]
images = importlib.import_module("deploy.try.images")  # `try` is a word of Python's own
engine = importlib.import_module("deploy.try.engine")


def test_each_image_that_compose_pins_has_a_stand_in() -> None:
    """A new service of others needs a folder, which says in its first line what it stands for and what is different."""
    for image in images.pinned():
        folder = images.STANDINS / images.OF[images.name_of(image)]
        assert (folder / "Dockerfile").read_text().startswith("# Stands for "), image


def test_each_base_of_our_image_is_made() -> None:
    """`deploy/Dockerfile` begins with images of Python, which are all made under the names that it gives them."""
    text = (ROOT / "deploy/Dockerfile").read_text()
    assert set(re.findall(r"^ARG \w+=(\S+:\S+)$", text, re.M)) == set(images.bases()) != set()


def test_kafkas_tools_are_of_the_version_of_kafka() -> None:
    """The stand-in is the Kafka of the demo, with one jar more."""
    version = r"<artifactId>{}</artifactId>\s*<version>([^<]+)</version>"
    tools = re.findall(version.format("kafka-tools"), (ROOT / "deploy/try/pom.xml").read_text())
    kafka = re.findall(version.format("kafka_2.13"), (ROOT / "streams/demo/cluster/pom.xml").read_text())
    assert tools == kafka
    assert f"apache/kafka:{kafka[0]}" in images.pinned()[0]


def test_control_groups_are_removed_under_the_name_that_they_are_made_under() -> None:
    """Else folders of the machine's control groups would stay behind."""
    assert f"--cgroup-parent=/{engine.CGROUP}" in (ROOT / "deploy/try/inside.sh").read_text()


@pytest.mark.parametrize(
    ("said", "number"), [("26.1.5+dfsg1", (26, 1, 5)), ("v2.24.5", (2, 24, 5)), ("2.26.1-4", (2, 26, 1)), ("0", (0,))]
)
def test_versions_are_read_as_engine_and_compose_say_them(said: str, number: tuple[int, ...]) -> None:
    """Distributions add words of their own to the numbers."""
    assert docker.number(said) == number
