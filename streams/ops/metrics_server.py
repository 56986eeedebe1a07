"""Serves /metrics for a process that has no HTTP server of its own."""

from wsgiref.simple_server import WSGIRequestHandler

from prometheus_client import start_http_server

from streams.ops import metrics
from streams.ops.errors import Misconfigured
from streams.ops.process import Process
from streams.ops.settings import Settings

SILENT_S = 10.0  # a client that sends nothing for so long is disconnected


class _TimedHandler(WSGIRequestHandler):
    """Each connection has a thread of its own."""

    timeout = SILENT_S

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def expose(settings: Settings, process: Process) -> None:
    """Serve the process' /metrics in a thread; nothing without STREAMS_METRICS_PORT.

    Raises Misconfigured when the port is taken.
    """
    if not settings.metrics_port:
        return
    try:
        registry = metrics.registry(process)
        server, _ = start_http_server(settings.metrics_port, addr=settings.metrics_host, registry=registry)
    except OSError as error:
        raise Misconfigured(
            f"metrics: cannot listen on {settings.metrics_host}:{settings.metrics_port} ({error.strerror}): set "
            "STREAMS_METRICS_HOST or STREAMS_METRICS_PORT to an address that is free, or the port to 0 for no metrics."
        ) from None
    server.RequestHandlerClass = _TimedHandler
