"""The span of one try of a call, where spans are made. Its address is left out: ids of users are in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from connectors.junction.endpoints import ApiCall
from streams.ops import tracing
from streams.ops.trace_context import NO_TRACE, TraceContext

if TYPE_CHECKING:
    from streams.ops.spans import Span


@contextmanager
def asking(base_url: str, call: ApiCall, given: str) -> "Iterator[Span | None]":
    """A span around one try. `given`: the `traceparent` that the caller gave, "" for none."""
    url = urlsplit(base_url)
    attributes: dict[str, str | int] = {
        "http.request.method": call.method,
        "server.address": url.hostname or "",
        "server.port": url.port or (443 if url.scheme == "https" else 80),
        "junction_streams.endpoint": call.endpoint,
    }
    parent = TraceContext(given) if given else NO_TRACE
    with tracing.span(f"{call.method} {call.endpoint}", "client", parent, attributes) as span:
        yield span


def answered(span: "Span", status: int) -> None:
    """From 400 on it is an error, by the conventions for clients."""
    span.set("http.response.status_code", status)
    if status >= 400:
        span.fail(str(status))
