"""A message of Event Hubs from a file, for `source explain`: `headers` by name, `key`, `timestamp` in Unix ms.

A header is a text, as plain text comes, or `{"hex": "a104677a6970"}` for bytes in AMQP's encoding; so is the key.
"""

from functools import partial
from typing import Any

from connectors.contract.source import SourceMessage
from connectors.doors.message_file import MessageFile
from connectors.doors.opening import MessageBounds, open_message
from connectors.event_hubs.envelope import HubProperties, read_envelope
from streams.ops.errors import Misconfigured


def message_of(file: MessageFile, hub: str, arrived_ms: int, bounds: MessageBounds) -> SourceMessage:
    """As the hub would hand it out. Raises Misconfigured for a file of another form."""
    headers = [(name, _bytes(value)) for name, value in file.table("headers").items()]
    timestamp = file.said.get("timestamp")
    made_at_ms = timestamp if isinstance(timestamp, int) and not isinstance(timestamp, bool) else None
    envelope = read_envelope(HubProperties(headers, _bytes(file.said.get("key")), made_at_ms), hub)
    return SourceMessage(None, len(file.body), partial(open_message, envelope, file.body, arrived_ms, bounds))


def _bytes(value: Any) -> bytes | None:
    if value is None:
        return None
    if isinstance(value, str):
        return value.encode(errors="surrogatepass")
    try:
        return bytes.fromhex(value["hex"])
    except (TypeError, KeyError, ValueError):
        raise Misconfigured('a header and the key of a message are a text, or {"hex": "..."}') from None
