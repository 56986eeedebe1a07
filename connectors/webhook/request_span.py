"""The span of a request, where spans are made: from its head to the reply, as the parent of its record's way."""

import dataclasses
import time
from collections.abc import Iterator
from contextlib import contextmanager

from streams.events import Delivery
from streams.ops import tracing

_ROUTE = "/webhooks/{endpoint}"


@contextmanager
def answering(delivery: Delivery, took_s: float, body_bytes: int) -> Iterator[Delivery]:
    """A span around the storing of a verified delivery, which began `took_s` seconds ago. Yields it with that trace.

    Requests without a right signature have none: strangers would fill the traces, and name parents of their choice.
    """
    attributes: dict[str, str | int] = {
        "http.request.method": "POST",
        "http.route": _ROUTE,
        "http.request.body.size": body_bytes,
        "junction_streams.endpoint": delivery.endpoint,
        "messaging.message.id": delivery.id,
    }
    began_ns = time.time_ns() - int(took_s * 1e9)
    with tracing.span(f"POST {_ROUTE}", "server", delivery.trace, attributes, began_ns) as span:
        if span is None:
            yield delivery
            return
        traceparent, tracestate = span.context
        status = 503
        try:
            yield dataclasses.replace(delivery, traceparent=traceparent, tracestate=tracestate)
            status = 204
        finally:
            span.set("http.response.status_code", status)
