"""What a gateway remembers of the requests that it refused, and to whom it tells it."""

import asyncio
import contextlib
import json
import sys
import tracemalloc
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from connectors.webhook.refused import ATTEMPTS_MAX, RefusedAttempts
from streams.ops.errors import Overloaded, Unavailable
from streams.status import refused_page
from streams.status.access import guard_of
from streams.status.gateways import refused
from streams.status.refused_page import RefusedQuery
from tests.connectors.webhook.gateways import MARKERS, NOW_S, SECRET, Running, body_of, make_settings, signed, start
from tests.connectors.webhook.test_protocol import POST, connected, head, in_chunks

MIB = 2**20


@pytest.fixture
def gateway() -> Iterator[Running]:
    with start(make_settings(body_bytes_max=4096)) as running:
        yield running


def page(gateway: Running, **query: Any) -> Any:
    reply = httpx.get(f"{gateway.admin}/refused", params=query)
    assert reply.status_code == 200, reply.text
    return reply.json()


def newest(gateway: Running) -> Any:
    return page(gateway)["attempts"][0]


# What is remembered


def test_what_is_accepted_leaves_no_row(gateway: Running) -> None:
    """A delivery, a dead letter: 2xx. The page says since when the process accepts."""
    assert gateway.post(body_of()).status_code == 204
    assert gateway.post(b"no json").status_code == 204
    assert page(gateway) == {
        "processes": [
            {
                "process": 0,
                "accepting_since_ms": NOW_S * 1000,
                "remembers_since_ms": NOW_S * 1000,
                "is_away": False,
            }
        ],
        "attempts": [],
        "is_cut": False,
    }


def test_whether_the_signature_held(gateway: Running) -> None:
    """False where no secret of the endpoint fits; null where that was not tried: no headers, too old, no such
    endpoint; true where Kafka is what refused it."""
    body, forged = body_of(), signed(body_of(), "msg_2") | {"svix-signature": "v1,AAAA"}
    assert gateway.post(body, forged).status_code == 401
    assert newest(gateway) == {
        "at_ms": NOW_S * 1000, "endpoint": "junction", "outcome": "refused", "status": 401, "body_bytes": len(body),
        "claimed_id": "msg_2", "is_signed": False,
    }  # fmt: skip
    for headers in ({"svix-id": "msg_3"}, signed(body, "msg_3", now_s=NOW_S - 3600)):
        assert gateway.post(body, headers).status_code == 401
        assert (newest(gateway)["claimed_id"], newest(gateway)["is_signed"]) == ("msg_3", None)
    assert gateway.post(body, forged, endpoint="nobody").status_code == 401
    assert (newest(gateway)["endpoint"], newest(gateway)["is_signed"]) == ("", None)
    for trouble, outcome in ((Unavailable("away"), "unavailable"), (Overloaded("slow"), "overload")):
        gateway.publisher.trouble = trouble
        assert gateway.post(body, signed(body, "msg_4")).status_code == 503
        found = newest(gateway)
        assert (found["outcome"], found["status"], found["is_signed"]) == (outcome, 503, True)


def test_what_is_refused_without_a_look_at_it(gateway: Running) -> None:
    """Wrong path, wrong method, too large: the endpoint where it is known, the bytes as announced."""
    assert httpx.post(f"{gateway.url}/elsewhere", headers={"webhook-id": "msg_w"}).status_code == 404
    assert (newest(gateway)["endpoint"], newest(gateway)["claimed_id"]) == ("", "msg_w")
    assert httpx.get(f"{gateway.url}/webhooks/junction").status_code == 405
    assert (newest(gateway)["endpoint"], newest(gateway)["outcome"]) == ("junction", "not_post")
    assert gateway.post(b"x" * 5000).status_code == 413
    assert (newest(gateway)["body_bytes"], newest(gateway)["is_signed"]) == (5000, None)


def raw(gateway: Running, data: bytes) -> None:
    """Send it, and read until the other end closes."""
    with connected(gateway) as connection, contextlib.suppress(ConnectionResetError):
        connection.sendall(data)
        while connection.recv(65_536):
            pass


def test_what_the_server_refuses_is_there_once(gateway: Running) -> None:
    """Before the door sees a request, or in the middle of its body: one row with the answer that was given."""
    begin = POST.encode() + b"svix-id: msg_5\r\n"
    raw(gateway, begin + b"x: " + b"y" * 33 * 1024 + b"\r\n\r\n")
    assert [(row["outcome"], row["status"], row["claimed_id"]) for row in page(gateway)["attempts"]] == [
        ("head_too_large", 431, "msg_5")
    ]
    raw(gateway, begin + b"Transfer-Encoding: chunked\r\n\r\n" + in_chunks(b"x" * 4096, 16))
    assert [row["outcome"] for row in page(gateway)["attempts"]] == ["tiny_chunks", "head_too_large"]
    raw(gateway, head("Transfer-Encoding: chunked") + in_chunks(b"x" * 4096, 16))
    assert [row["outcome"] for row in page(gateway)["attempts"]] == ["tiny_chunks", "tiny_chunks", "head_too_large"]
    raw(gateway, begin + b"Content-Length: 2\r\n\r\n{}" + b"\x00garbage\r\n\r\n")
    found = {row["outcome"]: row["claimed_id"] for row in page(gateway)["attempts"]}
    assert found["malformed"] == ""  # what follows a request has not its id


# Hostile


@pytest.mark.parametrize("id", [b"x" * 30_000, b"\xff\xfe\xed\xa0\x80" * 100, b"\x1b[2J<script>"])
def test_hostile_ids(gateway: Running, id: bytes) -> None:
    """Whatever a stranger calls his message: 64 visible characters at most, and it is found by what he sent."""
    httpx.post(f"{gateway.url}/webhooks/junction", headers=[(b"svix-id", id)], content=b"")
    kept = newest(gateway)["claimed_id"]
    assert (len(kept) <= 64, kept.isascii(), kept.isprintable()) == (True, True, True)
    assert not kept or page(gateway, id=id.decode("latin-1"))["attempts"]


@pytest.mark.parametrize("id", ["a" * 1_000_000, "\x00" * 100, "\ud800\udfff" * 50, "é" * 1000, "", "msg_\r\nx: y"])
def test_an_id_is_kept_bounded(id: str) -> None:
    """Of the ring alone, for what no server lets through: a megabyte, NUL, halves of surrogates."""
    ring = RefusedAttempts(lambda: NOW_S)
    ring.add("refused", 401, [(b"svix-id", id.encode("latin-1", "replace"))], body_bytes=10**30)
    body = refused_page.encode(ring.page(RefusedQuery(id)))
    (row,) = refused_page.decode(body).attempts
    assert (len(row.claimed_id), row.body_bytes) == (min(64, len(id)), 2**53)


def test_a_length_that_no_number_holds(gateway: Running) -> None:
    """A Content-Length of 20 digits costs its own row nothing, and the page can still be read."""
    raw(gateway, head("Content-Length: 9999999999999999999"))
    (report,) = asyncio.run(refused(make_settings(console_gateways=(gateway.admin,))))
    assert [(row.outcome, row.body_bytes) for row in report.attempts] == [("too_large", 2**53)]


def test_many_refused_attempts() -> None:
    """They take less than 4 MiB, whatever they are, and the newest 10,000 are there."""
    many = 3 * ATTEMPTS_MAX
    began_s = now_s = 1_790_000_000
    ring = RefusedAttempts(lambda: now_s)
    ring.begin()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for n in range(many):
            now_s = began_s + n
            id = b"%d" % n + b"\xff" * 100
            ring.add("head_too_large", 431, [(b"svix-id", id)], endpoint="e" * 64, body_bytes=2**60 + n)
        after, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (after - before, most - before) < (4 * MIB, 4 * MIB)
    whole = ring.page(RefusedQuery(limit=refused_page.LIMIT_MAX))
    assert (len(whole.attempts), whole.is_cut) == (refused_page.LIMIT_MAX, True)
    assert whole.attempts[0].claimed_id.startswith(f"{many - 1}?")
    assert ring.page(RefusedQuery(f"{many - ATTEMPTS_MAX - 1}" + "\xff" * 100)).attempts == []
    assert len(ring.page(RefusedQuery(f"{many - ATTEMPTS_MAX}" + "\xff" * 100)).attempts) == 1
    (process,) = whole.processes
    assert process.accepting_since_ms == began_s * 1000
    assert process.remembers_since_ms == (began_s + many - ATTEMPTS_MAX - 1) * 1000 + 1


def test_the_size_of_the_ring() -> None:
    """Counted object by object: under 4 MiB when every part is as large as it may be."""
    ring = RefusedAttempts(lambda: NOW_S)
    for n in range(ATTEMPTS_MAX):
        ring.add("unavailable", 503, [(b"svix-id", b"%064d" % n)], endpoint="junction", body_bytes=2**53 - n)
    kept = ring._kept
    total = sys.getsizeof(kept) + sum(
        sys.getsizeof(row) + sys.getsizeof(row.claimed_id) + sys.getsizeof(row.at_ms) + sys.getsizeof(row.body_bytes)
        for row in kept
    )
    assert total < 4 * MIB, total


# What is asked


def test_by_id_and_time() -> None:
    """One id, a span of time with its end left out, a limit with word of what it cut off: the newest first."""
    now_s = 1_000.0
    ring = RefusedAttempts(lambda: now_s)
    for n in range(10):
        now_s = 1_000.0 + n
        ring.add("refused", 401, [(b"svix-id", b"msg_%d" % (n % 2))])

    def times(query: RefusedQuery) -> list[int]:
        return [row.at_ms // 1000 - 1000 for row in ring.page(query).attempts]

    assert times(RefusedQuery()) == list(range(9, -1, -1))
    assert times(RefusedQuery("msg_1")) == [9, 7, 5, 3, 1]
    assert times(RefusedQuery("", 1_003_000, 1_006_000)) == [5, 4, 3]
    assert times(RefusedQuery("msg_0", 1_003_000, 0, 2)) == [8, 6]
    assert [ring.page(RefusedQuery("msg_1", limit=n)).is_cut for n in (4, 5)] == [True, False]
    assert times(RefusedQuery("msg_2")) == []


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("limit=0", "limit is a number from 1 to 1000"),
        ("limit=1001", "limit is a number from 1 to 1000"),
        ("limit=ten", "limit is a whole number"),
        ("since_ms=-1", "since_ms is a whole number of milliseconds since 1970"),
        ("since_ms=1e9", "since_ms is a whole number of milliseconds since 1970"),
        ("until_ms=" + "9" * 5000, "until_ms is a whole number of milliseconds since 1970"),
        ("until_ms=٣", "until_ms is a whole number of milliseconds since 1970"),
    ],
)
def test_what_cannot_be_asked(gateway: Running, query: str, sentence: str) -> None:
    """A sentence that does not repeat what was asked."""
    reply = httpx.get(f"{gateway.admin}/refused?{query}")
    assert (reply.status_code, reply.json()) == (400, {"error": sentence})


# Who may ask


def test_the_token_is_asked_for() -> None:
    """With a token it is wanted, also on loopback; without one whoever is on this machine may ask."""
    with start(make_settings(query_token=SecretStr("t0ken"))) as gateway:
        url = f"{gateway.admin}/refused"
        for headers in ({}, {"authorization": "Bearer other"}, {"authorization": "t0ken"}, {"authorization": b"\xff"}):
            reply = httpx.get(url, headers=headers)  # type: ignore[arg-type]  # because httpx takes bytes, too
            assert (reply.status_code, list(reply.json())) == (401, ["error"])
        assert httpx.get(url, headers={"authorization": "Bearer t0ken"}).status_code == 200
        asked = make_settings(console_gateways=(gateway.admin,), query_token=SecretStr("t0ken"))
        assert [report.trouble for report in asyncio.run(refused(asked))] == [""]
        wrong = make_settings(console_gateways=(gateway.admin,))
        assert "STREAMS_QUERY_TOKEN" in asyncio.run(refused(wrong))[0].trouble


@pytest.mark.parametrize(
    ("host", "token", "headers", "status"),
    [
        ("127.0.0.1", "", {"host": "127.0.0.1:9080"}, None),
        ("127.0.0.1", "", {"host": "evil.example"}, 421),
        ("127.0.0.1", "", {}, 421),
        ("0.0.0.0", "", {"host": "127.0.0.1"}, 403),  # noqa: S104  # because it is compared, not bound
        ("0.0.0.0", "t", {"host": "any"}, 401),  # noqa: S104  # because of the same
        ("0.0.0.0", "t", {"host": "any", "authorization": "Bearer t"}, None),  # noqa: S104  # because of the same
    ],
)
def test_who_may_ask(host: str, token: str, headers: dict[str, str], status: int | None) -> None:
    """A worker and a gateway have one rule: the token, or loopback by a name of this machine. An address that others
    reach tells nobody without a token, and the gateway serves webhooks all the same."""
    wrong = guard_of(make_settings(query_token=SecretStr(token)), host).judge(headers)
    assert (wrong.status if wrong else None) == status


def test_strangers_do_not_reach_it(gateway: Running) -> None:
    """The port for webhooks has no such page."""
    assert httpx.get(f"{gateway.url}/refused").status_code == 404


def test_nothing_of_a_request_but_its_id(gateway: Running) -> None:
    """A value planted in bodies, other headers, paths and queries is on no page; nor is a secret."""
    planted = json.dumps({"note": MARKERS[0], "email": MARKERS[1], "value": MARKERS[2]}).encode()
    for endpoint in ("junction", MARKERS[0], f"junction?{MARKERS[0]}"):
        for headers in (
            {"svix-id": "msg_1", "x-note": MARKERS[0], "svix-signature": MARKERS[1], "user-agent": MARKERS[2]},
            signed(planted + b" ") | {"authorization": SECRET},
            {"traceparent": MARKERS[0], "x-forwarded-for": MARKERS[1]},
        ):
            assert gateway.post(planted, headers, endpoint).status_code == 401
    raw(gateway, POST.encode() + b"x: " + MARKERS[0].encode() * 4000)
    text = json.dumps(page(gateway))
    assert len(page(gateway)["attempts"]) == 10
    assert [marker for marker in (*MARKERS, SECRET[6:]) if marker in text] == []
