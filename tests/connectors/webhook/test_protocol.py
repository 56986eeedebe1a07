"""What the server refuses before the door sees a request, and when a connection lives on: raw bytes, real sockets."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPResponse

import pytest

from connectors.webhook.limits import senders
from connectors.webhook.protocol import PIPELINED_MAX
from tests.connectors.webhook.gateways import NOW_S, Running, body_of, make_settings, signed, start

BODY = body_of()
POST = "POST /webhooks/junction HTTP/1.1\r\nHost: x\r\n"
CONNECTIONS_MAX, ADDRESSES = 16, 20


@pytest.fixture(scope="module")
def gateway() -> Iterator[Running]:
    with start(make_settings(publish_timeout_s=5.0)) as running:
        yield running


@contextmanager
def connected(gateway: Running, source: str = "127.0.0.1") -> Iterator[socket.socket]:
    host, port = gateway.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20, source_address=(source, 0)) as connection:
        yield connection


def answer(connection: socket.socket) -> HTTPResponse:
    reply = HTTPResponse(connection, method="POST")
    reply.begin()
    reply.read()
    return reply


def is_closed(connection: socket.socket) -> bool:
    """By the other end: nothing more comes of it."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:  # it closed before it had read all that was sent
        return True


def is_open(connection: socket.socket) -> bool:
    """By what has come of the other end so far; closes it."""
    with connection:
        try:
            return connection.recv(1) != b""
        except BlockingIOError:
            return True
        except ConnectionResetError:
            return False


def head(*lines: str, id: str = "msg_1") -> bytes:
    signature = [f"{name}: {value}" for name, value in signed(BODY, id).items()]
    return (POST + "\r\n".join([*signature, *lines, "", ""])).encode()


def whole(id: str = "msg_1", *lines: str) -> bytes:
    return head(f"Content-Length: {len(BODY)}", *lines, id=id) + BODY


def in_chunks(body: bytes, size: int) -> bytes:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in pieces)


def last_id(gateway: Running) -> bytes:
    return dict(gateway.last().headers)["ce_id"]


# What is refused


REFUSED = {
    "a head of 33 kB": (POST.encode() + b"x: " + b"y" * 33 * 1024 + b"\r\n\r\n", 431),
    "a head of 33 kB in many headers": (POST.encode() + (b"x: " + b"y" * 700 + b"\r\n") * 48 + b"\r\n", 431),
    "a target of 33 kB": (b"POST /" + b"y" * 33 * 1024 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 431),
    "101 headers": (POST.encode() + b"x: y\r\n" * 100 + b"\r\n", 431),
    "a header line without end": (POST.encode() + b"x: " + b"y" * 40 * 1024, 431),
    "a request line without end": (b"POST /" + b"y" * 40 * 1024, 431),
    "tiny chunks": (head("Transfer-Encoding: chunked") + in_chunks(b"x" * 4096, 16), 413),
    "trailers of 33 kB": (head("Transfer-Encoding: chunked") + b"0\r\nx: " + b"y" * 33 * 1024 + b"\r\n\r\n", 431),
    "a trailer without end": (head("Transfer-Encoding: chunked") + b"0\r\nx: " + b"y" * 40 * 1024, 431),
    "a chunk extension without end": (head("Transfer-Encoding: chunked") + b"1;x=" + b"y" * 40 * 1024, 431),
    "HTTP/1.0 with a transfer coding": (
        head("Transfer-Encoding: chunked").replace(b"HTTP/1.1", b"HTTP/1.0") + b"0\r\n\r\n",
        400,
    ),
    "HTTP/0.9": (b"POST /webhooks/junction\r\n\r\n", 400),
    "HTTP/0.9 by its number": (whole().replace(b"HTTP/1.1", b"HTTP/0.9"), 400),
    "HTTP/2 by its number": (whole().replace(b"HTTP/1.1", b"HTTP/2.0"), 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "TLS on a plain port": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64), 400),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_and_closed(gateway: Running, case: str) -> None:
    """What no sender of ours sends is refused with one status, stored nowhere, and its connection ends."""
    sent, status = REFUSED[case]
    n_before = len(gateway.publisher.records)
    with connected(gateway) as connection:
        connection.sendall(sent)
        reply = answer(connection)
        assert (reply.status, reply.getheader("connection")) == (status, "close")
        assert is_closed(connection)
    assert len(gateway.publisher.records) == n_before


def test_the_largest_head(gateway: Running) -> None:
    """Just below both bounds a request is taken."""
    named = len(signed(BODY)) + len(("host", "content-length"))
    lines = [f"x-{n}: {'y' * 250}" for n in range(100 - named)]
    with connected(gateway) as connection:
        connection.sendall(whole("msg_largest", *lines))
        assert answer(connection).status == 204
    assert last_id(gateway) == b"msg_largest"


def test_a_trailer_is_no_header(gateway: Running) -> None:
    """What stands behind a chunked body is read and dropped: a signature there signs nothing (RFC 9110, 6.5.1)."""
    trailers = "".join(f"{name}: {value}\r\n" for name, value in signed(BODY).items())
    chunks = in_chunks(BODY, 1024) + b"0\r\n"
    with connected(gateway) as connection:
        connection.sendall(POST.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + trailers.encode() + b"\r\n")
        assert answer(connection).status == 401
    with connected(gateway) as connection:
        connection.sendall(head("Transfer-Encoding: chunked", id="msg_trailer"))
        connection.sendall(chunks + b"svix-id: msg_other\r\ntraceparent: forged\r\n\r\n")
        assert answer(connection).status == 204
        connection.sendall(whole("msg_after_trailer"))
        assert answer(connection).status == 204
    stored = [dict(record.headers) for record in gateway.publisher.records[-2:]]
    assert [one["ce_id"] for one in stored] == [b"msg_trailer", b"msg_after_trailer"]
    assert not any("traceparent" in one for one in stored)


# When a connection lives on


def test_many_requests_on_one_connection(gateway: Running) -> None:
    """A connection is kept after a delivery, and after a refusal whose body was read or empty."""
    nothing = f"{POST}Content-Length: 0\r\n\r\n".encode()
    forged = f"{POST}Content-Length: 2\r\nsvix-id: a\r\nsvix-timestamp: {NOW_S}\r\nsvix-signature: v1,AA\r\n\r\n{{}}"
    with connected(gateway) as connection:
        for sent, status in [(whole(), 204), (nothing, 401), (forged.encode(), 401), (whole(), 204), (nothing, 401)]:
            connection.sendall(sent)
            assert answer(connection).status == status


def test_what_is_no_http_after_a_request_that_was(gateway: Running) -> None:
    """It is answered as at the start of a connection."""
    with connected(gateway) as connection:
        connection.sendall(whole())
        assert answer(connection).status == 204
        connection.sendall(b"junk\r\n\r\n")
        assert answer(connection).status == 400


def test_requests_sent_together(gateway: Running) -> None:
    """Requests that come in one piece are answered one by one, in order."""
    n_before = len(gateway.publisher.records)
    with connected(gateway) as connection:
        connection.sendall(b"".join(whole(f"msg_{n}") for n in range(5)))
        said = b""
        while said.count(b"\r\n\r\n") < 5:
            said += connection.recv(65536)
    assert said.count(b"HTTP/1.1 204 ") == 5
    ids = [dict(record.headers)["ce_id"] for record in gateway.publisher.records[n_before:]]
    assert ids == [f"msg_{n}".encode() for n in range(5)]


def test_more_requests_than_a_sender_sends_together(gateway: Running) -> None:
    """Those that wait for replies before theirs are few: each of them is memory, and each reply would let in more."""
    with connected(gateway) as connection:
        connection.sendall(f"{POST}Content-Length: 0\r\n\r\n".encode() * 100)
        said = b"".join(iter(lambda: connection.recv(65536), b""))
    assert said.count(b"HTTP/1.1 ") <= PIPELINED_MAX + 1


def test_an_unread_body_ends_the_connection(gateway: Running) -> None:
    """A body that is refused by its head is not read to its end, so nothing more comes through on its connection."""
    with connected(gateway) as connection:
        connection.sendall(POST.encode() + b"Content-Length: 1000000\r\n\r\n{")
        reply = answer(connection)
        assert (reply.status, reply.getheader("connection")) == (401, "close")
        assert is_closed(connection)


@pytest.mark.parametrize("protocol", ["h2c", "websocket"])
def test_an_upgrade_is_answered_and_closed(gateway: Running, protocol: str) -> None:
    """A wish for another protocol is not granted, and no sender of ours has it: refused, and the connection ends."""
    wish = ("Connection: Upgrade, HTTP2-Settings", f"Upgrade: {protocol}", "HTTP2-Settings: AAMAAABkAAQAAP__")
    with connected(gateway) as connection:
        connection.sendall(whole(f"msg_{protocol}", *wish))
        reply = answer(connection)
        assert (reply.status, reply.getheader("connection")) == (401, "close")
        assert is_closed(connection)


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_who_wishes_to_close(gateway: Running, version: str) -> None:
    """HTTP/1.0, and `Connection: close`, end after the answer; what is sent behind is not read."""
    n_before = len(gateway.publisher.records)
    first = whole("msg_first", "Connection: close").replace(b"HTTP/1.1", f"HTTP/{version}".encode())
    with connected(gateway) as connection:
        connection.sendall(first + whole("msg_behind"))
        assert answer(connection).status == 204
        assert is_closed(connection)
    assert len(gateway.publisher.records) == n_before + 1


# How many connections there may be


def test_a_burst_of_connections() -> None:
    """However many strangers open connections at once, no more stay open than may be, and a sender of ours gets in."""
    with start(make_settings(gateway_connections_max=CONNECTIONS_MAX)) as gateway:
        sources = [f"127.0.1.{n}" for n in range(1, ADDRESSES + 1)] * 3
        opened = [socket.socket() for _ in sources]
        host, port = gateway.url.removeprefix("http://").split(":")
        gate = threading.Event()
        gateway.loop.call_soon_threadsafe(gate.wait)  # all come in one turn of the loop
        for one, source in zip(opened, sources, strict=True):
            one.bind((source, 0))
            one.setblocking(False)
            one.connect_ex((host, int(port)))
        gate.set()
        with connected(gateway) as connection:
            connection.sendall(whole())
            assert answer(connection).status == 204
        assert sum(is_open(one) for one in opened) <= CONNECTIONS_MAX


def test_refusals_that_are_held_back_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where another request came behind: strangers cannot hold all connections by being refused."""
    monkeypatch.setattr(senders, "REFUSALS_AT_ONCE", 0.0)
    monkeypatch.setattr(senders, "REFUSALS_PER_S", 0.1)
    with start(make_settings(gateway_connections_max=CONNECTIONS_MAX)) as gateway, ExitStack() as stack:
        forged = head("Content-Length: 2") + b"{}"
        for n in range(CONNECTIONS_MAX):
            stranger = stack.enter_context(connected(gateway, f"127.0.1.{n + 1}"))
            stranger.sendall(forged)
            stranger.sendall(forged)
        with connected(gateway) as connection:
            connection.sendall(whole())
            assert answer(connection).status == 204


def test_two_refusals_held_back_on_one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no HTTP behind requests whose refusals are held: its own ends by itself, and the connection with it."""
    monkeypatch.setattr(senders, "REFUSALS_AT_ONCE", 0.0)
    monkeypatch.setattr(senders, "REFUSALS_PER_S", 4.0)
    forged = head("Content-Length: 2") + b"{}"
    with start(make_settings()) as gateway, connected(gateway) as connection:
        connection.sendall(forged + forged + b"junk\r\n\r\n")
        said = b"".join(iter(lambda: connection.recv(65536), b""))
    assert said.startswith(b"HTTP/1.1 400 ")


def test_a_large_body_beside_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where strangers have sent so much that their bodies rest, the first one of another address is read at once."""
    monkeypatch.setattr(senders, "STRANGERS_BYTES_AT_ONCE", 0.0)
    monkeypatch.setattr(senders, "STRANGERS_BYTES_PER_S", 1.0)
    body = body_of(data={"fill": "x" * 2**20})
    with start(make_settings()) as gateway:
        assert gateway.post(body).status_code == 204


def test_the_share_of_one_address() -> None:
    """An address that proved nothing has a quarter of all connections; another one gets in beside it."""
    with start(make_settings(gateway_connections_max=CONNECTIONS_MAX)) as gateway, ExitStack() as stack:
        share = CONNECTIONS_MAX // 4
        strangers = [stack.enter_context(connected(gateway, "127.0.1.1")) for _ in range(share + 1)]
        assert is_closed(strangers[-1])
        with connected(gateway, "127.0.1.2") as connection:
            connection.sendall(whole())
            assert answer(connection).status == 204
