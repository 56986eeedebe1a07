"""What a probe is, and what its body tries."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events import probe

ID = f"{probe.ID_PREFIX}1"


@given(st.text("0123456789abcdef", min_size=1, max_size=64), st.integers(probe.BODY_BYTES_MIN, 70_000))
def test_a_body_is_json_of_the_size_that_was_asked_for(nonce: str, n_bytes: int) -> None:
    """To the byte; it says what it is and nothing else, so that whoever takes it for an event finds no user in it."""
    body = probe.body_of(nonce, n_bytes)
    assert len(body) == n_bytes
    said = json.loads(body)
    assert (said["event_type"], said["nonce"], set(said)) == (probe.TYPE, nonce, {"nonce", "event_type", "odd"})
    assert probe.is_probe(ID, body)


def test_it_goes_up_to_a_mebibyte_and_each_is_another() -> None:
    """No cache of answers can take one for the next."""
    bodies = {probe.body_of(nonce, 1 << 20) for nonce in "ab"}
    assert [len(body) for body in bodies] == [1 << 20] * 2
    assert probe.body_of("a", 1 << 20) in bodies


WAYS = {
    "written again by Python": lambda body: json.dumps(json.loads(body)).encode(),
    "written again without escapes": lambda body: json.dumps(json.loads(body), ensure_ascii=False).encode(
        "utf-8", "surrogatepass"
    ),
    "ends of lines": lambda body: body.replace(b"\r\n", b"\n"),
    "other ends of lines": lambda body: body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"),
    "trimmed": bytes.strip,
    "tabs": bytes.expandtabs,
    "doubled blanks": lambda body: b" ".join(body.split()),
    "escapes of HTML": lambda body: body.replace(b"<", b"&lt;"),
    "entities resolved": lambda body: body.replace(b"&amp;", b"&"),
    "percent signs resolved": lambda body: body.replace(b"%41", b"A"),
    "plus for a blank": lambda body: body.replace(b"+", b" "),
    "latin-1": lambda body: body.decode("utf-8").encode("latin-1", "replace"),
    "no marks of order": lambda body: body.replace("\ufeff".encode(), b""),
    "no control characters": lambda body: body.replace(b"\x7f", b""),
    "slashes unescaped": lambda body: body.replace(b"\\/", b"/"),
}


@pytest.mark.parametrize("way", WAYS)
def test_whoever_touches_it_changes_it(way: str) -> None:
    """The smallest body has all traps: what servers between do to texts changes bytes of it."""
    body = probe.body_of("0")
    assert WAYS[way](body) != body


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        b'{"event_type": 7}',
        b'{"event_type": "daily.data.sleep.created"}',
        b'{"type": "junction_streams.probe"}',
    ],
)
def test_an_id_alone_makes_no_probe(body: bytes) -> None:
    """What does not say the type is a delivery, whatever its id is."""
    assert not probe.is_probe(ID, body)


def test_a_type_alone_makes_no_probe() -> None:
    """A delivery is known by its id, before its body is looked at."""
    assert not probe.is_probe("msg_1", probe.body_of("0"))


@given(st.binary(max_size=200), st.text(max_size=20))
def test_no_bytes_make_it_raise(body: bytes, rest: str) -> None:
    """Whatever was signed."""
    assert probe.is_probe(probe.ID_PREFIX + rest, body) in (False, True)


USES = st.builds(probe.ProbedUse, st.integers(0, 10**17), *[st.integers(0, 10**14).map(lambda ms: ms / 1000)] * 2)


@given(st.lists(USES, max_size=12))
def test_uses_are_read_as_they_were_written(uses: list[probe.ProbedUse]) -> None:
    """To the millisecond."""
    assert list(probe.read_uses(probe.uses_text(uses))) == uses


@pytest.mark.parametrize("text", ["1", "1/2/3", "1/2.000/3.000,", "-1/2.000/3.000", "1/nan/3.000", "1/2.000/3.000 "])
def test_what_are_no_uses(text: str) -> None:
    """Somebody else's answer is seen to be one."""
    with pytest.raises(ValueError, match="no uses"):
        probe.read_uses(text)
