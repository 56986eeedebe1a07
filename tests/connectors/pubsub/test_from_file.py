"""A message of Pub/Sub in a file: as the subscription would hand it out."""

import gzip
import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from connectors.contract.intake import opened_record
from connectors.doors.message_file import parse
from connectors.doors.opening import MessageBounds
from connectors.pubsub.from_file import message_of
from streams.events import H_ID, H_TIME, header
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings
from tests.doors import SLEEP, USER, body_of

BOUNDS = MessageBounds(1_000_000, 2_000_000)
MESSAGE = {
    "attributes": {"event-type": SLEEP, "blob-codec": "gzip", "idempotency-key": "01J"},
    "ordering_key": USER,
    "publish_time": "2026-03-01T10:00:00.123456Z",
    "body_base64": b64encode(gzip.compress(body_of(1))).decode(),
}


def read(**changes: Any) -> Any:
    text = json.dumps({**MESSAGE, **changes}).encode()
    return message_of(parse(text, Path()), "s", 1_800_000_000_000, BOUNDS)


def test_as_it_would_come() -> None:
    """Attributes, key and time, and the body unpacked."""
    opened, record = opened_record(read(), Settings(_env_file=None))
    assert (opened.body, record.reason) == (body_of(1), "")
    assert header(record.headers, H_ID) == f"{SLEEP}/01J"
    assert header(record.headers, H_TIME) == "2026-03-01T10:00:00.123Z"


def test_without_anything_around_it() -> None:
    """The arrival is its time, and its content its id."""
    opened, record = opened_record(read(attributes={}, publish_time=None), Settings(_env_file=None))
    assert record.reason == "not_unpacked"
    assert opened.delivery.created_at == opened.delivery.received_at


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"attributes": {"event-type": 1}}, "are texts"),
        ({"attributes": {"event-type": "\ud800"}}, "are texts"),
        ({"attributes": {"\ud800": ""}}, "are texts"),
        ({"ordering_key": 1}, "are texts"),
        ({"publish_time": 1}, "no time"),
        ({"publish_time": "yesterday"}, "no time"),
        ({"publish_time": "2026-03-01T10:00:00"}, "no time zone"),
    ],
)
def test_what_pubsub_cannot_have(changes: dict[str, Any], words: str) -> None:
    """A sentence, because a person wrote the file."""
    with pytest.raises(Misconfigured, match=words):
        read(**changes)
