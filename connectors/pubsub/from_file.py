"""A message of Pub/Sub from a file, for `source explain`."""

from datetime import datetime
from functools import partial
from typing import Any

from connectors.contract.source import SourceMessage
from connectors.doors.message_file import MessageFile
from connectors.doors.opening import MessageBounds, open_message
from connectors.pubsub.envelope import PubSubProperties, read_envelope
from streams.events.times import EPOCH, MICRO
from streams.ops.errors import Misconfigured


def message_of(file: MessageFile, subscription: str, arrived_ms: int, bounds: MessageBounds) -> SourceMessage:
    """As the subscription would hand it out. Raises Misconfigured where `attributes` is no object of texts."""
    attributes, key = file.table("attributes"), file.said.get("ordering_key", "")
    if not all(_is_text(one) for one in (*attributes, *attributes.values(), key)):
        raise Misconfigured("`attributes` and `ordering_key` of the message are texts: Pub/Sub has nothing else")
    properties = PubSubProperties(attributes, key, _published_ms(file.said.get("publish_time")))
    envelope = read_envelope(properties, subscription)
    return SourceMessage(None, len(file.body), partial(open_message, envelope, file.body, arrived_ms, bounds))


def _is_text(value: Any) -> bool:
    """As protobuf has it: what UTF-8 can hold, so no half of a character."""
    return isinstance(value, str) and value.encode(errors="replace").decode() == value


def _published_ms(text: Any) -> int | None:
    """RFC 3339, as `gcloud pubsub subscriptions pull --format=json` prints it."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise Misconfigured("`publish_time` of the message is no time (RFC 3339)") from None
    if found.tzinfo is None:
        raise Misconfigured("`publish_time` of the message has no time zone")
    return (found - EPOCH) // (1000 * MICRO)
