"""The row of a user's connection to a provider, and its record."""

from typing import Any

from streams.agents.steps.incoming import Incoming
from streams.events import topics
from streams.payloads import UNKNOWN
from streams.tables import connections, state_key


def load(incoming: Incoming, provider: str) -> connections.Connection:
    """The connection as stored."""
    return connections.decode(incoming.draft.get("connections", state_key(incoming.event.user_id, provider)))


def imply(incoming: Incoming, provider: str) -> connections.Connection:
    """The connection as this data event implies it; its record is emitted if that is news."""
    if provider == UNKNOWN:
        return connections.EMPTY
    before = load(incoming, provider)
    after = connections.merge_data(before, incoming.delivery.at_ms)
    if after is not before:
        store(incoming, provider, before, after)
    return after


def store(incoming: Incoming, provider: str, before: connections.Connection, after: connections.Connection) -> None:
    """Write a connection's row; emit its record if that changes."""
    user_id = incoming.event.user_id
    if after != before:
        incoming.draft.put("connections", state_key(user_id, provider), connections.encode(after))
    if after.visible != before.visible:
        incoming.emit(topics.CONNECTIONS, (user_id, provider), _record(incoming, provider, after))


def _record(incoming: Incoming, provider: str, state: connections.Connection) -> dict[str, Any]:
    event, delivery = incoming.event, incoming.delivery
    return {
        "user_id": event.user_id,
        "client_user_id": event.client_user_id or None,
        "team_id": event.team_id or None,
        "provider": provider,
        "status": state.status,
        "since": state.since_ms,
        "connected_at": state.created and state.created.at_ms,
        "error_at": state.failed and state.failed.at_ms,
        "error_type": state.failed and state.failed.error_type,
        "implied_since": state.implied_since_ms,
        "resources_available": state.created.resources_available if state.created else [],
        "resources_unavailable": state.created.resources_unavailable if state.created else [],
        "last_event_type": event.type.text,
        "last_event_at": delivery.at_ms,
        "delivery_id": delivery.id,
        "processed_at": incoming.draft.now_ms,
    }
