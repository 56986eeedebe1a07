"""The catalogue says what the schemas and the worker say today."""

import re

from docs.make import catalogue
from docs.make.catalogue.examples import examples
from docs.make.catalogue.words import ABOUT
from streams.events import topics


def test_the_catalogue_is_current() -> None:
    """`make docs` would write the page that is there."""
    assert catalogue.PATH.read_text(encoding="utf-8") == catalogue.render()


def test_every_topic_has_its_sentence() -> None:
    """A person who never saw Junction can tell what a topic is about."""
    assert set(ABOUT) == set(topics.avro_topics())


def test_every_topic_has_an_example() -> None:
    """The simulated world has every resource; only what Junction has removed, and what no worker says, is not in it."""
    assert set(topics.clean_topics()) - set(examples()) == {"hypnogram", "alert_deliveries"}


def test_links_within_the_page_lead_somewhere() -> None:
    """Each type that is named has its section."""
    page = catalogue.render()
    sections = {title.lower() for title in re.findall(r"^### (\w+)$", page, re.M)}
    assert set(re.findall(r"\(#(\w+)\)", page)) <= sections
