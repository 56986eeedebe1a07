"""W3C Trace Context at the door: what goes with a record, whatever became of its body."""

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.webhook import trace
from streams.events.headers import encode_headers
from streams.events.signature import Verified
from streams.letters.letter import Letter
from streams.letters.returns import return_of
from streams.ops.settings import Settings
from tests.folding import NOW_MS, PREFIX
from tests.strategies import envelope
from tests.webhook_records import record_of

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
STATE = "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"
SETTINGS = Settings(_env_file=None, topic_prefix=PREFIX)
VERIFIED = Verified("msg_1", NOW_MS // 1000, 0, ())
FINE = json.dumps(envelope("daily.data.body.created", {"id": "1", "weight": 70})).encode()


def stored(body: bytes, parent: str, state: str) -> dict[str, str]:
    made = record_of(body, VERIFIED, "junction", parent, state, now_s=NOW_MS / 1000, settings=SETTINGS)
    return {name: value.decode() for name, value in made.headers}


@pytest.mark.parametrize("body", [FINE, b"{"])
def test_both_go_with_a_record(body: bytes) -> None:
    """A raw record, and a dead letter of the door."""
    headers = stored(body, PARENT, STATE)
    assert (headers["traceparent"], headers["tracestate"]) == (PARENT, STATE)


def test_both_come_back_with_a_letter() -> None:
    """A letter of the door that can be read by now becomes the record that it would have been."""
    headers = encode_headers(stored(b"{", PARENT, STATE).items())
    put = return_of(Letter(0, 0, NOW_MS, b"", FINE, headers), PREFIX, 4)
    assert dict(put.headers)["tracestate"].decode() == STATE


@pytest.mark.parametrize("parent", ["", "00-x", PARENT.upper(), f"00-{'0' * 32}-00f067aa0ba902b7-01"])
def test_a_state_without_a_parent_is_nobodys(parent: str) -> None:
    """Neither goes on."""
    assert not {"traceparent", "tracestate"} & stored(FINE, parent, STATE).keys()


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (STATE, STATE),
        (" rojo=1 ,, congo=2\t", "rojo=1,congo=2"),
        ("fw529a3039@dt=FfAAA,a/b*c_d-e= x", "fw529a3039@dt=FfAAA,a/b*c_d-e= x"),
        ("k=" + "v" * 254, "k=" + "v" * 254),
        ("rojo=1,congo", ""),
        ("Rojo=1", ""),
        ("rojo=a=b", ""),
        ("rojo=t\xe4glich", ""),
        ("rojo=1\r\nx: y", ""),
        ("k=" + "v" * 257, ""),
        (",".join(f"k{n}=1" for n in range(33)), ""),
        (",".join(f"k{n}={'v' * 60}" for n in range(9)), ""),
    ],
)
def test_what_is_a_state(sent: str, kept: str) -> None:
    """Members as the standard has them, 32 of them and 512 characters at most; anything else is dropped whole."""
    assert trace.state(sent) == kept


@given(st.text(st.sampled_from([*string.printable, "é", "\x00"])) | st.text())
def test_what_is_kept_is_short_and_printable(sent: str) -> None:
    """Whatever a stranger sends; and what was kept once is kept again as it is."""
    kept = trace.state(sent)
    assert len(kept) <= trace.STATE_CHARS_MAX
    assert all(" " <= char <= "~" for char in kept)
    assert trace.state(kept) == kept


def test_several_headers_are_one_list() -> None:
    """Their members follow each other in the order in which they were sent."""
    sent = [(b"tracestate", b"a=1"), (b"traceparent", PARENT.encode()), (b"tracestate", b"b=2")]
    assert trace.of(sent) == (PARENT, "a=1,b=2")
    assert trace.of([(b"host", b"x")]) == ("", "")
