"""From a verified body to one record: where it goes, under which key, with which headers. Pure."""

from datetime import datetime, timedelta
from typing import NamedTuple

from connectors.webhook import trace
from streams import __version__
from streams.events import topics, types
from streams.events.signature import Verified, delivery_time_ms
from streams.events.topics import Delivery, Headers
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
        identity = types.identify(body)
    except Rejected as error:
        return _dead_letter(error, types.hint(body), delivery, settings)
    return Stored(
        f"{settings.topic_prefix}.{topics.raw_topic(identity.type)}",
        topics.raw_key(identity),
        topics.cloud_headers(identity, delivery),
        topics.partition_for(identity.owner_id, settings.partitions),
        "",
    )


def _dead_letter(error: Rejected, hint: types.Hint, delivery: Delivery, settings: Settings) -> Stored:
    """Nobody knows for certain whose it is, so the delivery's id is its key: a redelivery lands beside it."""
    rows = [
        (topics.H_ID, delivery.id),
        (topics.H_TYPE, hint.event_type),
        (topics.H_SUBJECT, hint.user_id),
        (topics.H_SOURCE, f"/junction/-/{delivery.door}/{delivery.endpoint}"),
        (topics.H_TIME, delivery.created_at),
        (topics.H_RECEIVED, delivery.received_at),
        (topics.H_DOOR, delivery.door),
        (topics.H_TRACEPARENT, delivery.traceparent),
        (topics.H_TRACESTATE, delivery.tracestate),
        (topics.H_REASON, error.reason),
        (topics.H_DETAIL, error.detail),
        (topics.H_DEAD_AT, delivery.received_at),
        (topics.H_VERSION, __version__),
        *delivery.signature,
    ]
    return Stored(
        f"{settings.topic_prefix}.{topics.DEAD_LETTERS}",
        delivery.id.encode(),
        topics.encode_headers(rows),
        topics.partition_for(delivery.id, settings.partitions),
        str(error.reason),
    )


def _rfc3339(time_ms: int) -> str:
    """`2026-06-03T09:15:00.123Z`"""
    return (_EPOCH + timedelta(milliseconds=time_ms)).isoformat(timespec="milliseconds") + "Z"
