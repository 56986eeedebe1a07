"""Any message becomes a record or a dead letter; each kind of bad input has one answer."""

import gzip
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.contract.intake import StoredRecord, opened_record
from connectors.contract.source import Opened, SourceMessage
from connectors.doors.message_file import parse
from connectors.doors.opening import MessageBounds, open_message
from connectors.rabbitmq.envelope import Properties, read_envelope
from connectors.rabbitmq.from_file import message_of
from streams.events import H_LEFT_OUT, H_REASON, header
from streams.events.text import ID_CHARS_MAX
from streams.ops.errors import Misconfigured, Reason
from streams.ops.settings import Settings
from tests.doors import SLEEP, body_of

MIB = 1024 * 1024
SETTINGS = Settings(_env_file=None, partitions=4)
BOUNDS = MessageBounds(16 * MIB, 20 * MIB)
BODY, PACKED = body_of(1), gzip.compress(body_of(1))


def read(properties: Properties, raw: bytes, bounds: MessageBounds = BOUNDS) -> tuple[Opened, StoredRecord]:
    """By the way of the door."""
    envelope = read_envelope(properties, "junction")
    return opened_record(SourceMessage(None, len(raw), lambda: open_message(envelope, raw, 0, bounds)), SETTINGS)


ANSWERS: dict[str, tuple[Properties, bytes, str]] = {
    "no properties": (Properties(), BODY, ""),
    "as Junction sends it": (Properties(SLEEP, "application/json", "gzip", "01J"), PACKED, ""),
    "another type in the body": (Properties("daily.data.body.created"), BODY, Reason.ENVELOPE_CONFLICT),
    "a routing key that is no type": (Properties("junction"), BODY, Reason.ENVELOPE_CONFLICT),
    "a routing key with half a character": (Properties("daily.\udcff"), BODY, Reason.UNKNOWN_CODEC),
    "a routing key of numbers": (Properties(7), BODY, Reason.UNKNOWN_CODEC),
    "gzip, and it is plain": (Properties(SLEEP, None, "gzip"), BODY, Reason.NOT_UNPACKED),
    "plain, and it is gzip": (Properties(SLEEP), PACKED, Reason.NOT_UNPACKED),
    "zstd": (Properties(SLEEP, None, "zstd"), BODY, Reason.UNKNOWN_CODEC),
    "no JSON by its type": (Properties(SLEEP, "application/x-protobuf"), BODY, Reason.UNKNOWN_CODEC),
    "a bomb": (Properties(SLEEP, None, "gzip"), gzip.compress(bytes(17 * MIB)), Reason.TOO_LARGE),
    "an empty body": (Properties(SLEEP), b"", Reason.NOT_JSON),
    "16 MiB and a byte": (Properties(SLEEP), b" " * (16 * MIB + 1), Reason.TOO_LARGE),
    "no UTF-8": (Properties(SLEEP), b'{"event_type": "\xff"}', Reason.NO_EVENT_TYPE),
    "an id of another kind": (Properties(SLEEP, message_id=7), BODY, Reason.UNKNOWN_CODEC),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_bad_input_has_one_answer(name: str) -> None:
    """A raw record, or a dead letter for one reason; a dead letter has the bytes as they came."""
    properties, raw, reason = ANSWERS[name]
    opened, record = read(properties, raw)
    assert record.reason == reason
    assert header(record.headers, H_REASON) == reason
    assert opened.body == (raw if reason else BODY)


def test_what_no_record_holds_leaves_its_size() -> None:
    """The dead letter has no bytes, and says how many there were."""
    raw = bytes(3000)
    opened, record = read(Properties(SLEEP), raw, MessageBounds(1000, 2000))
    assert (opened.body, record.reason, header(record.headers, H_LEFT_OUT)) == (b"", Reason.TOO_LARGE, "3000")


TEXT = st.text(st.characters(), max_size=ID_CHARS_MAX + 1)
ANYTHING: Any = st.one_of(
    st.none(), TEXT, st.binary(max_size=30), st.integers(), st.booleans(), st.floats(), st.lists(st.integers()),
    st.datetimes(), st.datetimes(timezones=st.just(UTC)), st.sampled_from(["gzip", SLEEP, "application/json"]),
    st.dictionaries(st.sampled_from(["timestamp_in_ms", "x"]), st.one_of(st.integers(), TEXT)),
)  # fmt: skip
RAW = st.one_of(st.binary(max_size=200), st.sampled_from([BODY, PACKED, PACKED[:-3]]), st.binary().map(gzip.compress))


@settings(max_examples=150, deadline=None)
@given(properties=st.builds(Properties, *[ANYTHING] * len(Properties._fields)), raw=RAW)
def test_any_message_is_a_record_or_a_dead_letter(properties: Properties, raw: bytes) -> None:
    """Never an exception, and the same message has the same id."""
    opened, record = read(properties, raw)
    assert record.headers
    assert opened.delivery.id == read(properties, raw)[0].delivery.id
    assert bool(record.reason) == record.topic.endswith("dead_letters")


def test_one_word_for_two_types_is_two_deliveries() -> None:
    """A sender's word is unique for a user and a type; where the transport names no type, the body's stands with it."""
    bodies = [body_of(1), body_of(1, event_type="daily.data.body.created")]
    ids = [read(Properties(message_id="01J"), body)[0].delivery.id for body in bodies]
    assert ids == [f"{SLEEP}/01J", "daily.data.body.created/01J"]


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"{}", b'{"body": "", "body_file": "x"}', b'{"body_file": "none"}', b'{"body_base64": "%"}']
)
def test_a_file_that_is_no_message_is_a_sentence(text: bytes, tmp_path: Any) -> None:
    """A person reads it: it names the field."""
    with pytest.raises(Misconfigured, match="message"):
        parse(text, tmp_path)


def test_a_message_from_a_file(tmp_path: Any) -> None:
    """As the queue would hand it out: type, time, id; the body from beside it."""
    (tmp_path / "body.gz").write_bytes(PACKED)
    said = b'{"routing_key": "%s", "properties": {"content_encoding": "gzip", "timestamp": 60}, "body_file": "body.gz"}'
    opened = message_of(parse(said % SLEEP.encode(), tmp_path), "junction", 0, BOUNDS).open()
    assert (opened.body, opened.delivery.created_at) == (BODY, "1970-01-01T00:01:00.000Z")
    by_queue = read(Properties(SLEEP, None, "gzip", timestamp=datetime.fromtimestamp(60, UTC)), PACKED)[0]
    assert opened.delivery == by_queue.delivery
