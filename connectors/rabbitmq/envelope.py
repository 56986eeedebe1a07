"""Properties and routing key of a message in RabbitMQ → its envelope (domain file, section 8). Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeGuard

from connectors.doors.envelope import GZIP, MessageEnvelope
from streams.events.doors import DoorName
from streams.events.intake import Claimed
from streams.events.text import ID_CHARS_MAX
from streams.events.times import EPOCH, MICRO
from streams.ops.errors import Reason, Rejected

# Set by RabbitMQ's own interceptor as a message comes in (`message_interceptors.incoming.set_header_timestamp`), so it
# is of the first time that the broker had the message, and stays the same when it is handed out again.
_BROKER_TIME = "timestamp_in_ms"
_PLAIN = frozenset(("", "identity", "null"))


class Properties(NamedTuple):
    """Of AMQP 0-9-1, as a client decodes them: of any type that a publisher may have written."""

    routing_key: Any = ""
    content_type: Any = None
    content_encoding: Any = None
    message_id: Any = None
    timestamp: Any = None
    headers: Any = None


def read_envelope(properties: Properties, queue: str) -> MessageEnvelope:
    """What a message says of itself. Never raises: what cannot be read is its `problem`."""
    try:
        claimed = Claimed(_text(properties.routing_key, "routing key"), codec=_codec(properties.content_encoding))
        _check_content(properties.content_type)
        id, problem = _text(properties.message_id, "message_id"), None
    except Rejected as rejection:
        claimed, id, problem = Claimed(_or_nothing(properties.routing_key)), "", rejection
    return MessageEnvelope(DoorName.RABBITMQ, queue, claimed, id, _made_at_ms(properties), problem)


def _codec(value: Any) -> str:
    codec = _text(value, "content_encoding").strip().lower()
    if codec in _PLAIN:
        return ""
    if codec != GZIP:
        raise Rejected(Reason.UNKNOWN_CODEC, "content_encoding")
    return GZIP


def _check_content(value: Any) -> None:
    kind = _text(value, "content_type").partition(";")[0].strip().lower()
    if kind and kind != "application/json":
        raise Rejected(Reason.UNKNOWN_CODEC, "content_type")


def _made_at_ms(properties: Properties) -> int | None:
    headers = properties.headers
    found = headers.get(_BROKER_TIME) if isinstance(headers, Mapping) else None
    if isinstance(found, int) and not isinstance(found, bool):
        return found
    stamp = properties.timestamp
    if isinstance(stamp, datetime) and stamp.tzinfo is not None:
        return (stamp - EPOCH) // (1000 * MICRO)
    return None


def _text(value: Any, name: str) -> str:
    """A text as it is, "" for none. Raises Rejected(UNKNOWN_CODEC) for what is no text, or too long."""
    if value is None:
        return ""
    if not _is_text(value):
        raise Rejected(Reason.UNKNOWN_CODEC, name)
    return value


def _or_nothing(value: Any) -> str:
    return value if _is_text(value) else ""


def _is_text(value: Any) -> TypeGuard[str]:
    """Of a length that an id may have, and without half characters, which no UTF-8 holds."""
    if not isinstance(value, str) or len(value) > ID_CHARS_MAX:
        return False
    return value.isascii() or not any("\ud800" <= one <= "\udfff" for one in value)
