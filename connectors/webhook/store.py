"""From a verified body to one record: where it goes, under which key, with which headers. Pure."""

from datetime import datetime, timedelta
from typing import NamedTuple

from connectors.webhook import trace
from streams import __version__
from streams.events import topics
from streams.events.headers import (
    H_DEAD_AT,
    H_DETAIL,
    H_DOOR,
    H_ID,
    H_REASON,
    H_RECEIVED,
    H_SOURCE,
    H_SUBJECT,
    H_TIME,
    H_TRACEPARENT,
    H_TRACESTATE,
    H_TYPE,
    H_VERSION,
    Delivery,
    Headers,
    cloud_headers,
    encode_headers,
)
from streams.events.identity import Hint, hint, identify
from streams.events.message_ids import delivery_time_ms
from streams.events.partitions import partition_for
from streams.events.record_keys import raw_key
from streams.events.signature import Verified
from streams.ops.errors import Rejected
from streams.ops.settings import Settings

DOOR = "webhook"
_EPOCH = datetime(1970, 1, 1)  # UTC: the "Z" is added to the text


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
        created_at=_rfc3339(delivery_time_ms(verified.id, verified.timestamp_s, settings.signature_tolerance_s)),
        received_at=_rfc3339(int(now_s * 1000)),
        traceparent=parent,
        tracestate=trace.state(tracestate) if parent else "",
        signature=verified.headers,
    )
    try:
        identity = identify(body)
    except Rejected as error:
        return _dead_letter(error, hint(body), delivery, settings)
    return Stored(
        f"{settings.topic_prefix}.{topics.raw_topic(identity.type)}",
        raw_key(identity),
        cloud_headers(identity, delivery),
        partition_for(identity.owner_id, settings.partitions),
        "",
    )


def _dead_letter(error: Rejected, hint: Hint, delivery: Delivery, settings: Settings) -> Stored:
    """Nobody knows for certain whose it is, so the delivery's id is its key: a redelivery lands beside it."""
    rows = [
        (H_ID, delivery.id),
        (H_TYPE, hint.event_type),
        (H_SUBJECT, hint.user_id),
        (H_SOURCE, f"/junction/-/{delivery.door}/{delivery.endpoint}"),
        (H_TIME, delivery.created_at),
        (H_RECEIVED, delivery.received_at),
        (H_DOOR, delivery.door),
        (H_TRACEPARENT, delivery.traceparent),
        (H_TRACESTATE, delivery.tracestate),
        (H_REASON, error.reason),
        (H_DETAIL, error.detail),
        (H_DEAD_AT, delivery.received_at),
        (H_VERSION, __version__),
        *delivery.signature,
    ]
    return Stored(
        f"{settings.topic_prefix}.{topics.DEAD_LETTERS}",
        delivery.id.encode(),
        encode_headers(rows),
        partition_for(delivery.id, settings.partitions),
        str(error.reason),
    )


def _rfc3339(time_ms: int) -> str:
    """`2026-06-03T09:15:00.123Z`"""
    return (_EPOCH + timedelta(milliseconds=time_ms)).isoformat(timespec="milliseconds") + "Z"
