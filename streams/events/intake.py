"""The record that a received body becomes: a raw record, or a dead letter. Pure, and the same for every source."""

from typing import NamedTuple

from streams import __version__
from streams.events import topics
from streams.events.headers import (
    H_CONTENT_ENCODING,
    H_DEAD_AT,
    H_DETAIL,
    H_DOOR,
    H_ID,
    H_LEFT_OUT,
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
from streams.events.identity import Identity, hint, identify
from streams.events.ids import canonical
from streams.events.record_keys import raw_key
from streams.ops.errors import Reason, Rejected


class Claimed(NamedTuple):
    """What a transport says of the event in a message; "" for what it does not say.

    `owner`: the user or, for an event without one, the team. `codec`: of the bytes, where they are as they came.
    """

    event_type: str = ""
    user_id: str = ""
    team_id: str = ""
    owner: str = ""
    codec: str = ""


NOTHING = Claimed()


class IntakeRecord(NamedTuple):
    """The record that a body becomes; its value is the body as it was received.

    `topic`: short name. `partition_key`: for `partition_for`. `reason`: why it is a dead letter, "" for a raw record.
    """

    topic: str
    key: bytes
    headers: Headers
    partition_key: str
    reason: str = ""


def record_of(body: bytes, delivery: Delivery, claimed: Claimed = NOTHING) -> IntakeRecord:
    """The raw record of a body, or a dead letter where its identity is none, or not the one claimed. Never raises."""
    try:
        return raw_record(body, delivery, claimed)
    except Rejected as rejection:
        return dead_letter(body, delivery, rejection, claimed)


def raw_record(body: bytes, delivery: Delivery, claimed: Claimed = NOTHING) -> IntakeRecord:
    """The raw record of a body. Raises Rejected where it has no identity, or not the one that is claimed."""
    identity = identify(body)
    if claimed is not NOTHING:
        _compare(identity, claimed)
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


def _compare(identity: Identity, claimed: Claimed) -> None:
    """The body decides; what contradicts it is no event of anybody's. Raises Rejected(ENVELOPE_CONFLICT)."""
    user_id, team_id = canonical(claimed.user_id), canonical(claimed.team_id)
    for is_other, detail in (
        (claimed.event_type not in ("", identity.type.text), "$.event_type"),
        (identity.user_id and user_id not in ("", identity.user_id), "$.user_id"),
        (identity.team_id and team_id not in ("", identity.team_id), "$.team_id"),
        (identity.user_id and canonical(claimed.owner) not in ("", identity.user_id, identity.team_id), "$.user_id"),
    ):
        if is_other:
            raise Rejected(Reason.ENVELOPE_CONFLICT, detail)


def dead_letter(
    body: bytes, delivery: Delivery, rejection: Rejected, claimed: Claimed = NOTHING, *, left_out: int = 0
) -> IntakeRecord:
    """The dead letter of a body without identity. `left_out`: how many bytes it had, where none of them are kept."""
    found = hint(body)
    rows = [
        (H_ID, delivery.id),
        (H_TYPE, found.event_type or claimed.event_type),
        (H_SUBJECT, found.user_id or canonical(claimed.user_id)),
        (H_SOURCE, f"/junction/-/{delivery.door}/{delivery.endpoint}"),
        (H_TIME, delivery.created_at),
        (H_RECEIVED, delivery.received_at),
        (H_DOOR, delivery.door),
        (H_TRACEPARENT, delivery.traceparent),
        (H_TRACESTATE, delivery.tracestate),
        (H_CONTENT_ENCODING, claimed.codec),
        (H_LEFT_OUT, str(left_out) if left_out else ""),
    ]
    death = death_headers(rejection, delivery.received_at)
    headers = [*encode_headers(rows), *death, *encode_headers(delivery.signature)]
    # The owner is not certain, so the delivery's id is the key: a redelivery is in the same partition.
    return IntakeRecord(topics.DEAD_LETTERS, delivery.id.encode(), headers, delivery.id, str(rejection.reason))
