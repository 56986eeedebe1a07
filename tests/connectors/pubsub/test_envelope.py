"""What a message of Pub/Sub says of itself."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.contract.intake import opened_record
from connectors.contract.source import SourceMessage
from connectors.doors.opening import MessageBounds, open_message
from connectors.pubsub.envelope import PubSubProperties, read_envelope
from streams.events.intake import Claimed
from streams.events.text import ID_CHARS_MAX
from streams.ops.errors import Reason
from streams.ops.settings import Settings
from tests.doors import SLEEP, body_of

SETTINGS = Settings(_env_file=None, partitions=4)
BOUNDS = MessageBounds(1_000_000, 2_000_000)
NAMES = ("event-type", "event_type", "blob-codec", "blob-type", "idempotency-key", "other")
VALUES = st.sampled_from(("", "gzip", "null", "json", "zstd", SLEEP, "x" * 300)) | st.text(max_size=20)
KEYS = st.sampled_from(("", "u1")) | st.text(max_size=20)
BYTES = st.sampled_from((body_of(1), body_of(1, user="u1"), b"\x1f\x8b")) | st.binary(max_size=50)
TIMES = st.none() | st.integers(-(2**70), 2**70)


@given(st.dictionaries(st.sampled_from(NAMES), VALUES), KEYS, BYTES, TIMES)
@example({"event-type": "x" * 300, "idempotency-key": "x" * 300}, "y" * 300, b"", 2**63)
def test_any_message_is_a_record_or_a_dead_letter(
    attributes: dict[str, str], key: str, body: bytes, published_ms: int | None
) -> None:
    """Never an exception; and what is no dead letter has an id of bounded length, and its body as it came."""
    envelope = read_envelope(PubSubProperties(attributes, key, published_ms), "s")
    message = SourceMessage("t", len(body), lambda: open_message(envelope, body, 1_800_000_000_000, BOUNDS))
    opened, record = opened_record(message, SETTINGS)
    assert record.reason in ("", *Reason)
    assert len(opened.delivery.id) <= max(ID_CHARS_MAX, 80)
    assert record.reason or json.loads(opened.body)


@pytest.mark.parametrize(
    ("attributes", "claimed"),
    [
        ({"event-type": SLEEP, "blob-type": "json", "blob-codec": "gzip"}, Claimed(SLEEP, owner="u", codec="gzip")),
        ({"event_type": SLEEP, "blob-type": "JSON", "blob-codec": "null"}, Claimed(SLEEP, owner="u")),
        ({"event_type": SLEEP, "event-type": SLEEP}, Claimed(SLEEP, owner="u")),
        ({"blob-codec": "", "blob-type": ""}, Claimed(owner="u")),
    ],
)
def test_names_of_attributes(attributes: dict[str, str], claimed: Claimed) -> None:
    """Those that Junction documents, and the older name of the type; the ordering key is the user, or the team."""
    envelope = read_envelope(PubSubProperties({**attributes, "idempotency-key": "k"}, "u", 7), "s")
    assert (envelope.problem, envelope.claimed, envelope.id, envelope.made_at_ms) == (None, claimed, "k", 7)
    assert (envelope.door, envelope.endpoint) == ("pubsub", "s")


@pytest.mark.parametrize(
    ("attributes", "key", "reason"),
    [
        ({"blob-codec": "br"}, "", "unknown_codec: blob-codec"),
        ({"blob-type": "avro"}, "", "unknown_codec: blob-type"),
        ({"event-type": "a.b", "event_type": "a.c"}, "", "envelope_conflict: event_type"),
        ({"event-type": "x" * 257}, "", "envelope_conflict: event-type"),
        ({}, "x" * 257, "envelope_conflict: ordering key"),
    ],
)
def test_what_cannot_be_meant(attributes: dict[str, str], key: str, reason: str) -> None:
    """Two types, a type or a user that none can be, or bytes of an unknown form: no guess."""
    said = read_envelope(PubSubProperties(attributes, key), "s")
    assert (str(said.problem), said.claimed.codec, said.id) == (reason, "", "")


@pytest.mark.parametrize("n_chars", [256, 257])
def test_lengths(n_chars: int) -> None:
    """As long as an id may be, and no longer; a longer delivery id is a hash of it."""
    said = read_envelope(PubSubProperties({"event-type": "x" * n_chars}, "y" * n_chars), "s")
    assert (said.problem is None) == (n_chars == ID_CHARS_MAX)
    assert (len(said.claimed.event_type), len(said.claimed.owner)) == (ID_CHARS_MAX, ID_CHARS_MAX)
