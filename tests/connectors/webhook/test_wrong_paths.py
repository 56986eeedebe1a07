"""URLs and addresses that were set wrong: what they are answered, and that somebody finds out."""

import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from streams.ops import log
from tests.connectors.webhook.gateways import MARKERS, SECRET, Running, body_of, make_settings, signed, start


def warnings(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What was logged of deliveries that were not accepted."""
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
    return [line for line in lines if line["event"] == "not_accepted"]


def posted_raw(gateway: Running, path: str, method: str = "POST") -> httpx.Response:
    body = body_of()
    return httpx.request(method, gateway.url + path, content=body, headers=signed(body))


def test_a_slash_at_the_end() -> None:
    """The same endpoint: Junction does not follow redirects, and nobody sees the slash."""
    with start(make_settings()) as gateway:
        assert posted_raw(gateway, "/webhooks/junction/").status_code == 204
        assert dict(gateway.last().headers)["ce_source"].endswith(b"/webhook/junction")
        assert posted_raw(gateway, "/webhooks/junction?a=b").status_code == 204


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/webhooks",
        "/webhooks/",
        "/webhook/junction",
        "/webhooks/junction/x",
        "/webhooks/junction//",
        "/WEBHOOKS/x",
    ],
)
def test_other_paths(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A URL that leads nowhere is 404 by any method, says how URLs look, is logged with its path and counted."""
    log.configure(as_json=True)
    with start(make_settings()) as gateway:
        for method in ("POST", "GET"):
            reply = posted_raw(gateway, path, method)
            assert (reply.status_code, reply.headers["connection"]) == (404, "close")
            assert "/webhooks/{endpoint}" in reply.text
        assert gateway.publisher.records == []
        text = httpx.get(f"{gateway.admin}/metrics").text
    assert 'junction_gateway_requests_total{endpoint="-",outcome="not_found"}' in text
    line, at_the_end = warnings(capsys)
    assert (line["why"], line["path"]) == ("wrong path", repr(path))
    assert (line["count"], at_the_end["count"]) == (1, 1)


def test_one_line_with_little_of_the_path(capsys: pytest.CaptureFixture[str]) -> None:
    """Many paths are one line a minute, of 64 characters, without query and control characters; the rest is counted."""
    log.configure(as_json=True)
    first = "/a\x1b[31m\n\x00\u202e" + "x" * 500
    with start(make_settings()) as gateway:
        for path in (first, *(f"/{n}" for n in range(20))):
            assert posted_raw(gateway, quote(path) + f"?token={MARKERS[0]}").status_code == 404
    line, at_the_end = warnings(capsys)
    assert (line["count"], at_the_end["count"]) == (1, 20)
    assert line["path"] == ascii(first[:64])
    assert line["path"].isprintable()
    assert line["path"].isascii()


def test_networks_that_are_not_allowed(capsys: pytest.CaptureFixture[str]) -> None:
    """From outside the allowed networks a right delivery is 403 and not stored; the line names address and reason."""
    log.configure(as_json=True)
    with start(make_settings(gateway_allowed_networks=("svix",))) as gateway:
        for endpoint in ("junction", "nobody"):
            reply = gateway.post(body_of(), endpoint=endpoint)
            assert (reply.status_code, reply.headers["connection"]) == (403, "close")
        assert gateway.publisher.records == []
    line, *_ = warnings(capsys)
    assert (line["why"], line["address"]) == ("address not allowed", "127.0.0.1")
    assert SECRET[6:] not in json.dumps(line)


@pytest.mark.parametrize(
    ("forwarded_for", "status"),
    [
        ("44.228.126.217", 204),
        ("192.0.2.1, 44.228.126.217", 204),
        ("44.228.126.217, 192.0.2.1", 403),
        ("192.0.2.1", 403),
    ],
)
def test_allowed_networks_behind_a_proxy(forwarded_for: str, status: int) -> None:
    """Behind a trusted proxy the address counts that it saw, not what stands left of that."""
    with start(make_settings(gateway_allowed_networks=("svix",), trusted_proxies=("127.0.0.1",))) as gateway:
        body = body_of()
        assert gateway.post(body, signed(body) | {"x-forwarded-for": forwarded_for}).status_code == status


def test_forwarded_by_a_stranger() -> None:
    """Who is no trusted proxy cannot claim to be of an allowed network."""
    with start(make_settings(gateway_allowed_networks=("svix",))) as gateway:
        body = body_of()
        assert gateway.post(body, signed(body) | {"x-forwarded-for": "44.228.126.217"}).status_code == 403
