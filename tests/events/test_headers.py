"""Headers of records: CloudEvents, and whatever else stands in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events.headers import (
    H_SUBJECT,
    H_SVIX_ID,
    H_SVIX_SIGNATURE,
    H_TRACEPARENT,
    Delivery,
    cloud_headers,
    encode_headers,
    header,
    known_traceparent,
)
from streams.events.identity import Identity
from streams.events.types import parse_type

USER = "5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e77"


DELIVERY = Delivery(
    id="msg_1",
    door="webhook",
    endpoint="main",
    created_at="2026-06-03T06:15:00Z",
    received_at="2026-06-03T06:15:01Z",
    signature=((H_SVIX_ID, "msg_1"), (H_SVIX_SIGNATURE, "v1,abc")),
)


def test_headers_are_cloudevents() -> None:
    """A raw record carries the CloudEvents attributes of Kafka's binary mode and the signature as it came."""
    identity = Identity(parse_type("daily.data.sleep.created"), USER, "team")
    headers = cloud_headers(identity, DELIVERY)
    assert dict(headers) == {
        "ce_specversion": b"1.0",
        "ce_id": b"msg_1",
        "ce_type": b"daily.data.sleep.created",
        "ce_source": b"/junction/team/webhook/main",
        "ce_subject": USER.encode(),
        "ce_time": b"2026-06-03T06:15:00Z",
        "content-type": b"application/json",
        "ce_receivedtime": b"2026-06-03T06:15:01Z",
        "ce_door": b"webhook",
        "ce_origin": b"incremental",
        "ce_partitionkey": USER.encode(),
        "svix-id": b"msg_1",
        "svix-signature": b"v1,abc",
    }
    assert len(dict(headers)) == len(headers)


def test_what_is_not_known_has_no_header() -> None:
    """An empty value is absent, not an empty header: CloudEvents forbids empty attributes."""
    headers = cloud_headers(Identity(parse_type("checkout.quote.created"), "", "team"), DELIVERY)
    assert H_SUBJECT not in dict(headers)
    assert H_TRACEPARENT not in dict(headers)
    assert dict(headers)["ce_partitionkey"] == b"team"


@given(st.lists(st.tuples(st.text(min_size=1), st.text())))
def test_headers_are_read_back(rows: list[tuple[str, str]]) -> None:
    """What `encode_headers` wrote, `header` reads: the first non-empty value of a name, else ""."""
    headers = encode_headers((name, text.encode("utf-8", "replace").decode()) for name, text in rows)
    for name, _ in rows:
        assert header(headers, name) == next(
            (text.encode("utf-8", "replace").decode() for other, text in rows if other == name and text), ""
        )


@given(st.binary())
def test_a_header_of_any_bytes_is_text(value: bytes) -> None:
    """A stranger's header never stops the worker."""
    assert isinstance(header([("h", value)], "h"), str)


TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.mark.parametrize(
    ("text", "is_known"),
    [
        (f"00-{TRACE}-{SPAN}-01", True),
        (f"cc-{TRACE}-{SPAN}-00", True),  # a later version is read as far as it is this one
        (f"ff-{TRACE}-{SPAN}-01", False),
        (f"00-{'0' * 32}-{SPAN}-01", False),
        (f"00-{TRACE}-{'0' * 16}-01", False),
        (f"00-{TRACE.upper()}-{SPAN}-01", False),
        (f"00-{TRACE}-{SPAN}-01\n", False),
        ("", False),
    ],
)
def test_what_is_a_traceparent(text: str, is_known: bool) -> None:
    """W3C Trace Context, 3.2.2: version ff is invalid, and so are ids of zeros."""
    assert known_traceparent(text) == (text if is_known else "")
