"""Attributes and ordering key of a message in Pub/Sub → its envelope (domain file, section 8). Pure."""

from collections.abc import Mapping
from typing import NamedTuple

from connectors.doors.envelope import GZIP, MessageEnvelope
from streams.events.doors import DoorName
from streams.events.intake import Claimed
from streams.events.text import ID_CHARS_MAX
from streams.ops.errors import Reason, Rejected

_TYPE, _OLD_TYPE = "event-type", "event_type"  # the second one stands on older pages of Junction's
_CODEC, _KIND, _KEY = "blob-codec", "blob-type", "idempotency-key"
_PLAIN = frozenset(("", "null"))


class PubSubProperties(NamedTuple):
    """What is around a message's data. Pub/Sub takes and gives attributes that are UTF-8, and no others.

    `ordering_key`: the user where Junction's pipeline has message ordering on, else "". `published_ms`: Unix
    milliseconds, by Google's clock; the same when the message is handed out again.
    """

    attributes: Mapping[str, str]
    ordering_key: str = ""
    published_ms: int | None = None


def read_envelope(properties: PubSubProperties, subscription: str) -> MessageEnvelope:
    """What a message says of itself. Never raises: what cannot be read is its `problem`."""
    attributes, problem = properties.attributes, None
    event_type = attributes.get(_TYPE) or attributes.get(_OLD_TYPE, "")
    owner = properties.ordering_key
    codec = ""
    try:
        _check_texts(attributes, event_type, owner)
        codec = _codec(attributes)
    except Rejected as rejection:
        problem = rejection
    claimed = Claimed(event_type[:ID_CHARS_MAX], owner=owner[:ID_CHARS_MAX], codec=codec)
    id = attributes.get(_KEY, "")
    return MessageEnvelope(DoorName.PUBSUB, subscription, claimed, id, properties.published_ms, problem)


def _check_texts(attributes: Mapping[str, str], event_type: str, owner: str) -> None:
    if attributes.get(_OLD_TYPE, event_type) != event_type:
        raise Rejected(Reason.ENVELOPE_CONFLICT, _OLD_TYPE)
    for text, name in ((event_type, _TYPE), (owner, "ordering key")):
        if len(text) > ID_CHARS_MAX:
            raise Rejected(Reason.ENVELOPE_CONFLICT, name)


def _codec(attributes: Mapping[str, str]) -> str:
    codec = attributes.get(_CODEC, "").strip().lower()
    kind = attributes.get(_KIND, "").strip().lower()
    if codec not in _PLAIN and codec != GZIP:
        raise Rejected(Reason.UNKNOWN_CODEC, _CODEC)
    if kind not in _PLAIN and kind != "json":
        raise Rejected(Reason.UNKNOWN_CODEC, _KIND)
    return GZIP if codec == GZIP else ""
