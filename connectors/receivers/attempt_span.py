"""The span of an attempt to notify a receiver, where spans are made. Of the address the host alone: paths hold keys."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from connectors.receivers.delivery_record import AttemptResult
from connectors.receivers.receiver import Receiver
from streams.ops import tracing
from streams.ops.trace_context import TraceContext

if TYPE_CHECKING:
    from streams.ops.spans import Span


@contextmanager
def attempting(receiver: Receiver, number: int, trace: TraceContext) -> "Iterator[Span | None]":
    """A span around attempt `number`, from 1. `trace`: of the alert's record."""
    if tracing.active is None:
        yield None
        return
    url = urlsplit(receiver.url)
    attributes: dict[str, str | int] = {
        "http.request.method": "POST",
        "server.address": url.hostname or "",
        "server.port": url.port or (443 if url.scheme == "https" else 80),
        "junction_streams.receiver": receiver.name,
    }
    if number > 1:
        attributes["http.request.resend_count"] = number - 1
    with tracing.span("POST", "client", trace, attributes) as span:
        yield span


def attempted(span: "Span", result: AttemptResult) -> None:
    """What came out of it."""
    if result.http_status is not None:
        span.set("http.response.status_code", result.http_status)
    if result.reason:
        span.fail(result.reason if result.http_status is None else str(result.http_status))


def sent_headers(trace: TraceContext) -> dict[str, str]:
    """HTTP headers of a trace; none for none."""
    return {name: text for name, text in trace._asdict().items() if text}
