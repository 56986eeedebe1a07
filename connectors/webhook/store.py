"""From a verified body to one record: where it goes, under which key, with which headers. Pure."""

from typing import NamedTuple

from connectors.webhook import trace
from streams.events import intake
from streams.events.headers import Delivery, Headers
from streams.events.message_ids import delivery_time_ms
from streams.events.partitions import partition_for
from streams.events.signature import Verified
from streams.events.times import rfc3339
from streams.ops.settings import Settings

DOOR = "webhook"


class Stored(NamedTuple):
    """The record that a body becomes. `reason`: why it is a dead letter, "" for a raw record."""

    topic: str
    key: bytes
    headers: Headers
    partition: int
    reason: str


def record_of(
    body: bytes, verified: Verified, endpoint: str, traceparent: str, tracestate: str = "", *, now_s: float,
    settings: Settings,
) -> Stored:  # fmt: skip
    """A raw record, or a dead letter for a body that we cannot read. Never raises for any body."""
    parent = trace.parent(traceparent)
    delivery = Delivery(
        id=verified.id,
        door=DOOR,
        endpoint=endpoint,
        created_at=rfc3339(delivery_time_ms(verified.id, verified.timestamp_s, settings.signature_tolerance_s)),
        received_at=rfc3339(int(now_s * 1000)),
        traceparent=parent,
        tracestate=trace.state(tracestate) if parent else "",
        signature=verified.headers,
    )
    made = intake.record_of(body, delivery)
    return Stored(
        f"{settings.topic_prefix}.{made.topic}",
        made.key,
        made.headers,
        partition_for(made.partition_key, settings.partitions),
        made.reason,
    )
