"""Headers, key and time of a record in Event Hubs → its envelope (domain file, section 8). Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from connectors.doors.envelope import GZIP, MessageEnvelope
from connectors.event_hubs.amqp_values import text_of
from streams.events.doors import DoorName
from streams.events.intake import Claimed
from streams.ops.errors import Reason, Rejected

TYPE, USER, TEAM = "event-type", "user-id", "team-id"
CODEC, KEY = "content-encoding", "idempotency-key"
RECORD_KEY = "key"  # as the name of a place: Junction's partition key, the user
_PLAIN = frozenset(("", "identity", "null"))


class HubProperties(NamedTuple):
    """Around one record, as a client gives it. `headers`: None where the client could not read them.
    `timestamp_ms`: Unix milliseconds, when Event Hubs took it; None: unknown."""

    headers: Sequence[tuple[str, bytes | None]] | None = ()
    key: bytes | None = None
    timestamp_ms: int | None = None


def read_envelope(properties: HubProperties, hub: str) -> MessageEnvelope:
    """What a message says of itself. Never raises: what cannot be read is its `problem`."""
    found: dict[str, str] = {}
    problem = None
    for name in (TYPE, USER, TEAM, CODEC, KEY, RECORD_KEY):
        try:
            found[name] = _said(properties, name)
        except Rejected as rejection:
            found[name], problem = "", problem or rejection
    if found[CODEC].strip().lower() not in (*_PLAIN, GZIP):
        problem = problem or Rejected(Reason.UNKNOWN_CODEC, CODEC)
    codec = GZIP if found[CODEC].strip().lower() == GZIP else ""
    claimed = Claimed(found[TYPE], found[USER], found[TEAM], found[RECORD_KEY], codec)
    return MessageEnvelope(DoorName.AZURE, hub, claimed, found[KEY], properties.timestamp_ms, problem)


def _said(properties: HubProperties, name: str) -> str:
    """One word of a message, "" for none. Raises Rejected: UNKNOWN_CODEC where it is no text, ENVELOPE_CONFLICT where
    it is said twice and differently: once by AMQP's own property, once by the one of the application."""
    if name == RECORD_KEY:
        return text_of(properties.key, name)
    if properties.headers is None:
        raise Rejected(Reason.UNKNOWN_CODEC, "headers")
    words = {word for key, value in properties.headers if key == name and (word := text_of(value, name))}
    if len(words) > 1:
        raise Rejected(Reason.ENVELOPE_CONFLICT, name)
    return words.pop() if words else ""
