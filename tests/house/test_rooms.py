"""The sentence for a file in the wrong place, and that no file is in one."""

import pytest

from tests.house import rooms


def test_every_file_is_at_home() -> None:
    """No file lies beside the rooms, below what it imports, or where its libraries are foreign."""
    assert rooms.main() == 0


@pytest.mark.parametrize(
    ("path", "source", "told"),
    [
        ("streams/new.py", "import faust\n", "beside the rooms. By what it imports it belongs in streams/engine"),
        ("streams/new.py", "from streams.tables import rows\n", "it belongs in streams/tables"),
        ("streams/new.py", "import json\n", "it belongs in streams/ops"),
        ("connectors/new.py", "import httpx\n", "it belongs in connectors"),
        ("streams/events/new.py", "import confluent_kafka\n", "What needs it belongs in streams/kafka"),
        ("streams/kafka/new.py", "import httpx\n", "What needs it belongs in connectors"),
        (
            "streams/events/new.py",
            "from streams.tables.rows import KINDS\n",
            "a floor above it. Such a file belongs",
        ),
        ("streams/agents/new.py", "def f():\n    from connectors.junction import client\n", "belongs in connectors"),
        ("connectors/junction/new.py", "import psycopg\n", "belongs in connectors/postgres"),
    ],
)
def test_a_file_in_the_wrong_place(path: str, source: str, told: str) -> None:
    """The sentence names the file and the room that is right, with that room's own words."""
    (complaint, *_) = rooms.complaints(path, source)
    assert complaint.startswith(path)
    assert told in complaint


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("streams/__main__.py", "from streams.cli import main\n"),
        ("streams/kafka/new.py", "import confluent_kafka\nfrom streams.events import topics\n"),
        ("connectors/webhook/new.py", "import starlette\nfrom streams.kafka.publisher import Publisher\n"),
        ("streams/demo/new.py", "from connectors.webhook import serve\n"),
    ],
)
def test_a_file_at_home(path: str, source: str) -> None:
    """Nothing is said of a file that is where it belongs."""
    assert list(rooms.complaints(path, source)) == []
