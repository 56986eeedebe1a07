"""What we know of a user's link to a provider, as a value that merges in any order (domain file, 4.4).

Every part is a maximum or a minimum, so that late and repeated deliveries change nothing: the newest `created`, the
newest `error`, the oldest data event, the newest minute with data. The status follows from them. Data that come after
an error do not mend it: they may be late, and only a new `created` proves that the link works (4.2).
"""

from typing import NamedTuple

import msgspec

from streams.events import MINUTE_MS
from streams.ops.errors import Reason, Rejected
from streams.payloads import provider_slug, short_text
from streams.tables import rows

CONNECTED, ERROR, IMPLIED, UNKNOWN = "connected", "error", "implied", "unknown"
RESOURCES_MAX = 256  # of each list; Junction knows about fifty. Every data event may write the row again


class Created(NamedTuple):
    """A `provider.connection.created`. The order of the tuple breaks ties of the delivery time by content."""

    at_ms: int
    resources_available: tuple[str, ...] = ()
    resources_unavailable: tuple[str, ...] = ()


class Failed(NamedTuple):
    """A `provider.connection.error`. The words for humans are left out: they may hold anything."""

    at_ms: int
    error_type: str = UNKNOWN


class Connection(NamedTuple):
    created: Created | None = None
    failed: Failed | None = None
    implied_since_ms: int | None = None
    last_data_ms: int | None = None  # floored to the minute, so that a busy user is not written at every event
    first_created_ms: int | None = None  # the oldest `created`

    @property
    def status(self) -> str:
        """At equal times the error wins: asking a user to reconnect is cheaper than silence."""
        if self.failed and (not self.created or self.failed.at_ms >= self.created.at_ms):
            return ERROR
        return CONNECTED if self.created else IMPLIED if self.implied_since_ms is not None else UNKNOWN

    @property
    def since_ms(self) -> int:
        """Delivery time of the event that set the status."""
        status = self.status
        if status == ERROR and self.failed:
            return self.failed.at_ms
        return self.created.at_ms if self.created else self.implied_since_ms or 0

    @property
    def visible(self) -> tuple[object, ...]:
        """What consumers see: a record is emitted when it changes."""
        return self.status, self.since_ms, self.created, self.failed


EMPTY = Connection()


def merge(a: Connection, b: Connection) -> Connection:
    """The least state that knows both. Commutative, associative, idempotent; EMPTY changes nothing."""
    return Connection(
        max(filter(None, (a.created, b.created)), default=None),
        max(filter(None, (a.failed, b.failed)), default=None),
        min((t for t in (a.implied_since_ms, b.implied_since_ms) if t is not None), default=None),
        max((t for t in (a.last_data_ms, b.last_data_ms) if t is not None), default=None),
        min((t for t in (a.first_created_ms, b.first_created_ms) if t is not None), default=None),
    )


def merge_data(state: Connection, at_ms: int) -> Connection:
    """The state after a data event; `state` itself if nothing is new."""
    since, last, minute = state.implied_since_ms, state.last_data_ms, at_ms - at_ms % MINUTE_MS
    if since is not None and since <= at_ms and last is not None and minute <= last:
        return state
    return state._replace(
        implied_since_ms=at_ms if since is None or at_ms < since else since,
        last_data_ms=minute if last is None or minute > last else last,
    )


def read_event(action: str, data: object, at_ms: int) -> tuple[str, Connection]:
    """(provider, what the event adds) of a `provider.connection.*`. Raises Rejected(BAD_SHAPE)."""
    if type(data) is not dict:
        raise Rejected(Reason.BAD_SHAPE, "$.data: not an object")
    copy = data.get("source")  # the deprecated copy of `provider`; the only one in some old bodies
    provider = provider_slug(data.get("provider")) or (provider_slug(copy) if type(copy) is dict else None)
    if provider is None:
        raise Rejected(Reason.BAD_SHAPE, "$.data.provider")
    if action == "created":
        created = Created(at_ms, *_availability(data.get("resource_availability")))
        return provider, Connection(created=created, first_created_ms=at_ms)
    if action == "error":
        return provider, Connection(failed=Failed(at_ms, short_text(data.get("error_type")) or UNKNOWN))
    return provider, EMPTY  # an action that we do not know changes nothing


def _availability(value: object) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(available, unavailable) resources, sorted. This is about permission, not about data (4.1)."""
    rows = value if type(value) is dict else {}
    status = {name: row.get("status") for name, row in rows.items() if type(row) is dict and short_text(name)}
    available, unavailable = (sorted(n for n, s in status.items() if s == w) for w in ("available", "unavailable"))
    return tuple(available[:RESOURCES_MAX]), tuple(unavailable[:RESOURCES_MAX])


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Connection).decode


def encode(state: Connection) -> bytes:
    return rows.pack(rows.CONNECTION, _encode(state))


def decode(stored: bytes | None) -> Connection:
    """EMPTY for what is not stored."""
    return EMPTY if stored is None else _decode(rows.unpack(rows.CONNECTION, stored))
