"""Metrics are served where the settings say, or a sentence says why not."""

import socket

import pytest

from streams.ops.errors import Misconfigured
from streams.ops.metrics_server import expose
from streams.ops.process import Process
from streams.ops.settings import Settings


def test_a_port_of_metrics_that_is_taken(settings: Settings) -> None:
    """The sentence names host, port and settings."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Misconfigured, match=rf"127\.0\.0\.1:{port} .*STREAMS_METRICS_PORT"):
            expose(settings.model_copy(update={"metrics_port": port}), Process.WORKER)
