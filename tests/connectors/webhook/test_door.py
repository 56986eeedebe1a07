"""The door over real HTTP: what is let in, what is kept, what is refused, and that nothing leaks.

Most tests run against uvicorn in a thread with a MemoryPublisher, whose contract tests/kafka/test_publisher.py holds
against Kafka. tests/connectors/webhook/test_process.py runs the real command with a real Kafka.
"""

import asyncio
import json
import logging
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import islice

import httpx
import pytest
import structlog

from connectors.webhook import Gateway
from streams.events.message_ids import new_message_id
from streams.events.partitions import partition_for
from streams.events.signature import Keyring, sign
from streams.kafka.memory_publisher import MemoryPublisher
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.settings import MIB
from tests.connectors.webhook.gateways import (
    MARKERS,
    NOW_S,
    OLD_SECRET,
    SECRET,
    TEAM,
    USER,
    Running,
    body_of,
    make_settings,
    signed,
    start,
)


@pytest.fixture(scope="module")
def gateway() -> Iterator[Running]:
    with start(make_settings()) as running:
        yield running


@pytest.fixture
def own_gateway() -> Iterator[Running]:
    """For tests that change it."""
    with start(make_settings()) as running:
        yield running


# What is let in


def test_accepted_event_is_stored_as_it_came(gateway: Running) -> None:
    """A signed event is answered 204 and stored: same bytes, key by user and resource, partition by user."""
    body = body_of() + b" \n"
    created_ms = NOW_S * 1000 - 5000
    id = new_message_id(created_ms, bytes(15))
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    reply = gateway.post(
        body, signed(body, id) | {"traceparent": trace, "tracestate": "rojo=00f067aa0ba902b7,congo=t61"}
    )
    assert (reply.status_code, reply.content) == (204, b"")
    record = gateway.last()
    assert record.topic == "junction.raw.summaries"
    assert record.key == f"{USER}:sleep".encode()
    assert record.value == body
    assert record.partition == partition_for(USER, 4)
    headers = {name: value.decode() for name, value in record.headers}
    assert headers == {
        "ce_specversion": "1.0",
        "ce_id": id,
        "ce_type": "daily.data.sleep.created",
        "ce_source": f"/junction/{TEAM}/webhook/junction",
        "ce_subject": USER,
        "ce_time": "2026-09-21T14:13:15.000Z",
        "content-type": "application/json",
        "ce_receivedtime": "2026-09-21T14:13:20.000Z",
        "ce_door": "webhook",
        "ce_origin": "incremental",
        "ce_partitionkey": USER,
        "traceparent": trace,
        "tracestate": "rojo=00f067aa0ba902b7,congo=t61",
        **signed(body, id),
    }


def test_news_about_the_deliveries_themselves(gateway: Running) -> None:
    """An operational webhook has a `type` and no user: let in like an event, it lies under Svix's application."""
    body = json.dumps({"type": "endpoint.disabled", "data": {"appId": "app_1", "endpointId": "ep_1"}}).encode()
    assert gateway.post(body).status_code == 204
    record, headers = gateway.last(), dict(gateway.last().headers)
    assert (record.topic, record.key) == ("junction.raw.other", b"app_1:other")
    assert record.partition == partition_for("app_1", 4)
    assert (headers["ce_type"], headers["ce_partitionkey"]) == (b"endpoint.disabled", b"app_1")
    assert "ce_subject" not in headers


def test_stored_event_can_be_verified_again(gateway: Running) -> None:
    """White-label header names are stored under Svix's, so that the stored record verifies years later."""
    body = body_of()
    gateway.post(body, signed(body, prefix="webhook-"))
    headers = {name: value.decode() for name, value in gateway.last().headers}
    assert headers["svix-signature"] == sign(SECRET, headers["svix-id"], int(headers["svix-timestamp"]), body)


def uses(gateway: Running, secret: str) -> float:
    """As its metrics say; they are those of the process, in which other tests' gateways had the same secret."""
    fingerprint = Keyring.parse([secret]).fingerprints[0]
    series = f'junction_gateway_secret_used_total{{endpoint="junction",fingerprint="{fingerprint}"}} '
    lines = httpx.get(f"{gateway.admin}/metrics").text.splitlines()
    return next(float(line.removeprefix(series)) for line in lines if line.startswith(series))


def test_old_secret_during_rotation(gateway: Running) -> None:
    """A request signed with an older secret of the list is let in, and counted under its fingerprint."""
    body, before = body_of(), uses(gateway, OLD_SECRET)
    assert gateway.post(body, signed(body, secret=OLD_SECRET)).status_code == 204
    assert uses(gateway, OLD_SECRET) == before + 1


@pytest.mark.parametrize(
    ("event_type", "topic", "resource"),
    [
        ("provider.connection.created", "raw.connections", "connection"),
        ("historical.data.sleep.created", "raw.backfills", "sleep"),
        ("daily.data.heartrate.updated", "raw.timeseries", "heartrate"),
        ("labtest.order.created", "raw.labs", "order"),
        ("something.nobody.knows.yet", "raw.other", "other"),
    ],
)
def test_every_family_has_its_topic(gateway: Running, event_type: str, topic: str, resource: str) -> None:
    """Known or not, a verified event with a user is stored under its family's raw topic."""
    assert gateway.post(body_of(event_type)).status_code == 204
    assert (gateway.last().topic, gateway.last().key) == (f"junction.{topic}", f"{USER}:{resource}".encode())


def test_event_without_user_belongs_to_its_team(gateway: Running) -> None:
    """Match reviews and checkouts have no user: the team is their key and decides the partition."""
    assert gateway.post(body_of("labtest.match_review.created", user_id=None)).status_code == 204
    assert gateway.last().key == f"{TEAM}:match_review".encode()
    assert gateway.last().partition == partition_for(TEAM, 4)


# What is kept as a dead letter


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not_json"),
        (b"\xff\xfe\x00", "not_json"),
        (b'{"event_type": "a.b", "user_id": "u"', "not_json"),
        (b"[]", "not_an_object"),
        (b"{}", "no_event_type"),
        (b'{"event_type": 7, "user_id": "u"}', "no_event_type"),
        (b'{"event_type": "daily.data.sleep.created", "user_id": {"a": 1}}', "no_user"),
        (b'{"event_type": "daily.data.sleep.created", "team_id": "t"}', "no_user"),
        (b'{"event_type": "x", "user_id": "u", "data": ' + b"[" * 10_000 + b"]" * 10_000 + b"}", "too_deep"),
    ],
)
def test_unreadable_body_is_kept(gateway: Running, body: bytes, reason: str) -> None:
    """A verified body that we cannot read is answered 204 and kept, byte for byte, with the reason beside it."""
    assert gateway.post(body).status_code == 204
    record = gateway.last()
    headers = {name: value.decode() for name, value in record.headers}
    assert (record.topic, record.value, record.key) == ("junction.dead_letters", body, b"msg_1")
    assert (headers["dead_reason"], headers["dead_time"]) == (reason, "2026-09-21T14:13:20.000Z")
    assert headers["svix-signature"] == sign(SECRET, "msg_1", NOW_S, body)


# What is refused


def refusals() -> dict[str, tuple[bytes, list[tuple[str, str]], str]]:
    body = body_of()
    good = list(signed(body).items())
    return {
        "unknown endpoint": (body, good, "nobody"),
        "no headers": (body, [], "junction"),
        "other body": (body + b" ", good, "junction"),
        "unknown secret": (body, list(signed(body, secret="whsec_" + "A" * 32).items()), "junction"),
        "old timestamp": (body, [("svix-timestamp", str(NOW_S - 301)), *good[:1], *good[2:]], "junction"),
        "id twice": (body, [*good, ("svix-id", "msg_1")], "junction"),
        "signature twice": (body, [*good, ("svix-signature", good[2][1])], "junction"),
        "signature is no text": (body, [*good[:2], ("svix-signature", "v1,é")], "junction"),
        "too many signatures": (body, [*good[:2], ("svix-signature", " ".join(["v1,a"] * 99))], "junction"),
        "not JSON and no signature": (b"\xff", [], "junction"),
    }


@pytest.mark.parametrize("case", refusals())
def test_stranger_learns_nothing(gateway: Running, case: str) -> None:
    """Whatever is wrong, a stranger gets the same 401, byte for byte, and nothing is stored."""
    body, headers, endpoint = refusals()[case]
    before = len(gateway.publisher.records)
    raw = [(name.encode(), value.encode()) for name, value in headers]
    reply = httpx.post(f"{gateway.url}/webhooks/{endpoint}", content=body, headers=raw)
    assert (reply.status_code, reply.content) == (401, b"signature required\n")
    assert set(reply.headers) <= {"content-type", "content-length", "date", "server", "connection"}
    assert len(gateway.publisher.records) == before


def exchange(gateway: Running, request: bytes) -> bytes:
    """Send raw bytes, read until the server closes or has answered."""
    host, port = gateway.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(request)
        return connection.recv(65536)


def test_header_bytes_that_are_not_utf8(gateway: Running) -> None:
    """Bytes that are no text in a signature header are a refusal, not a crash."""
    head = b"POST /webhooks/junction HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nsvix-id: \xff\xfe\r\n"
    reply = exchange(gateway, head + b"svix-timestamp: 1790000000\r\nsvix-signature: v1,\x80\r\n\r\n{}")
    assert reply.startswith(b"HTTP/1.1 401")


# Limits


def test_body_of_the_greatest_size(gateway: Running) -> None:
    """A body of exactly the limit is stored; one byte more is 413, and the door still works."""
    fill = gateway.settings.body_bytes_max - len(body_of(fill=""))
    body = body_of(fill="x" * fill)
    assert len(body) == 16 * MIB
    assert gateway.post(body).status_code == 204
    assert gateway.last().value == body
    larger = body + b" "
    assert gateway.post(larger).status_code == 413
    assert gateway.post(body_of()).status_code == 204


def test_length_is_refused_before_the_body(gateway: Running) -> None:
    """A Content-Length above the limit is answered at once: not a byte of the body was sent."""
    lines = [f"{name}: {value}" for name, value in signed(b"").items()]
    head = ["POST /webhooks/junction HTTP/1.1", "Host: x", f"Content-Length: {16 * MIB + 1}", *lines, "", ""]
    assert exchange(gateway, "\r\n".join(head).encode()).startswith(b"HTTP/1.1 413")


def test_chunked_body_above_the_limit() -> None:
    """A body without a length is counted as it comes and cut off at the limit."""
    with start(make_settings(body_bytes_max=4096)) as gateway:
        lines = [f"{name}: {value}" for name, value in signed(b"").items()]
        head = ["POST /webhooks/junction HTTP/1.1", "Host: x", "Transfer-Encoding: chunked", *lines, "", ""]
        chunk = b"400\r\n" + b"x" * 1024 + b"\r\n"
        assert exchange(gateway, "\r\n".join(head).encode() + chunk * 5).startswith(b"HTTP/1.1 413")


def test_slow_body() -> None:
    """A body that does not end in time is given up with 408, so that slow senders hold nothing for long."""
    with start(make_settings(publish_timeout_s=0.3)) as gateway:
        lines = [f"{name}: {value}" for name, value in signed(b"").items()]
        head = ["POST /webhooks/junction HTTP/1.1", "Host: x", "Content-Length: 100", *lines, "", "{"]
        assert exchange(gateway, "\r\n".join(head).encode()).startswith(b"HTTP/1.1 408")


def test_bodies_together_are_bounded() -> None:
    """When large bodies hold three quarters of the room for all, the next has to come again; a small one has not."""
    with start(make_settings(body_bytes_max=300 * 1024, publish_timeout_s=5.0)) as gateway:
        assert gateway.post(body_of()).status_code == 204
        gateway.publisher.gate = asyncio.Event()
        body = body_of(fill="x" * 290 * 1024)
        with ThreadPoolExecutor(9) as pool:
            replies = [pool.submit(gateway.post, body) for _ in range(8)]
            refused = [done.result() for done in islice(as_completed(replies), 5)]
            small = pool.submit(gateway.post, body_of(fill="x" * 200 * 1024))
            gateway.loop.call_soon_threadsafe(gateway.publisher.gate.set)
        assert [reply.status_code for reply in refused] == [503] * 5
        assert sorted(reply.result().status_code for reply in replies) == [204] * 3 + [503] * 5
        assert small.result().status_code == 204
        assert gateway.post(body).status_code == 204


# When Kafka does not do its part


def test_kafka_unavailable(own_gateway: Running) -> None:
    """When a record is not confirmed the sender gets 503 with Retry-After, and it is let in again afterwards."""
    own_gateway.publisher.trouble = Unavailable("not confirmed")
    reply = own_gateway.post(body_of())
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "30")
    own_gateway.publisher.trouble = None
    assert own_gateway.post(body_of()).status_code == 204


def test_reply_is_due(own_gateway: Running) -> None:
    """A confirmation that does not come before the reply is due is a 503, never a 2xx."""
    own_gateway.publisher.gate = asyncio.Event()
    assert own_gateway.post(body_of()).status_code == 503


def test_bug_is_a_503(own_gateway: Running, capsys: pytest.CaptureFixture[str]) -> None:
    """An exception that nobody foresaw is a 503, logged by kind and place and not by its text."""
    own_gateway.publisher.trouble = RuntimeError(MARKERS[0])  # type: ignore[assignment]  # because it is a bug
    assert own_gateway.post(body_of()).status_code == 503
    logged = capsys.readouterr()
    assert "RuntimeError" in logged.out + logged.err
    assert MARKERS[0] not in logged.out + logged.err


def test_a_broken_producer_is_not_ready(own_gateway: Running) -> None:
    """While a publisher mends itself, nobody should be sent here."""
    assert httpx.get(f"{own_gateway.admin}/readyz").status_code == 200
    own_gateway.publisher.broken = "the connection is made anew"
    reply = httpx.get(f"{own_gateway.admin}/readyz")
    assert (reply.status_code, reply.json()["reason"]) == (503, "the connection is made anew")


def test_readiness_follows_kafka(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ready while Kafka answers and the layout is right; else 503 with the reason, and it heals by itself."""
    monkeypatch.setattr("connectors.webhook.watch._CHECK_EVERY_S", 0.05)
    monkeypatch.setattr("connectors.webhook.watch._RETRY_S", 0.05)
    with start(make_settings()) as gateway:
        assert httpx.get(f"{gateway.admin}/readyz").json() == {"ready": True, "reason": ""}
        gateway.troubles.append(Misconfigured("topics are wrong: run `junction-streams topics apply`"))
        wait_for(gateway, 503)
        assert "topics apply" in httpx.get(f"{gateway.admin}/readyz").json()["reason"]
        assert gateway.post(body_of()).status_code == 503
        assert gateway.post(body_of(), {}).status_code == 401
        assert httpx.get(f"{gateway.admin}/livez").status_code == 200
        gateway.troubles.clear()
        wait_for(gateway, 200)
        assert gateway.post(body_of()).status_code == 204


def wait_for(gateway: Running, status: int) -> None:
    deadline_s = time.monotonic() + 10
    while httpx.get(f"{gateway.admin}/readyz").status_code != status:
        assert time.monotonic() < deadline_s
        time.sleep(0.02)


# What must not leak, and settings


def test_nothing_of_a_body_leaks(
    own_gateway: Running, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """A secret, an e-mail address and a value in bodies, good or bad, never show in logs, metrics or replies."""
    caplog.set_level(logging.DEBUG)
    structlog.reset_defaults()
    planted = {"note": MARKERS[0], "email": MARKERS[1], "value": MARKERS[2]}
    bodies = [
        body_of(data=planted),
        body_of(event_type=MARKERS[0], data=planted),
        body_of(user_id=MARKERS[1]),
        body_of(user_id=None, data=planted),
        json.dumps([planted]).encode(),
        json.dumps(planted).encode()[:-1],
    ]
    seen = []
    for trouble in (None, Unavailable("not confirmed"), RuntimeError(MARKERS[0])):
        own_gateway.publisher.trouble = trouble  # type: ignore[assignment]  # because a bug may raise anything
        for body in bodies:
            for headers in (signed(body), signed(body + b" "), {"svix-id": MARKERS[1], "x-note": MARKERS[0]}):
                reply = own_gateway.post(body, headers)
                seen.append(f"{reply.headers} {reply.text}")
    seen += [httpx.get(own_gateway.admin + path).text for path in ("/metrics", "/readyz", "/livez", "/secrets")]
    captured = capsys.readouterr()
    everything = "".join([*seen, captured.out, captured.err, caplog.text])
    assert "dead_letter" in everything
    assert [marker for marker in (*MARKERS, SECRET[6:], OLD_SECRET[6:]) if marker in everything] == []


def test_metrics_are_few(gateway: Running) -> None:
    """Endpoints that do not exist share one label: a stranger cannot make metrics grow."""
    for n in range(3):
        gateway.post(body_of(), endpoint=f"guess-{n}")
    text = httpx.get(f"{gateway.admin}/metrics").text
    assert 'junction_gateway_requests_total{endpoint="-",outcome="refused"}' in text
    assert "guess-" not in text


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_other_methods(gateway: Running, method: str) -> None:
    """The door takes POST only, whether the endpoint exists or not."""
    for endpoint in ("junction", "nobody"):
        assert httpx.request(method, f"{gateway.url}/webhooks/{endpoint}").status_code == 405


def test_bad_secret_stops_the_start() -> None:
    """A secret that cannot be one stops the start, named by endpoint and position, not by its text."""
    settings = make_settings(endpoints={"junction": [SECRET, "whsec_$$$$"]})
    with pytest.raises(Misconfigured, match="endpoint 'junction': secret 1") as caught:
        Gateway(settings, MemoryPublisher({}))
    assert "$$$$" not in str(caught.value)
