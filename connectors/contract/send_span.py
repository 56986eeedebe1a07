"""The span of a record's way to Kafka, where spans are made: its trace is what the record carries on."""

from collections.abc import Iterator
from contextlib import contextmanager

from streams.events import Delivery, Headers, with_trace
from streams.ops import tracing


@contextmanager
def sending(topic: str, partition: int, headers: Headers, delivery: Delivery, body_bytes: int) -> Iterator[Headers]:
    """A span around the publishing of a record. Yields its headers."""
    attributes: dict[str, str | int] = {
        "messaging.system": "kafka",
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
        "messaging.destination.name": topic,
        "messaging.destination.partition.id": str(partition),
        "messaging.message.id": delivery.id,
        "messaging.message.body.size": body_bytes,
    }
    with tracing.span(f"send {topic}", "producer", delivery.trace, attributes) as span:
        yield headers if span is None else with_trace(headers, span.context)
