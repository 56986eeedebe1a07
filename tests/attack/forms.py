"""Forms of requests on which two readers may differ: where one ends, and whether there are two.

Each carries a second, rightly signed delivery behind or within the first, which is wrongly signed. Whoever takes the
second as a request of its own stores it: it is on the topic then, which cannot be explained away. `Right.REFUSED`: the
grammar of RFC 9112 forbids the form, so it is 400 (or another refusal of the form) or a closed connection, once.
`Right.ONE`: legal or harmless, so it is answered as any forged delivery, once. `Right.OPEN`: legal as far as it goes,
so the rest may be waited for. `Right.TWO`: legal, and two.
"""

from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from tests.attack.requests import CRLF, PATH, chunk, delivery, forged, head


class Right(Enum):
    REFUSED = "refused"
    ONE = "one"
    OPEN = "open"
    TWO = "two"


class Form(NamedTuple):
    """`inner`: the id of the delivery that must not come in. `status`: of those allowed by `right`."""

    name: str
    request: bytes
    right: Right

    @property
    def inner(self) -> str:
        return f"smuggled_{self.name}"


def forms() -> Iterator[Form]:
    """All of them, signed now."""
    for name, request, right in (
        *_lengths(),
        *_lengths_and_codings(),
        *_codings(),
        *_chunks(),
        *_lines(),
        *_targets(),
        *_versions(),
        *_wishes(),
    ):
        yield Form(name, request, right)


Made = tuple[str, bytes, Right]


def _inner(name: str) -> bytes:
    """The second request."""
    return delivery(f"smuggled_{name}", b'{"event_type": "smuggled", "user_id": "nobody"}')


def _raw(lines: list[bytes], end: bytes = CRLF, first: bytes = b"POST " + PATH.encode() + b" HTTP/1.1") -> bytes:
    """A head of these very bytes, with the headers of a forged delivery."""
    return end.join([first, b"Host: x", *lines, *(line.encode() for line in forged()), b"", b""])


def _lengths() -> Iterator[Made]:
    inner = _inner("length_two_differ")
    yield "length_two_differ", head(["Content-Length: 0", f"Content-Length: {len(inner)}", *forged()]) + inner, _NO
    for name, value in {
        "two_same": "2\r\nContent-Length: 2",
        "list": "2, 2",
        "list_differ": "2, 500",
        "plus": "+2",
        "minus": "-2",
        "inner_space": "1 2",
        "hex": "0x2",
        "letter": "2a",
        "underscore": "0_2",
        "point": "2.0",
        "quoted": '"2"',
        "empty": "",
        "overflow_64": "18446744073709551618",
        "overflow_32": "4294967298",
        "long": "9" * 400,
    }.items():
        full = f"length_{name}"
        # A number that does not fit is no forbidden form, only a body that is too large.
        yield full, head([f"Content-Length: {value}", *forged()]) + b"{}" + _inner(full), _NO
    for name, value in {"zeros": "0002", "tab": "\t2\t"}.items():
        full = f"length_{name}"
        yield full, head([f"Content-Length: {value}", *forged()]) + b"{}", Right.ONE


def _lengths_and_codings() -> Iterator[Made]:
    """CL+TE and TE+CL: the end of the body by one is the beginning of a request by the other."""
    for name, coding in {"": "chunked", "_cased": "cHuNkEd", "_tab": "\tchunked"}.items():
        inner = _inner(f"cl_te{name}")
        lines = [f"Content-Length: {5 + len(inner)}", f"Transfer-Encoding: {coding}"]
        yield f"cl_te{name}", head([*lines, *forged()]) + b"0\r\n\r\n" + inner, _NO
        inner = _inner(f"te_cl{name}")
        lines = [f"Transfer-Encoding: {coding}", "Content-Length: 5"]
        yield f"te_cl{name}", head([*lines, *forged()]) + chunk(inner) + b"0\r\n\r\n", _NO
    inner = _inner("te_cl_zero")
    yield "te_cl_zero", head(["Transfer-Encoding: chunked", "Content-Length: 0", *forged()]) + inner, _NO
    inner = _inner("te_http_1_0")
    old = head(["Connection: keep-alive", "Transfer-Encoding: chunked", *forged()], version="HTTP/1.0")
    yield "te_http_1_0", old + b"0\r\n\r\n" + inner, _NO


def _codings() -> Iterator[Made]:
    for name, line in {
        "unknown": b"Transfer-Encoding: xchunked",
        "cut": b"Transfer-Encoding: chunk",
        "identity": b"Transfer-Encoding: identity",
        "chunked_identity": b"Transfer-Encoding: chunked, identity",
        "gzip": b"Transfer-Encoding: gzip",
        "gzip_chunked": b"Transfer-Encoding: gzip, chunked",
        "twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "twice_other": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "list_twice": b"Transfer-Encoding: chunked, chunked",
        "vertical_tab": b"Transfer-Encoding: \x0bchunked",
        "null": b"Transfer-Encoding: chunked\x00",
        "quoted": b'Transfer-Encoding: "chunked"',
        "semicolon": b"Transfer-Encoding: chunked;q=1",
        "space_before_colon": b"Transfer-Encoding : chunked",
        "tab_before_colon": b"Transfer-Encoding\t: chunked",
        "no_name": b": chunked",
        "folded": b"Transfer-Encoding:\r\n chunked",
        "folded_other": b"X-Other: y\r\n Transfer-Encoding: chunked",
        "bare_cr": b"X-Other: y\rTransfer-Encoding: chunked",
        "high_byte": b"Transfer-Encoding: chunked\xff",
    }.items():
        full = f"coding_{name}"
        yield full, _raw([line]) + b"0\r\n\r\n" + _inner(full), _NO
    # Another name altogether, and so a request without a body: the zero chunk behind it is junk.
    full = "coding_underscore"
    yield full, _raw([b"Transfer_Encoding: chunked"]) + b"0\r\n\r\n" + _inner(full), Right.ONE
    yield "coding_cased", _raw([b"tRANSFER-eNCODING:  CHUNKED "]) + b"0\r\n\r\n", Right.ONE


def _chunks() -> Iterator[Made]:
    for name, lines in {
        "hex_prefix": b"0x2\r\n{}\r\n0\r\n\r\n",
        "plus": b"+2\r\n{}\r\n0\r\n\r\n",
        "minus": b"-2\r\n{}\r\n0\r\n\r\n",
        "space_first": b" 2\r\n{}\r\n0\r\n\r\n",
        "empty": b"\r\n{}\r\n0\r\n\r\n",
        "bare_lf": b"2\n{}\n0\n\n",
        "bare_lf_in_extension": b"2;a\n{}\r\n0\r\n\r\n",
        "bare_cr_in_extension": b"2;a\rb\r\n{}\r\n0\r\n\r\n",
        "data_too_long": b"2\r\n{}{}\r\n0\r\n\r\n",
        "data_too_short": b"3\r\n{}\r\n0\r\n\r\n",
        "data_end_other": b"2\r\n{}XX0\r\n\r\n",
        "overflow": b"10000000000000002\r\n{}\r\n0\r\n\r\n",
    }.items():
        full = f"chunk_{name}"
        yield full, _raw([b"Transfer-Encoding: chunked"]) + lines + _inner(full), _NO
    full = "chunk_almost_overflow"
    waiting = _raw([b"Transfer-Encoding: chunked"]) + b"fffffffffffffffe\r\n{}\r\n0\r\n\r\n"
    yield full, waiting + _inner(full), Right.OPEN
    for name, lines in {
        "extension": b'2;a=b;c="d"\r\n{}\r\n0;x\r\n\r\n',
        "zeros": b"0000000002\r\n{}\r\n000\r\n\r\n",
        "trailers": b"2\r\n{}\r\n0\r\nX-Trailer: y\r\n\r\n",
        "trailer_length": b"2\r\n{}\r\n0\r\nContent-Length: 500\r\n\r\n",
        "trailer_signature": b"2\r\n{}\r\n0\r\nsvix-id: other\r\n\r\n",
    }.items():
        yield f"chunk_{name}", _raw([b"Transfer-Encoding: chunked"]) + lines, Right.ONE


def _lines() -> Iterator[Made]:
    for name, line in {
        "space_before_colon": b"X-Other : y",
        "no_colon": b"X-Other",
        "empty_name": b": y",
        "null_in_name": b"X-\x00: y",
        "null_in_value": b"X-Other: \x00",
        "space_in_name": b"X Other: y",
        "folded": b"X-Other: a\r\n b",
        "bare_cr": b"X-Other: a\rb",
        "high_byte_in_name": b"X-\xff: y",
    }.items():
        full = f"line_{name}"
        yield full, _raw([b"Content-Length: 2", line]) + b"{}" + _inner(full), _NO
    first = b"POST " + PATH.encode() + b" HTTP/1.1\r\n Content-Length: 500"
    yield "line_space_first", _raw([b"Content-Length: 2"], first=first) + b"{}" + _inner("line_space_first"), _NO
    # Legal to take (RFC 9112, 2.2): one request, whichever way.
    yield "line_bare_lf", _raw([b"Content-Length: 2"], end=b"\n") + b"{}", Right.ONE
    mixed = _raw([b"Content-Length: 2\nX-Other: y"])
    yield "line_one_bare_lf", mixed + b"{}", Right.ONE
    hidden = _raw([b"X-Other: y\nTransfer-Encoding: chunked", b"Content-Length: 5"])
    yield "line_bare_lf_hides_coding", hidden + b"0\r\n\r\n" + _inner("line_bare_lf_hides_coding"), _NO
    yield "line_empty_first", CRLF + _raw([b"Content-Length: 2"]) + b"{}", Right.ONE
    yield "host_twice", _raw([b"Host: other", b"Content-Length: 2"]) + b"{}", Right.ONE
    no_host = b"\r\n".join([b"POST " + PATH.encode() + b" HTTP/1.1", b"Content-Length: 2", b"", b"{}"])
    yield "host_missing", no_host, Right.ONE


def _targets() -> Iterator[Made]:
    two = [b"Content-Length: 2"]
    for name, target in {
        "absolute": b"http://x" + PATH.encode(),
        "absolute_metrics": b"http://x/metrics",
        "encoded_metrics": b"/%6detrics",
        "dots": b"/webhooks/../metrics",
        "query": PATH.encode() + b"?a=b",
        "fragment": PATH.encode() + b"#a",
        "slashes": b"//webhooks//junction",
        "encoded": b"/webhooks/%6aunction",
        "encoded_slash": b"/webhooks%2fjunction",
        "high_byte": b"/webhooks/\xff\xfe",
        "bad_escape": b"/webhooks/%zz",
        "null_escape": b"/webhooks/junction%00",
        "line_escape": b"/webhooks/junction%0d%0aX-Other:%20y",
        "star": b"*",
        "empty_path": b"http://x",
        "authority": b"gateway.example.com:443",
        "long": b"/webhooks/" + b"a" * 20_000,
    }.items():
        yield f"target_{name}", _raw(two, first=b"POST " + target + b" HTTP/1.1") + b"{}", Right.ONE
    for name, first in {
        "space": b"POST /webhooks/junction x HTTP/1.1",
        "null": b"POST /webhooks/junction\x00 HTTP/1.1",
        "none": b"POST HTTP/1.1",
        "method_space": b"PO ST /webhooks/junction HTTP/1.1",
        "method_null": b"PO\x00ST /webhooks/junction HTTP/1.1",
        "http_in_target": b"POST /webhooks/junction HTTP/1.1 HTTP/1.1",
    }.items():
        full = f"first_{name}"
        yield full, _raw(two, first=first) + b"{}" + _inner(full), _NO
    for name, first in {
        "connect": b"CONNECT x:443 HTTP/1.1",
        "lower": b"post /webhooks/junction HTTP/1.1",
        "unknown": b"FETCH /webhooks/junction HTTP/1.1",
        "get": b"GET /webhooks/junction HTTP/1.1",
    }.items():
        yield f"method_{name}", _raw(two, first=first) + b"{}", Right.ONE


def _versions() -> Iterator[Made]:
    # As HTTP/1.1 reads it, a head that has no end yet.
    yield "version_0_9", b"GET " + PATH.encode() + CRLF, Right.OPEN
    yield "version_0_9_post", b"POST " + PATH.encode() + CRLF + CRLF, _NO
    for version in (
        b"HTTP/1.2",
        b"HTTP/2.0",
        b"HTTP/3.0",
        b"HTTP/0.9",
        b"HTTP/1.10",
        b"HTTP/11",
        b"http/1.1",
        b"HTTP/1,1",
    ):
        full = "version_" + version.decode().lower().replace("/", "_").replace(".", "_").replace(",", "c")
        full += "_lower" * version.islower()
        first = b"POST " + PATH.encode() + b" " + version
        right = Right.ONE if version == b"HTTP/1.2" else _NO
        yield full, _raw([b"Content-Length: 2"], first=first) + b"{}", right
    full = "close_then_more"
    yield full, head(["Connection: close", "Content-Length: 2", *forged()]) + b"{}" + _inner(full), Right.ONE
    yield "http_2_preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9), _NO
    kept = head(["Connection: keep-alive", "Content-Length: 2", *forged()], version="HTTP/1.0") + b"{}"
    yield "version_1_0_kept", kept, Right.ONE
    for name, opening in {"unsigned": head(["Content-Length: 2"]) + b"{}", "none": b""}.items():
        full = f"pipelined_{name}"
        # What is refused by its head ends the connection, lest its body is read.
        yield full, opening + _inner(full), Right.ONE if opening else Right.TWO
    full = "pipelined_signed"
    yield full, _inner(full) * 2, Right.TWO


def _wishes() -> Iterator[Made]:
    """What a client may wish for: an answer before the body, another protocol."""
    two = "Content-Length: 2"
    yield "expect_continue", head([two, "Expect: 100-continue", *forged()]) + b"{}", Right.ONE
    yield "expect_other", head([two, "Expect: 200-ok", *forged()]) + b"{}", Right.ONE
    websocket = [
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: " + "A" * 22 + "==",
    ]
    yield "upgrade_websocket", head([two, *websocket, *forged()]) + b"{}", Right.ONE
    h2c = ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"]
    yield "upgrade_h2c", head([two, *h2c, *forged()]) + b"{}", Right.ONE
    tls = ["Connection: Upgrade", "Upgrade: TLS/1.2"]
    yield "upgrade_tls", head([two, *tls, *forged()]) + b"{}", Right.ONE
    inner = _inner("upgrade_and_more")
    yield (
        "upgrade_and_more",
        head(["Content-Length: 0", *h2c, *forged()]) + b"PRI * HTTP/2.0\r\n\r\n" + inner,
        Right.ONE,
    )


_NO = Right.REFUSED
