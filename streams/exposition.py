"""Where Prometheus finds the metrics of a service without a door of its own."""

from prometheus_client import start_http_server

from streams import metrics
from streams.errors import Misconfigured
from streams.settings import Settings


def expose(settings: Settings, process: metrics.Process) -> None:
    """Serve the process' /metrics in a thread; nothing without STREAMS_METRICS_PORT.

    Raises Misconfigured when it is taken.
    """
    if not settings.metrics_port:
        return
    try:
        start_http_server(settings.metrics_port, addr=settings.metrics_host, registry=metrics.registry(process))
    except OSError as error:
        raise Misconfigured(
            f"metrics: cannot listen on {settings.metrics_host}:{settings.metrics_port} ({error.strerror}): set "
            "STREAMS_METRICS_HOST or STREAMS_METRICS_PORT to an address that is free, or the port to 0 for no metrics."
        ) from None
