"""The rules in deploy/alerts: right, off, and each file says that it is no medical device or has no need to."""

from pathlib import Path

import pytest

from streams.alerts.rules import parser
from streams.simulator.people import stories

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "alerts"
FILES = sorted(FOLDER.glob("*.toml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_starter_file_is_right_and_off(path: Path) -> None:
    """No problem; nothing fires before somebody has switched it on; every rule has a sentence and a severity."""
    text = path.read_text()
    found = parser.parse(text)
    assert found.problems == ()
    assert found.rules
    assert not any(rule.is_enabled or rule.has_values for rule in found.rules)
    assert all(rule.summary != rule.name for rule in found.rules)
    assert path.stem == "service" or "not a medical device" in text


def test_names_are_unique_over_all_files() -> None:
    """Files may be put together."""
    names = [rule.name for path in FILES for rule in parser.parse(path.read_text()).rules]
    assert len(set(names)) == len(names)


def test_the_rules_of_the_demo_are_right() -> None:
    """And switched on."""
    found = parser.parse(stories.RULES)
    assert found.problems == ()
    assert all(rule.is_enabled for rule in found.rules)


def test_the_docs_say_what_it_is_not() -> None:
    """A plain statement, above everything else."""
    text = (FOLDER.parents[1] / "docs" / "alerts.md").read_text()
    assert "**This is not a medical device.**" in text[:600]
