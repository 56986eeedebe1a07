"""How the event of a raw record was delivered."""

from typing import NamedTuple

from streams.events import (
    H_BACKFILL,
    H_DOOR,
    H_ID,
    H_ORIGIN,
    H_RECEIVED,
    H_REDRIVEN_FROM,
    H_SVIX_ID,
    H_SVIX_TIMESTAMP,
    H_TIME,
    H_TRACEPARENT,
    Origin,
    Record,
    TraceHeaders,
    clock_ms,
    ksuid_time_ms,
    millis,
    trace_headers,
)
from streams.events.text import ID_CHARS_MAX
from streams.payloads import UNKNOWN
from streams.tables.verdicts import is_ahead


class Provenance(NamedTuple):
    """How an event was delivered. `at_ms`: when, which orders versions; never well after the arrival here.

    `stored_ms`: time of the Kafka record. `trace`: what its records carry on. `redriven_from`: the dead letter, as
    partition:offset, that was put back as it.
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
    trace: TraceHeaders | None = None
    redriven_from: str = ""

    @property
    def arrived_ms(self) -> int:
        """The last arrival here. A redriven letter keeps the headers of its first one."""
        return self.stored_ms if self.received_ms is None else max(self.received_ms, self.stored_ms)


def provenance_of(record: Record) -> Provenance:
    """From the CloudEvents headers. The time of the Kafka record replaces a missing one, 1970 where it has none."""
    headers, stored_ms = dict(record.headers), clock_ms(record.timestamp)
    id = _text(headers.get(H_ID)) or _text(headers.get(H_SVIX_ID))
    created_ms = millis(_text(headers.get(H_TIME)))
    if created_ms is None:
        created_ms = ksuid_time_ms(id) or _attempt_ms(_text(headers.get(H_SVIX_TIMESTAMP)))
    received_ms = millis(_text(headers.get(H_RECEIVED)))
    return _tuple(
        Provenance,
        (
            id,
            _made_ms(created_ms, received_ms, stored_ms or 0),
            created_ms,
            received_ms,
            _text(headers.get(H_DOOR)) or UNKNOWN,
            _text(headers.get(H_ORIGIN)) or Origin.INCREMENTAL,
            _text(headers.get(H_BACKFILL)),
            record.topic,
            record.partition,
            record.offset,
            stored_ms or 0,
            trace_headers(headers) if H_TRACEPARENT in headers else None,
            _text(headers[H_REDRIVEN_FROM]) if H_REDRIVEN_FROM in headers else "",
        ),
    )


def _made_ms(created_ms: int | None, received_ms: int | None, stored_ms: int) -> int:
    """When a delivery was made. A time well after its arrival is a wrong clock: the arrival counts."""
    if created_ms is None:
        return stored_ms
    arrived_ms = stored_ms if received_ms is None else received_ms
    return arrived_ms if is_ahead(created_ms * 1000, arrived_ms) else created_ms


_tuple = tuple.__new__  # half the time of calling the type, on the path of every record


def _text(value: bytes | None) -> str:
    """A header as text; "" for one that is longer than a door writes, because rows keep ids and must not grow by it."""
    text = value.decode("utf-8", "replace") if value else ""
    return text if len(text) <= ID_CHARS_MAX else ""


def _attempt_ms(text: str) -> int | None:
    return clock_ms(int(text) * 1000) if text.isascii() and text.isdigit() and len(text) <= 12 else None
