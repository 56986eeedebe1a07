"""What `tail` prints of a decoded record."""

import io
import json

import pytest
from rich.console import Console

from streams.reader import Decoded
from streams.tail import show

RECORD = {
    "user_id": "u",
    "changed_fields": ["steps", "[bold]x[/]"],
    "gone": None,
    "nothing": [],
    "source": {"type": "ring"},
}


def printed(record: Decoded) -> str:
    out = io.StringIO()
    show(Console(file=out, width=40), record, as_json=False)
    return out.getvalue()


def test_every_field_that_is_set_is_shown_as_it_is() -> None:
    """Brackets are no markup, nested records are name.field, what is null or empty is left out."""
    text = printed(Decoded("junction.activity", 1, 7, 0, b"u:activity:1", RECORD))
    assert text.splitlines() == [
        "junction.activity 1:7 u:activity:1",
        "  user_id u",
        "  changed_fields [steps, [bold]x[/]]",
        "  source.type ring",
    ]


def test_a_tombstone_shows_its_key() -> None:
    """A deleted state has a key and no record."""
    assert printed(Decoded("junction.connections", 0, 3, 0, b"u:oura", None)) == "junction.connections 0:3 u:oura\n"


def test_json_is_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Machines get place, key and value."""
    show(Console(), Decoded("t", 0, 1, 2, b"k", {"a": 1}), as_json=True)
    line = json.loads(capsys.readouterr().out)
    assert line == {"topic": "t", "partition": 0, "offset": 1, "key": "k", "value": {"a": 1}}
