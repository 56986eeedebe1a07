"""What is asked of the gateways' admin listeners, and what is said where something else answers."""

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from connectors.webhook.secret_client import ask_all, own_url
from connectors.webhook.secret_use import SecretRow
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.settings import Settings

ROW = SecretRow("junction", 0, "0123abcd", "v1", 3, 1_790_000_000.5, 1_780_000_000.0)


class Listener(ThreadingHTTPServer):
    """Answers every question with `body`."""

    body = b""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Listener)
        is_known = self.path == "/secrets"
        self.send_response(200 if is_known else 404)
        self.end_headers()
        self.wfile.write(self.server.body if is_known else b"[]")

    def log_message(self, *args: object) -> None:
        """Nothing: stderr belongs to the test."""


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_each_process_of_each_gateway(listener: Listener) -> None:
    """Rows are those of one process of one gateway, whichever way they came."""
    rows = [ROW._asdict(), ROW._replace(process=1)._asdict(), ROW._replace(position=1)._asdict()]
    listener.body = json.dumps(rows).encode()
    found = asyncio.run(ask_all([listener.url, f"{listener.url}/"]))
    assert found == [[ROW, ROW._replace(position=1)], [ROW._replace(process=1)]] * 2


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b'[{"endpoint": "a"}]', b"\xff", b"[" * 10_000, b"<html>"])
def test_something_else_answers(listener: Listener, body: bytes) -> None:
    """What is no gateway's answer is said, with the address."""
    listener.body = body
    with pytest.raises(Unavailable, match=r"is no gateway's admin listener") as caught:
        asyncio.run(ask_all([listener.url]))
    assert str(listener.server_port) in str(caught.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "nonsense", "http://[", "ftp://127.0.0.1"])
def test_nobody_answers(url: str) -> None:
    """An address where nobody listens, or that is none, is a sentence."""
    with pytest.raises(Unavailable, match="no gateway's admin listener answers"):
        asyncio.run(ask_all([url]))


def test_the_own_gateway() -> None:
    """Without an address it is the gateway that the settings describe."""
    assert own_url(Settings(_env_file=None)) == "http://127.0.0.1:9080"
    assert own_url(Settings(_env_file=None, gateway_admin_host="::1")) == "http://[::1]:9080"
    with pytest.raises(Misconfigured, match="--url"):
        own_url(Settings(_env_file=None, gateway_admin_port=0))
