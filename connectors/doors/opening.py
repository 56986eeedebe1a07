"""A message and its envelope → the body, and what is known of its delivery; or why it is a dead letter. Pure."""

import hashlib
from typing import NamedTuple

from connectors.contract.source import Opened
from connectors.doors.envelope import GZIP, MessageEnvelope
from streams.events import Delivery, clock_ms, rfc3339
from streams.events.doors import CONTENT_ID
from streams.events.identity import identify
from streams.events.text import ID_CHARS_MAX
from streams.events.text.gunzip import gunzip, is_packed
from streams.ops.errors import Reason, Rejected

_TYPE_CHARS = 64  # of an event type before an id that would be too long


class MessageBounds(NamedTuple):
    """`body_bytes_max`: of an unpacked body. `letter_bytes_max`: of the bytes that a dead letter can hold."""

    body_bytes_max: int
    letter_bytes_max: int


def open_message(envelope: MessageEnvelope, raw: bytes, arrived_ms: int, bounds: MessageBounds) -> Opened:
    """Never raises, whatever the bytes. `arrived_ms`: Unix milliseconds, when the message came here."""
    try:
        body = _body(envelope, raw, bounds.body_bytes_max)
    except Rejected as rejection:
        delivery = _delivery(envelope, raw, arrived_ms)
        if len(raw) > bounds.letter_bytes_max:
            return Opened(b"", delivery, envelope.claimed, rejection, left_out=len(raw))
        return Opened(raw, delivery, envelope.claimed, rejection)
    # What is kept from here on is unpacked: a codec is a word about bytes that nobody has any more.
    return Opened(body, _delivery(envelope, body, arrived_ms), envelope.claimed._replace(codec=""))


def _body(envelope: MessageEnvelope, raw: bytes, body_bytes_max: int) -> bytes:
    if envelope.problem is not None:
        raise envelope.problem
    if envelope.claimed.codec == GZIP:
        return gunzip(raw, body_bytes_max)
    if is_packed(raw):
        raise Rejected(Reason.NOT_UNPACKED, "gzip, and the envelope says that it is not")
    if len(raw) > body_bytes_max:
        raise Rejected(Reason.TOO_LARGE, f"above {body_bytes_max} bytes")
    return raw


def _delivery(envelope: MessageEnvelope, body: bytes, arrived_ms: int) -> Delivery:
    made_at_ms = None if envelope.made_at_ms is None else clock_ms(envelope.made_at_ms)
    return Delivery(
        id=_id(envelope, body),
        door=envelope.door,
        endpoint=envelope.endpoint,
        created_at=rfc3339(arrived_ms if made_at_ms is None else made_at_ms),
        received_at=rfc3339(arrived_ms),
    )


def _id(envelope: MessageEnvelope, body: bytes) -> str:
    """The sender's word is unique only for one user and event type (domain file, section 8): the type goes with it, and
    the worker reads it under the user. Without one, the same event has the same id."""
    event_type = envelope.claimed.event_type or _type_in(body)
    if not envelope.id:
        return f"{CONTENT_ID}{_sha256(event_type.encode() + bytes(1) + body)}"
    id = f"{event_type}/{envelope.id}"
    return id if len(id) <= ID_CHARS_MAX else f"{event_type[:_TYPE_CHARS]}/{_sha256(id.encode())}"


def _type_in(body: bytes) -> str:
    """Where the transport says none: else two events of a user, of different types and one word, would be the same."""
    try:
        return identify(body).type.text
    except Rejected:
        return "-"


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
