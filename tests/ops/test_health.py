"""The health check of a container: which door it asks, and what it makes of the answer."""

import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from streams.ops import health


class Door(BaseHTTPRequestHandler):
    """200 at /livez and /metrics, 503 elsewhere."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path in ("/livez", "/metrics") else 503)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    """Of a service that lives."""
    server = HTTPServer(("127.0.0.1", 0), Door)
    Thread(target=server.serve_forever).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_either_door_will_do(port: int) -> None:
    """A container has a gateway or a process with metrics: one that answers is enough, whatever proxy is named."""
    for setting in ("STREAMS_GATEWAY_ADMIN_PORT", "STREAMS_METRICS_PORT"):
        environment = {"STREAMS_GATEWAY_ADMIN_PORT": "1", setting: str(port), "http_proxy": "http://127.0.0.1:1"}
        command = [sys.executable, "-m", "streams.ops.health"]
        assert subprocess.run(command, env=environment, check=False).returncode == 0


def test_doors_without_settings() -> None:
    """By itself the gateway's admin port is 9080, and metrics have none; an empty text is no setting."""
    assert health.doors({"STREAMS_GATEWAY_ADMIN_PORT": "", "STREAMS_METRICS_PORT": ""}) == [
        "http://127.0.0.1:9080/livez"
    ]


def test_what_does_not_answer_is_named(port: int) -> None:
    """An error, a closed port and no URL at all are 1 and a line each."""
    urls = [f"http://127.0.0.1:{port}/readyz", "http://127.0.0.1:1/livez", "nonsense"]
    done = subprocess.run(
        [sys.executable, "-m", "streams.ops.health", *urls], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert [line.partition(": ")[0] for line in done.stderr.splitlines()] == urls
