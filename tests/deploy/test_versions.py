"""docs/versions.md: what compose pins, what is tried, and that both are the same or say why not."""

import re
from typing import NamedTuple

import pytest

from tests.deploy.test_compose import OURS, ROOT, SERVICES

PAGE = (ROOT / "docs/versions.md").read_text()
# Where a version stands in the file that the table names.
PLACES = {
    "Kafka": r"<artifactId>kafka_2.13</artifactId>\s*<version>(.+?)</version>",
    "schema registry": r"<artifactId>apicurio-registry-app</artifactId>\s*<version>(.+?)</version>",
    "PostgreSQL": r"<artifactId>embedded-postgres-binaries-@PLATFORM@</artifactId>\s*<version>(.+?)</version>",
    "Prometheus": r"github.com/prometheus/prometheus v(\S+)",
    "Alertmanager": r"github.com/prometheus/alertmanager v(\S+)",
    "Grafana": r'"@grafana/ui": "(.+?)"',
    "RabbitMQ": r"apt-get install (rabbitmq-server)",
    "nginx": r'"(nginx-light)"',
    "Python": r'^requires-python = ">=(.+?)"',
}


class Row(NamedTuple):
    """Of the table. `image`: name and tag."""

    what: str
    image: str
    tried: str
    place: str
    difference: str


_LINE = r"^\| (.+?) \| `(.+?:.+?)` \| (.+?) \| `(.+?)` \|(.*)\|$"
ROWS = [Row(*cells) for cells in re.findall(_LINE, PAGE, re.M)]
every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.what)


def numbers(version: str) -> list[str]:
    """The numbers of a version, without zeros at its end and what is no number: `v3.13.0` is 3 and 13."""
    found = re.findall(r"\d+", re.split(r"-[a-z]", version)[0])
    return found[: max((i + 1 for i, number in enumerate(found) if number != "0"), default=0)]


def test_the_table_has_every_image() -> None:
    """Of compose, and the base of our own; and no other."""
    pinned = {service["image"].partition("@")[0] for name, service in SERVICES.items() if name not in OURS}
    base = re.findall(r"^ARG PYTHON=(\S+)$", (ROOT / "deploy/Dockerfile").read_text(), re.M)
    assert {row.image for row in ROWS} == pinned | set(base)
    assert [row.what for row in ROWS] == list(PLACES)


@every_row
def test_what_is_tried_is_what_the_table_says(row: Row) -> None:
    """The version in the file that decides it."""
    assert re.findall(PLACES[row.what], (ROOT / row.place).read_text(), re.M) == [row.tried]


@every_row
def test_a_difference_has_its_reason(row: Row) -> None:
    """Where the numbers of image and try are not the same, a sentence says why."""
    same = numbers(row.image.partition(":")[2]) == numbers(row.tried)
    assert same or row.difference.strip().endswith("."), row


def test_versions_of_other_pages_are_those_of_the_table() -> None:
    """The two bases of the image's build stand on the page as in the Dockerfile."""
    dockerfile = (ROOT / "deploy/Dockerfile").read_text()
    for image in re.findall(r"=(python:\S+?)@sha256", PAGE):
        assert re.search(rf"^ARG \w+={re.escape(image)}$", dockerfile, re.M), image
