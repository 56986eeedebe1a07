"""A message of RabbitMQ from a file, for `source explain`."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

from connectors.contract.source import SourceMessage
from connectors.doors.message_file import MessageFile
from connectors.doors.opening import MessageBounds, open_message
from connectors.rabbitmq.envelope import Properties, read_envelope


def message_of(file: MessageFile, queue: str, arrived_ms: int, bounds: MessageBounds) -> SourceMessage:
    """As the queue would hand it out. Raises Misconfigured where `properties` is no JSON object."""
    known = {name: value for name, value in file.table("properties").items() if name in Properties._fields}
    known["routing_key"] = file.said.get("routing_key", "")
    known["timestamp"] = _time(known.get("timestamp"))
    envelope = read_envelope(Properties(**known), queue)
    return SourceMessage(None, len(file.body), partial(open_message, envelope, file.body, arrived_ms, bounds))


def _time(seconds: Any) -> Any:
    """Unix seconds, as AMQP has them, as a client decodes them."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
