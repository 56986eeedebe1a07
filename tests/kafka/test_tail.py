"""What `tail` prints of a decoded record."""

import io
import json

import pytest
from rich.console import Console

from streams.events import topics
from streams.kafka.reader import Decoded
from streams.kafka.tail import is_json, show, tail
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings

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


def test_topics_without_avro_are_refused_by_name() -> None:
    """Each topic of the layout has a schema, or `tail` says that it cannot read it, and waits for nothing."""
    made = topics.layout("p", "g", partitions=1, replication=1, kept=topics.Kept(1, 1, 1), record_bytes_max=1)
    ours = [topic for topic in made if topic.role is not topics.Role.CHANGELOG]
    assert [one.name for one in ours if is_json(one.name.removeprefix("p.")) == bool(one.schema)] == []
    settings = Settings(_env_file=None, bootstrap_servers="127.0.0.1:9")
    with pytest.raises(Misconfigured, match="holds JSON"):
        tail(settings, "raw.summaries", user_id="", from_beginning=True, limit=1, as_json=False)
