"""The record that a received body becomes: a raw record, or a dead letter. Pure, and the same for every source."""

from typing import NamedTuple

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
from streams.events.identity import hint, identify
from streams.events.record_keys import raw_key
from streams.ops.errors import Rejected


class IntakeRecord(NamedTuple):
    """The record that a body becomes; its value is the body as it was received.

    `topic`: short name. `partition_key`: for `partition_for`. `reason`: why it is a dead letter, "" for a raw record.
    """

    topic: str
    key: bytes
    headers: Headers
    partition_key: str
    reason: str = ""


def record_of(body: bytes, delivery: Delivery) -> IntakeRecord:
    """The raw record of a body, or a dead letter where it has no identity. Never raises."""
    try:
        return raw_record(body, delivery)
    except Rejected as rejection:
        return _unidentified(body, delivery, rejection)


def raw_record(body: bytes, delivery: Delivery) -> IntakeRecord:
    """The raw record of a body. Raises Rejected where it has no identity."""
    identity = identify(body)
    headers = cloud_headers(identity, delivery)
    return IntakeRecord(topics.raw_topic(identity.type), raw_key(identity), headers, identity.owner_id)


def given_up(body: bytes, delivery: Delivery, rejection: Rejected) -> IntakeRecord:
    """The dead letter of a body that has an identity and was never a raw record. Raises Rejected as above."""
    raw = raw_record(body, delivery)
    headers = [*raw.headers, *death_headers(rejection, delivery.received_at)]
    return IntakeRecord(topics.DEAD_LETTERS, raw.key, headers, raw.partition_key, str(rejection.reason))


def death_headers(rejection: Rejected, dead_at: str) -> Headers:
    """Headers of each dead letter: reason, time and version of the rejection. `dead_at`: RFC 3339."""
    rows = [
        (H_REASON, str(rejection.reason)),
        (H_DETAIL, rejection.detail),
        (H_DEAD_AT, dead_at),
        (H_VERSION, __version__),
    ]
    return encode_headers(rows)


def _unidentified(body: bytes, delivery: Delivery, rejection: Rejected) -> IntakeRecord:
    found = hint(body)
    rows = [
        (H_ID, delivery.id),
        (H_TYPE, found.event_type),
        (H_SUBJECT, found.user_id),
        (H_SOURCE, f"/junction/-/{delivery.door}/{delivery.endpoint}"),
        (H_TIME, delivery.created_at),
        (H_RECEIVED, delivery.received_at),
        (H_DOOR, delivery.door),
        (H_TRACEPARENT, delivery.traceparent),
        (H_TRACESTATE, delivery.tracestate),
    ]
    death = death_headers(rejection, delivery.received_at)
    headers = [*encode_headers(rows), *death, *encode_headers(delivery.signature)]
    # The owner is not certain, so the delivery's id is the key: a redelivery is in the same partition.
    return IntakeRecord(topics.DEAD_LETTERS, delivery.id.encode(), headers, delivery.id, str(rejection.reason))
