"""What a raw record says of itself: how its event was delivered, and its bytes."""

from typing import NamedTuple

from streams.events import topics
from streams.events.signature import ksuid_time_ms
from streams.events.times import clock_ms, millis
from streams.events.types import TEXT_CHARS_MAX, Record
from streams.ops.errors import Reason, Rejected
from streams.payloads.source import UNKNOWN
from streams.tables.verdicts import is_ahead


class Provenance(NamedTuple):
    """How an event was delivered. `at_ms`: when, which orders versions; never well after the arrival here.

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
        """The last arrival here. A redriven letter keeps the headers of its first one."""
        return self.stored_ms if self.received_ms is None else max(self.received_ms, self.stored_ms)


def provenance_of(record: Record) -> Provenance:
    """From the CloudEvents headers. Without them the time of the Kafka record stands in; 1970 where that is none."""
    headers, stored_ms = dict(record.headers), clock_ms(record.timestamp)
    id = _text(headers.get(topics.H_ID)) or _text(headers.get(topics.H_SVIX_ID))
    created_ms = millis(_text(headers.get(topics.H_TIME)))
    if created_ms is None:
        created_ms = ksuid_time_ms(id) or _attempt_ms(_text(headers.get(topics.H_SVIX_TIMESTAMP)))
    received_ms = millis(_text(headers.get(topics.H_RECEIVED)))
    return _tuple(
        Provenance,
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


def _attempt_ms(text: str) -> int | None:
    return clock_ms(int(text) * 1000) if text.isascii() and text.isdigit() and len(text) <= 12 else None


def body_of(record: Record) -> bytes:
    """The stored bytes. Raises Rejected(NOT_JSON) for an empty record."""
    if not record.value:
        raise Rejected(Reason.NOT_JSON, "$: empty")
    return record.value
