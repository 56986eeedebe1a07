"""Values of headers, against Microsoft's encoder and vectors of Apache Qpid's."""

import contextlib
import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from azure.eventhub._pyamqp import _encode as microsoft
from hypothesis import given
from hypothesis import strategies as st

from connectors.event_hubs.amqp_values import text_of
from streams.events.text import ID_CHARS_MAX
from streams.ops.errors import Reason, Rejected
from streams.simulator.delivery.hub_messages import amqp_text

VECTORS = [tuple(row) for row in json.loads((Path(__file__).parent / "vectors" / "proton.json").read_text())]
LETTERS = {"41": "A", "42": "B", "43": "C", "44": "D"}  # true, false, 0, 0: nothing tells them from a letter
# What ids, types and codecs are made of: anything that can be printed.
TEXTS = st.text(st.characters(exclude_categories=("C", "Z")), max_size=ID_CHARS_MAX)


def encoded(value: Any) -> bytes:
    """As Microsoft's client puts a property on the wire."""
    output = bytearray()
    microsoft.encode_value(output, value)
    return bytes(output)


@given(TEXTS, st.booleans())
def test_microsofts_texts_come_back(text: str, is_small: bool) -> None:
    """As text, symbol (of ASCII) and bytes, with a short and with a long length; and as plain text."""
    forms = [microsoft.encode_string, microsoft.encode_binary, *([microsoft.encode_symbol] if text.isascii() else [])]
    for encode in forms:
        output = bytearray()
        encode(output, text.encode(), use_smallest=is_small)
        assert text_of(bytes(output), "n") == text
    assert text_of(text.encode(), "n") == (text if text != "@" else "")


@given(TEXTS)
def test_the_simulator_writes_what_microsoft_writes(text: str) -> None:
    """Byte for byte."""
    assert amqp_text(text) == encoded(text)


@pytest.mark.parametrize(("kind", "bytes_hex", "text"), VECTORS)
def test_qpids_values(kind: str, bytes_hex: str, text: str | None) -> None:
    """Texts as they were; a number is refused, but for one of a single byte, which looks like a letter."""
    value = bytes.fromhex(bytes_hex)
    if text is None and bytes_hex in LETTERS:
        assert text_of(value, "n") == LETTERS[bytes_hex]
    elif text is None:
        with pytest.raises(Rejected, match="unknown_codec: n"):
            text_of(value, "n")
    else:
        assert text_of(value, "n") == text


def test_no_value() -> None:
    """A header without a value, an empty one and AMQP's null say nothing; a UUID is its text."""
    assert [text_of(value, "n") for value in (None, b"", encoded(None))] == ["", "", ""]
    id = uuid.UUID("5f0c2c0e-0000-4000-8000-000000000001")
    assert text_of(encoded(id), "n") == str(id)


@pytest.mark.parametrize(
    "value",
    [
        b"\xa1",
        b"\xa1\x05hell",
        b"\xa1\x05hello!",
        b"\xb1\x00\x00\x01",
        b"\xb1\xff\xff\xff\xffhello",
        b"\xa1\x02\xff\xfe",
        b"\xa3\x02\xc3\xbc",
        b"\xff\xfe",
        b"two\nlines",
        b"x" * (ID_CHARS_MAX + 1),
        b"\x98short",
        encoded([1, 2]),
        encoded({"a": 1}),
        encoded(1234),
    ],
)
def test_what_is_no_text(value: bytes) -> None:
    """Cut off, longer than it says, not UTF-8, no ASCII in a symbol, too long, a list, a map, a number."""
    with pytest.raises(Rejected) as refused:
        text_of(value, "event-type")
    assert (refused.value.reason, refused.value.detail) == (Reason.UNKNOWN_CODEC, "event-type")


@given(st.binary(max_size=300))
def test_any_bytes(value: bytes) -> None:
    """A text that can be printed, or refused; never another error."""
    with contextlib.suppress(Rejected):
        assert text_of(value, "n").isprintable()
