"""What somebody without a right signature can find out at the door: nothing of which endpoints there are."""

import itertools
import socket
from collections.abc import Iterator
from http.client import HTTPResponse

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.connectors.webhook.gateways import NOW_S, Running, body_of, make_settings, signed, start


@pytest.fixture(scope="module")
def small_gateway() -> Iterator[Running]:
    """Small bodies, and slow ones are given up soon."""
    with start(make_settings(body_bytes_max=1024, publish_timeout_s=0.3)) as running:
        yield running


def answer(gateway: Running, endpoint: str, head: list[str], body: bytes = b"") -> tuple[int, dict[str, str], bytes]:
    """(status, headers without the date, body) of the answer to a request of raw bytes."""
    host, port = gateway.url.removeprefix("http://").split(":")
    request = [f"POST /webhooks/{endpoint} HTTP/1.1", "Host: x", *head, "", ""]
    # Each from an address of its own: refusals of one are held back where they are many.
    source = (f"127.0.1.{1 + next(_ADDRESSES) % 250}", 0)
    with socket.create_connection((host, int(port)), timeout=10, source_address=source) as connection:
        connection.sendall("\r\n".join(request).encode() + body)
        reply = HTTPResponse(connection, method="POST")
        reply.begin()
        return reply.status, {name: value for name, value in reply.getheaders() if name != "date"}, reply.read()


_ADDRESSES = itertools.count()
WRONG = {"svix-id": "msg_1", "svix-timestamp": str(NOW_S), "svix-signature": "v1,AAAA"}
LENGTHS = ("0", "2", "1025", "99999999", "9" * 30, "-1", "2, 2", "x")


@given(
    left_out=st.sets(st.sampled_from(sorted(WRONG)), max_size=1),
    changed=st.dictionaries(st.sampled_from(sorted(WRONG)), st.sampled_from(["", "x", "1", "v1a,AAAA", "a.b"])),
    length=st.sampled_from(LENGTHS),
    more=st.sampled_from([[], ["Transfer-Encoding: chunked"], ["svix-id: twice"], ["Expect: 100-continue"]]),
    body=st.sampled_from([b"{}", b"", b"x" * 1025, b"0\r\n\r\n", b"402\r\n" + b"x" * 1026 + b"\r\n0\r\n\r\n"]),
)
@settings(max_examples=60, deadline=None)
def test_a_stranger_cannot_find_an_endpoint(
    small_gateway: Running, left_out: set[str], changed: dict[str, str], length: str, more: list[str], body: bytes
) -> None:
    """Without a right signature the answer at an endpoint that we have is the one at an endpoint that we have not."""
    kept = {name: value for name, value in (WRONG | changed).items() if name not in left_out}
    sized = more if "Transfer-Encoding: chunked" in more else [f"Content-Length: {length}", *more]
    head = [*sized, *(f"{name}: {value}" for name, value in kept.items())]
    known, unknown = (answer(small_gateway, name, head, body) for name in ("junction", "nobody"))
    assert known == unknown


@pytest.mark.parametrize(
    ("head", "body", "status"),
    [
        (["Content-Length: 99999999"], b"", 413),
        (["Content-Length: 100"], b"{", 408),
        (["Transfer-Encoding: chunked"], b"402\r\n" + b"x" * 1026 + b"\r\n0\r\n\r\n", 413),
        (["Content-Length: 2"], b"{}", 401),
    ],
)
@pytest.mark.parametrize("endpoint", ["junction", "nobody"])
def test_each_refusal_at_any_endpoint(
    small_gateway: Running, head: list[str], body: bytes, status: int, endpoint: str
) -> None:
    """Too large, too slow and wrongly signed are answered by what they are, not by where they come in."""
    signature = [f"{name}: {value}" for name, value in WRONG.items()]
    assert answer(small_gateway, endpoint, [*head, *signature], body)[0] == status


def test_only_a_body_that_is_left_unread_ends_the_connection(small_gateway: Running) -> None:
    """Who is answered keeps the connection for the next delivery; who would send on to no end is cut off."""
    signature = [f"{name}: {value}" for name, value in signed(body_of()).items()]
    taken = answer(small_gateway, "junction", [f"Content-Length: {len(body_of())}", *signature], body_of())
    refused = answer(small_gateway, "junction", ["Content-Length: 0"])
    too_large = answer(small_gateway, "junction", ["Content-Length: 99999999", *signature])
    said = [(status, headers.get("connection")) for status, headers, _ in (taken, refused, too_large)]
    assert said == [(204, None), (401, None), (413, "close")]


def test_a_right_signature_opens_no_unknown_endpoint(small_gateway: Running) -> None:
    """What another endpoint's secret signed is refused where there is no endpoint."""
    before = len(small_gateway.publisher.records)
    assert small_gateway.post(body_of(), endpoint="nobody").status_code == 401
    assert len(small_gateway.publisher.records) == before
