"""What the gateway knows of one delivery, from its verified headers. Pure."""

from connectors.webhook import trace
from streams.events import Delivery, DoorName, delivery_time_ms, rfc3339
from streams.events.signature import Verified


def delivery_of(
    verified: Verified, endpoint: str, traceparent: str, tracestate: str = "", *, now_s: float, tolerance_s: int
) -> Delivery:
    """Never raises. A trace that cannot be read is left out."""
    parent = trace.parent(traceparent)
    return Delivery(
        id=verified.id,
        door=DoorName.WEBHOOK,
        endpoint=endpoint,
        created_at=rfc3339(delivery_time_ms(verified.id, verified.timestamp_s, tolerance_s)),
        received_at=rfc3339(int(now_s * 1000)),
        traceparent=parent,
        tracestate=trace.state(tracestate) if parent else "",
        signature=verified.headers,
    )
