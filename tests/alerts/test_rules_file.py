"""The rules file on disk: read again when it changes; one with mistakes, or none at all, leaves the rules before."""

import os
from pathlib import Path

import pytest

from streams.alerts import rules_file
from streams.alerts.rules_file import RulesFile
from streams.ops.errors import Misconfigured

GOOD = '[[rule]]\nname = "a"\nkind = "event"\nresource = "fall"\n'


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules_file, "CHECK_EVERY_S", 0.0)


def write(path: Path, text: str, at_s: int) -> None:
    """With a time of its own, as if it were later."""
    path.write_text(text)
    os.utime(path, (at_s, at_s))


def test_a_changed_file_is_read_once(tmp_path: Path) -> None:
    """Rules come when the file has changed, and only then."""
    path = tmp_path / "rules.toml"
    write(path, GOOD, 1)
    file = RulesFile(path)
    assert list(file.first().by_name) == ["a"]
    assert file() is None
    write(path, GOOD + GOOD.replace('"a"', '"b"'), 2)
    changed = file()
    assert changed is not None
    assert list(changed.by_name) == ["a", "b"]
    assert file() is None


def test_a_bad_file_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is refused and named once; so is one that has gone; a good one counts again."""
    path = tmp_path / "rules.toml"
    write(path, GOOD, 1)
    file = RulesFile(path)
    file.first()
    write(path, GOOD.replace("event", "evnt"), 2)
    assert file() is None
    assert file() is None
    said = capsys.readouterr()
    assert "rules_refused" in said.out + said.err
    path.unlink()
    assert file() is None
    write(path, GOOD, 3)
    assert file() is not None


def test_a_worker_does_not_start_with_a_bad_file(tmp_path: Path) -> None:
    """At the start there are no rules before: a sentence with lines instead."""
    path = tmp_path / "rules.toml"
    write(path, GOOD.replace("event", "evnt"), 1)
    with pytest.raises(Misconfigured, match="line 3"):
        RulesFile(path).first()
    with pytest.raises(Misconfigured, match="cannot read"):
        RulesFile(tmp_path / "none.toml").first()
