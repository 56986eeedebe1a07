"""Headers, key and time of a record of Event Hubs → its envelope; and what becomes of the message."""

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contract.intake import opened_record
from connectors.contract.source import SourceMessage
from connectors.doors.opening import MessageBounds, open_message
from connectors.event_hubs.envelope import HubProperties, read_envelope
from streams.events import H_DOOR, H_ID, H_REASON, H_TIME, header
from streams.ops.errors import Reason, Rejected
from streams.ops.settings import Settings
from streams.simulator.delivery.hub_messages import amqp_text, hub_message
from tests.doors import SLEEP, USER, body_of

SETTINGS = Settings(_env_file=None, partitions=4)
BOUNDS = MessageBounds(16 * 1024, 64 * 1024)
ARRIVED_MS = 1_780_000_000_000
OTHER_USER = USER[:-1] + "2"
Headers = list[tuple[str, bytes | None]]


def brought(
    body: bytes, headers: Headers | None, key: bytes | None = None, timestamp_ms: int | None = None
) -> tuple[str, ...]:
    """Topic, reason, id, time and door of the record of a message."""
    envelope = read_envelope(HubProperties(headers, key, timestamp_ms), "hub")
    message = SourceMessage(None, len(body), lambda: open_message(envelope, body, ARRIVED_MS, BOUNDS))
    _, record = opened_record(message, SETTINGS)
    names = (H_REASON, H_ID, H_TIME, H_DOOR)
    return (record.topic.removeprefix("junction."), *(header(record.headers, name) for name in names))


def test_all_that_junction_says() -> None:
    """In AMQP's encoding and as plain text; the id of the delivery has the type before it."""
    key, body, headers = hub_message(body_of(1), SLEEP, USER, "t1", "01J")
    assert brought(body, [*headers], key, 1_780_000_000_123) == (
        "raw.summaries",
        "",
        f"{SLEEP}/01J",
        "2026-05-28T20:26:40.123Z",
        "azure",
    )


def test_the_same_word_twice() -> None:
    """AMQP's own property and the application's may both be there: two equal ones are one."""
    assert brought(body_of(1), [("user-id", USER.encode()), ("user-id", amqp_text(USER))])[1] == ""
    twice: Headers = [("user-id", USER.encode()), ("user-id", amqp_text(OTHER_USER))]
    assert brought(body_of(1), twice)[1] == Reason.ENVELOPE_CONFLICT


def test_nothing_is_said() -> None:
    """The body alone makes a record; without an id the same event has the same one, and the arrival is its time."""
    first, second = brought(body_of(1), []), brought(body_of(1), [])
    assert first[:2] == ("raw.summaries", "")
    assert first[2] == second[2]
    assert first[2].startswith("sha256:")
    assert first[3] == "2026-05-28T20:26:40.000Z"


PACKED = gzip.compress(body_of(1))


@pytest.mark.parametrize(
    ("body", "headers", "key", "reason"),
    [
        (body_of(1), [("event-type", amqp_text("daily.data.body.created"))], None, "envelope_conflict"),
        (body_of(1), [("user-id", OTHER_USER.encode())], None, "envelope_conflict"),
        (body_of(1), [("team-id", amqp_text("t2"))], None, "envelope_conflict"),
        (body_of(1), [], OTHER_USER.encode(), "envelope_conflict"),
        (body_of(1), [("content-encoding", b"gzip")], None, "not_unpacked"),
        (PACKED, [], None, "not_unpacked"),
        (PACKED[:-9], [("content-encoding", amqp_text("gzip"))], None, "not_unpacked"),
        (body_of(1), [("content-encoding", b"zstd")], None, "unknown_codec"),
        (gzip.compress(bytes(1_000_000)), [("content-encoding", b"gzip")], None, "too_large"),
        (bytes(17 * 1024), [], None, "too_large"),
        (b"", [("event-type", amqp_text(SLEEP))], None, "not_json"),
        (body_of(1), [("event-type", bytes.fromhex("710000012c"))], None, "unknown_codec"),
        (body_of(1), [("user-id", b"\xff\xfe")], None, "unknown_codec"),
        (body_of(1), [], b"\xff\xfe", "unknown_codec"),
        (body_of(1), None, None, "unknown_codec"),
    ],
)
def test_bad_input(body: bytes, headers: Headers | None, key: bytes | None, reason: str) -> None:
    """Each kind of it is a dead letter, and its reason says why."""
    assert brought(body, headers, key)[:2] == ("dead_letters", reason)


def test_a_letter_keeps_the_bytes_as_they_came() -> None:
    """Nothing of a body that could not be unpacked is lost."""
    envelope = read_envelope(HubProperties([("content-encoding", b"zstd")]), "hub")
    opened = open_message(envelope, b"zstd bytes", ARRIVED_MS, BOUNDS)
    assert (opened.body, opened.rejection and opened.rejection.detail) == (b"zstd bytes", "content-encoding")


NAMES = ["event-type", "user-id", "team-id", "content-encoding", "idempotency-key", "other"]
VALUES = st.one_of(
    st.none(), st.binary(max_size=20), st.sampled_from([b"gzip", b"null", amqp_text(SLEEP), amqp_text(USER)])
)
BODIES = st.one_of(st.binary(max_size=60), st.sampled_from([body_of(1), PACKED, PACKED[:-3]]))


@given(st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=6), VALUES, st.integers(-(2**63), 2**63), BODIES)
def test_any_message(headers: Headers, key: bytes | None, timestamp_ms: int, body: bytes) -> None:
    """A raw record or a dead letter, never an exception; a raw record only with JSON in it."""
    topic, reason, *_ = brought(body, headers, key, timestamp_ms)
    assert topic.startswith("raw.") != bool(reason)
    if not reason and not body.startswith(b"\x1f\x8b"):
        json.loads(body)


def test_a_problem_is_never_raised() -> None:
    """It is kept beside what could be read, so that a letter can be found by its user."""
    envelope = read_envelope(HubProperties([("event-type", b"\xff"), ("user-id", USER.encode())]), "hub")
    assert isinstance(envelope.problem, Rejected)
    assert envelope.claimed.user_id == USER
