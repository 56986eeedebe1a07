"""What the door reads of a head: any bytes, in one pass."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.webhook.head import endpoint_of, read_head

NAMES = (
    b"content-length", b"transfer-encoding", b"x-forwarded-for", b"traceparent", b"tracestate",
    b"svix-id", b"svix-timestamp", b"svix-signature", b"webhook-id", b"host", b"svix-other",
)  # fmt: skip
values = st.one_of(st.binary(max_size=40), st.integers().map(lambda n: str(n).encode()), st.just("²".encode("latin-1")))
headers = st.lists(st.tuples(st.one_of(st.sampled_from(NAMES), st.binary(max_size=20)), values), max_size=12)


@given(headers)
def test_any_bytes_are_read(given_headers: list[tuple[bytes, bytes]]) -> None:
    """Whatever is sent is read without an exception; a signature's headers come out as they came, twice where twice."""
    head = read_head(given_headers)
    wanted = [(name.decode(), value.decode("latin-1")) for name, value in given_headers if name in NAMES[5:9]]
    assert head.signature == wanted
    assert head.length >= -1
    names = {name for name, _ in given_headers}
    assert head.has_body == (head.length > 0 or b"transfer-encoding" in names)
    forwarded = [value.decode("latin-1") for name, value in given_headers if name == b"x-forwarded-for"]
    assert head.forwarded_for == ",".join(forwarded)


@pytest.mark.parametrize(
    ("length", "n_bytes"),
    [
        (b"0", 0),
        (b"17", 17),
        (b"", -1),
        (b"-1", -1),
        (b"1_0", -1),
        (b" 1", -1),
        (b"\xb2", -1),
        (b"9" * 5000, 10**20 - 1),
    ],
)
def test_lengths(length: bytes, n_bytes: int) -> None:
    """A length is digits alone; one without end is no work and still too large."""
    assert read_head([(b"content-length", length)]).length == n_bytes


def test_lists_are_joined() -> None:
    """Lines of a list are one list, in order; a traceparent is no list, so the first one counts."""
    sent = [
        (b"x-forwarded-for", b"192.0.2.1, 192.0.2.2"), (b"tracestate", b"a=1"), (b"traceparent", b"one"),
        (b"x-forwarded-for", b"192.0.2.3"), (b"tracestate", b"b=2"), (b"traceparent", b"two"),
    ]  # fmt: skip
    head = read_head(sent)
    assert (head.forwarded_for, head.tracestate, head.traceparent) == (
        "192.0.2.1, 192.0.2.2,192.0.2.3",
        "a=1,b=2",
        "one",
    )


@pytest.mark.parametrize(
    ("path", "endpoint"),
    [
        ("/webhooks/junction", "junction"),
        ("/webhooks/junction/", "junction"),
        ("/webhooks/junction//", None),
        ("/webhooks/a/b", None),
        ("/webhooks/", None),
        ("/webhooks//", None),
        ("/webhooks", None),
        ("/Webhooks/junction", None),
        ("//webhooks/junction", None),
        ("/", None),
        ("", None),
    ],
)
def test_endpoints_of_paths(path: str, endpoint: str | None) -> None:
    """One name behind /webhooks/, with or without a slash at its end; everything else leads nowhere."""
    assert endpoint_of(path) == endpoint


@given(st.text(max_size=40))
def test_any_path(name: str) -> None:
    """A name without a slash is the endpoint, whatever it is made of; it never holds a slash."""
    for path in (name, f"/webhooks/{name}"):
        found = endpoint_of(path)
        assert found is None or (found and "/" not in found)
    assert "/" in name or endpoint_of(f"/webhooks/{name}") == (name or None)
