"""Headers of records (CloudEvents 1.0, Kafka binary mode): names, encoding, decoding."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from streams.events.identity import Identity
from streams.ops.trace_context import TraceContext

# Header names. Signature headers are stored under Svix' names, whichever set was received.
H_ID, H_TYPE, H_SOURCE, H_SUBJECT, H_TIME = "ce_id", "ce_type", "ce_source", "ce_subject", "ce_time"
H_RECEIVED, H_DOOR, H_ORIGIN, H_PARTITION_KEY = "ce_receivedtime", "ce_door", "ce_origin", "ce_partitionkey"
H_BACKFILL = "ce_backfillid"
H_TRACEPARENT, H_TRACESTATE = "traceparent", "tracestate"
H_CONTENT_ENCODING = "content-encoding"  # of a dead letter whose bytes are as a pipeline packed them
H_SVIX_ID, H_SVIX_TIMESTAMP, H_SVIX_SIGNATURE = "svix-id", "svix-timestamp", "svix-signature"
H_REASON, H_DETAIL, H_DEAD_AT, H_VERSION = "dead_reason", "dead_detail", "dead_time", "dead_version"
H_LEFT_OUT = "dead_leftout"  # bytes of a body too large for a dead letter; it is still at `dead_topic`
H_FROM_TOPIC, H_FROM_PARTITION, H_FROM_OFFSET = "dead_topic", "dead_partition", "dead_offset"
H_REDRIVEN_FROM = "ce_redrivenfrom"  # the dead letter, as partition:offset, that was put back as this record

Headers = list[tuple[str, bytes]]
TraceHeaders = tuple[tuple[str, bytes], ...]

TRACESTATE_BYTES_MAX = 512  # the least that has to be passed on (W3C Trace Context, 3.3.1.5)
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


class Origin(StrEnum):
    INCREMENTAL = "incremental"
    HISTORICAL = "historical"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a source knows about one delivery of an event. Times are RFC 3339 in UTC."""

    id: str
    door: str
    endpoint: str
    created_at: str
    received_at: str
    origin: Origin = Origin.INCREMENTAL
    backfill_id: str = ""
    traceparent: str = ""
    tracestate: str = ""
    signature: tuple[tuple[str, str], ...] = ()

    @property
    def trace(self) -> TraceContext:
        """Where the trace of the request that brought it goes on."""
        return TraceContext(self.traceparent, self.tracestate)


def cloud_headers(identity: Identity, delivery: Delivery) -> Headers:
    """CloudEvents headers of a raw record (product contract, section 3). Empty values are left out."""
    rows = [
        ("ce_specversion", "1.0"),
        (H_ID, delivery.id),
        (H_TYPE, identity.type.text),
        (H_SOURCE, f"/junction/{identity.team_id or '-'}/{delivery.door}/{delivery.endpoint}"),
        (H_SUBJECT, identity.user_id),
        (H_TIME, delivery.created_at),
        ("content-type", "application/json"),
        (H_RECEIVED, delivery.received_at),
        (H_DOOR, delivery.door),
        (H_ORIGIN, delivery.origin),
        (H_PARTITION_KEY, identity.owner_id),
        (H_BACKFILL, delivery.backfill_id),
        (H_TRACEPARENT, delivery.traceparent),
        (H_TRACESTATE, delivery.tracestate),
        *delivery.signature,
    ]
    return encode_headers(rows)


def encode_headers(rows: Iterable[tuple[str, str]]) -> Headers:
    """Text headers as Kafka headers; empty ones are left out."""
    return [(name, text.encode()) for name, text in rows if text]


def known_traceparent(text: str) -> str:
    """A `traceparent` as it is; "" for what is none: version ff, ids of zeros (W3C Trace Context, 3.2.2)."""
    return text if _TRACEPARENT.fullmatch(text) else ""


def trace_headers(headers: Mapping[str, bytes | None]) -> TraceHeaders | None:
    """The trace of a record, for what is made of it: `traceparent`, `tracestate`; None without a `traceparent`."""
    parent = headers.get(H_TRACEPARENT)
    if not parent or not known_traceparent(parent.decode("latin-1")):
        return None
    state = headers.get(H_TRACESTATE)
    if not state or len(state) > TRACESTATE_BYTES_MAX:
        return ((H_TRACEPARENT, parent),)
    return ((H_TRACEPARENT, parent), (H_TRACESTATE, state))


def trace_of(headers: Iterable[tuple[str, bytes]]) -> TraceContext:
    """The trace of a record; empty where it has none."""
    found = dict(trace_headers(dict(headers)) or ())
    return TraceContext(*(found.get(name, b"").decode("latin-1") for name in (H_TRACEPARENT, H_TRACESTATE)))


def with_trace(headers: Headers, trace: TraceContext) -> Headers:
    """The headers of a record, with this trace instead of theirs."""
    others = [row for row in headers if row[0] not in (H_TRACEPARENT, H_TRACESTATE)]
    return [*others, *encode_headers([(H_TRACEPARENT, trace.traceparent), (H_TRACESTATE, trace.tracestate)])]


def header(headers: Iterable[tuple[str, bytes]], name: str) -> str:
    """The first header of that name as text; "" when absent; bytes that are not UTF-8 are replaced."""
    return next((value.decode("utf-8", "replace") for key, value in headers if key == name and value), "")
