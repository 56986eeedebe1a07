"""What every agent puts into a clean record: how the event came, who it is about, and the connection joined in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from streams.events import topics
from streams.events.resources import RESOURCES
from streams.events.signature import ksuid_time_ms
from streams.events.times import DAY_US, clock_ms, millis
from streams.events.types import TEXT_CHARS_MAX, Record
from streams.kafka.codec import Codec
from streams.ops.errors import Reason, Rejected
from streams.payloads.envelope import Event
from streams.payloads.local_time import FLOATING_PROVIDERS
from streams.payloads.source import UNKNOWN, Source
from streams.payloads.values import to_json
from streams.tables import connections
from streams.tables.draft import Draft
from streams.tables.keys import state_key
from streams.tables.outputs import CleanRecord
from streams.tables.sources import Policy
from streams.tables.verdicts import FIRST_DELIVERY_MS, NEVER_US, Version, is_ahead

AHEAD_US = 2 * DAY_US  # a clock that is wrong by a zone is no news; one that is wrong by days is


class Delivered(NamedTuple):
    """How a record came. `at_ms`: the delivery time that versions are ordered by, never well after its own arrival.

    `stored_ms`: time of the Kafka record.
    """

    id: str
    at_ms: int
    created_ms: int | None
    received_ms: int | None
    door: str
    origin: str
    backfill_id: str
    topic: str
    partition: int
    offset: int
    stored_ms: int

    @property
    def arrived_ms(self) -> int:
        """When it came to us last: a letter that goes back keeps the headers of its first arrival."""
        return self.stored_ms if self.received_ms is None else max(self.received_ms, self.stored_ms)


def delivered(record: Record) -> Delivered:
    """From the CloudEvents headers. Without them the time of the Kafka record stands in; 1970 where that is none."""
    headers, stored_ms = dict(record.headers), clock_ms(record.timestamp)
    id = _text(headers.get(topics.H_ID)) or _text(headers.get(topics.H_SVIX_ID))
    created_ms = millis(_text(headers.get(topics.H_TIME)))
    if created_ms is None:
        created_ms = ksuid_time_ms(id) or _attempt_ms(_text(headers.get(topics.H_SVIX_TIMESTAMP)))
    received_ms = millis(_text(headers.get(topics.H_RECEIVED)))
    return _tuple(
        Delivered,
        (
            id,
            _made_ms(created_ms, received_ms, stored_ms or 0),
            created_ms,
            received_ms,
            _text(headers.get(topics.H_DOOR)) or UNKNOWN,
            _text(headers.get(topics.H_ORIGIN)) or topics.Origin.INCREMENTAL,
            _text(headers.get(topics.H_BACKFILL)),
            record.topic,
            record.partition,
            record.offset,
            stored_ms or 0,
        ),
    )


def _made_ms(created_ms: int | None, received_ms: int | None, stored_ms: int) -> int:
    """When a delivery was made: nothing is made well after it came."""
    if created_ms is None:
        return stored_ms
    arrived_ms = stored_ms if received_ms is None else received_ms
    return arrived_ms if is_ahead(created_ms * 1000, arrived_ms) else created_ms


_tuple = tuple.__new__  # half the time of calling the type, on the path of every record


def _text(value: bytes | None) -> str:
    """ "" for what no door of ours writes: rows remember ids, and must not grow by what anybody puts into a header."""
    text = value.decode("utf-8", "replace") if value else ""
    return text if len(text) <= TEXT_CHARS_MAX else ""


def aged(how: Delivered, last_us: int | None, link: connections.Connection) -> Delivered:
    """Data that end before the user first connected are history, also where they come as incremental events (5.3)."""
    first_ms = link.first_created_ms
    if first_ms is None or last_us is None or last_us >= first_ms * 1000 or how.origin == topics.Origin.HISTORICAL:
        return how
    return how._replace(origin=topics.Origin.HISTORICAL)


def _attempt_ms(text: str) -> int | None:
    return clock_ms(int(text) * 1000) if text.isascii() and text.isdigit() and len(text) <= 12 else None


def body_of(record: Record) -> bytes:
    """The stored bytes. Raises Rejected(NOT_JSON) for an empty record."""
    if not record.value:
        raise Rejected(Reason.NOT_JSON, "$: empty")
    return record.value


@dataclass(frozen=True, slots=True)
class Outlet:
    """Encodes and emits to the clean topics of one prefix."""

    codec: Codec
    prefix: str

    def emit(
        self, draft: Draft, topic: str, key: Sequence[str] | bytes, record: dict[str, Any], *, more: int = 0
    ) -> None:
        """`topic`: short name. `key`: its parts, or itself. Raises Rejected(TOO_LARGE); `more`: as in `Draft`."""
        value = self.codec.encode(topic, record)
        whole = key if isinstance(key, bytes) else topics.key_of(*key)
        draft.emit(f"{self.prefix}.{topic}", whole, value, more=more)
        draft.count("clean_records", topic)
        if draft.observations is not None:
            draft.observations.append(CleanRecord(topic, record))


_POLICY = Policy()


def head(
    event: Event,
    how: Delivered,
    draft: Draft,
    *,
    source: Source | None,
    link: connections.Connection | None,
    verdict: str,
    version: Version,
    changed_fields: Sequence[str] = (),
    unknown: Mapping[str, Any] | None = None,
    policy: Policy | None = None,
) -> dict[str, Any]:
    """The fields that all data records share."""
    updated_at_us, delivered_at_ms, content_hash = version
    return {
        "user_id": event.user_id or None,
        "client_user_id": event.client_user_id or None,
        "team_id": event.team_id or None,
        "resource": event.type.resource,
        "source": source and {**source._asdict(), "priority": (policy or _POLICY).rank(source.type)},
        "delivery": {
            "id": how.id,
            "event_type": event.type.text,
            "door": how.door,
            "origin": how.origin,
            "backfill_id": how.backfill_id or None,
            "raw_topic": how.topic,
            "raw_partition": how.partition,
            "raw_offset": how.offset,
            "created_at": how.created_ms,
            "received_at": how.received_ms,
            "processed_at": draft.now_ms,
        },
        "verdict": verdict,
        "changed_fields": changed_fields,
        "version": {
            "updated_at": None if updated_at_us == NEVER_US else updated_at_us,
            "delivered_at": delivered_at_ms,
            "content_hash": content_hash,
        },
        "connection": link and {"status": link.status, "connected_at": link.created and link.created.at_ms},
        "is_floating_time": source is not None and source.provider in FLOATING_PROVIDERS,
        "problems": event.problems,
        "unknown_fields": unknown_text(event, unknown),
    }


def note_times(event: Event, place: str, first_us: int, last_us: int, at_ms: int) -> None:
    """Times that are kept and yet unlikely: before 1970, or well after their delivery."""
    if first_us < 0:
        event.problems.append(f"{place}: before 1970")
    if last_us > at_ms * 1000 + AHEAD_US and at_ms >= FIRST_DELIVERY_MS:
        event.problems.append(f"{place}: after its delivery")


def unknown_text(event: Event, unknown: Mapping[str, Any] | None) -> str | None:
    """JSON of what has no place in a record, that of the envelope under `$`."""
    if not unknown and not event.unknown:
        return None
    return to_json({**(unknown or {}), **({"$": event.unknown} if event.unknown else {})}).decode()


def data_link(draft: Draft, outlet: Outlet, event: Event, how: Delivered, provider: str) -> connections.Connection:
    """The connection as known with this data event, which implies one; a new implied row is emitted."""
    if provider == UNKNOWN:
        return connections.EMPTY
    key = state_key(event.user_id, provider)
    before = connections.decode(draft.get("connections", key))
    after = connections.merge_data(before, how.at_ms)
    if after is not before:
        store_link(draft, outlet, event, how, provider, before, after)
    return after


def store_link(
    draft: Draft,
    outlet: Outlet,
    event: Event,
    how: Delivered,
    provider: str,
    before: connections.Connection,
    after: connections.Connection,
) -> None:
    """Write a connection's state; emit it where what others see has changed."""
    if after != before:
        draft.put("connections", state_key(event.user_id, provider), connections.encode(after))
    if after.visible != before.visible:
        row = connection_record(event, how, draft, provider, after)
        outlet.emit(draft, topics.CONNECTIONS, (event.user_id, provider), row)


def connection_record(
    event: Event, how: Delivered, draft: Draft, provider: str, state: connections.Connection
) -> dict[str, Any]:
    """One record of the `connections` topic."""
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
        "last_event_at": how.at_ms,
        "delivery_id": how.id,
        "processed_at": draft.now_ms,
    }


def resource_label(event: Event) -> str:
    """A metric label that a stranger cannot multiply."""
    known = event.type.resource in RESOURCES or event.type.resource in _CONTROL_LABELS
    return event.type.resource if known else UNKNOWN


_CONTROL_LABELS = frozenset(
    {"connection", "device", "other", "order", "appointment", "result", "match_review", "parsing_job"}
    | {"order_tracking", "result_table", "quote", "session"}
)
