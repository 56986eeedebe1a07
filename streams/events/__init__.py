"""What an event is: type, owner, signature, resource; the topic, key, headers and schema it gets. Pure tables.

types            event types parsed; the shape of a stored record
actions          which actions of a resource or thing are documented
resources        the table of Junction's data resources
documented       event types and values of enums that Junction documents
providers        what is known of a provider's history before asking
identity         type, user and team of a body
ids              the canonical form of an id
signature        who signed a body, and when; `proof`: whether a stored record is that
message_ids      the time in an id of Svix
intake           the raw record, or the dead letter, that a body becomes
headers          names and encoding of a record's headers
record_keys      the key of a record; `key_parts`: keys made of parts
partitions       the partition of an owner
priority         which records wait when more comes than Kafka takes
record_bounds    how large a record and a row may be
topics           every topic with its schema and settings; `kept`: for how long each is kept
doors            by which way an event came in
parts            who sends and receives which topics; `rights`: what each may do on Kafka, and so nothing else
times            times from text and to text; units of time
text             bodies as bytes: mending, bounds, places
schemas          the Avro schemas: fields, releases, compatibility

`signature` is not re-exported: it imports cryptography, which only those pay for who sign or verify.
"""

from streams.events.documented import OPERATIONAL, PROVIDERS, Words
from streams.events.doors import DoorName
from streams.events.headers import (
    H_BACKFILL,
    H_DETAIL,
    H_DOOR,
    H_FROM_OFFSET,
    H_FROM_PARTITION,
    H_FROM_TOPIC,
    H_ID,
    H_LEFT_OUT,
    H_ORIGIN,
    H_PARTITION_KEY,
    H_REASON,
    H_RECEIVED,
    H_REDRIVEN_FROM,
    H_SOURCE,
    H_SUBJECT,
    H_SVIX_ID,
    H_SVIX_SIGNATURE,
    H_SVIX_TIMESTAMP,
    H_TIME,
    H_TRACEPARENT,
    H_TRACESTATE,
    H_TYPE,
    H_VERSION,
    Delivery,
    Headers,
    Origin,
    TraceHeaders,
    encode_headers,
    header,
    known_traceparent,
    trace_headers,
    trace_of,
    with_trace,
)
from streams.events.identity import Hint, hint, identify, identify_strictly, type_of
from streams.events.intake import death_headers, given_up, raw_record
from streams.events.message_ids import delivery_time_ms, ksuid_time_ms, new_message_id
from streams.events.partitions import partition_for
from streams.events.priority import queue_share
from streams.events.providers import not_expected
from streams.events.record_bounds import AGAIN_BYTES, RECORD_BYTES_MAX, ROOM_BYTES, Bounds, around, weight
from streams.events.record_keys import key_of, owner_in, raw_key
from streams.events.resources import RESOURCES, Kind, Rate, Resource, Shape, Value, normalise
from streams.events.times import (
    DAY_MS,
    DAY_S,
    DAY_US,
    EPOCH,
    HOUR_MS,
    HOUR_S,
    HOUR_US,
    MICRO,
    MINUTE_MS,
    MINUTE_S,
    MINUTE_US,
    SECOND_US,
    clock_ms,
    day_text,
    in_range,
    millis,
    rfc3339,
    rfc3339_seconds,
    since_epoch,
)
from streams.events.topics import Role, Topic
from streams.events.types import EventType, Family, Record, body_of, parse_type

__all__ = [
    "AGAIN_BYTES",
    "DAY_MS",
    "DAY_S",
    "DAY_US",
    "EPOCH",
    "HOUR_MS",
    "HOUR_S",
    "HOUR_US",
    "H_BACKFILL",
    "H_DETAIL",
    "H_DOOR",
    "H_FROM_OFFSET",
    "H_FROM_PARTITION",
    "H_FROM_TOPIC",
    "H_ID",
    "H_LEFT_OUT",
    "H_ORIGIN",
    "H_PARTITION_KEY",
    "H_REASON",
    "H_RECEIVED",
    "H_REDRIVEN_FROM",
    "H_SOURCE",
    "H_SUBJECT",
    "H_SVIX_ID",
    "H_SVIX_SIGNATURE",
    "H_SVIX_TIMESTAMP",
    "H_TIME",
    "H_TRACEPARENT",
    "H_TRACESTATE",
    "H_TYPE",
    "H_VERSION",
    "MICRO",
    "MINUTE_MS",
    "MINUTE_S",
    "MINUTE_US",
    "OPERATIONAL",
    "PROVIDERS",
    "RECORD_BYTES_MAX",
    "RESOURCES",
    "ROOM_BYTES",
    "SECOND_US",
    "Bounds",
    "Delivery",
    "DoorName",
    "EventType",
    "Family",
    "Headers",
    "Hint",
    "Kind",
    "Origin",
    "Rate",
    "Record",
    "Resource",
    "Role",
    "Shape",
    "Topic",
    "TraceHeaders",
    "Value",
    "Words",
    "around",
    "body_of",
    "clock_ms",
    "day_text",
    "death_headers",
    "delivery_time_ms",
    "encode_headers",
    "given_up",
    "header",
    "hint",
    "identify",
    "identify_strictly",
    "in_range",
    "key_of",
    "known_traceparent",
    "ksuid_time_ms",
    "millis",
    "new_message_id",
    "normalise",
    "not_expected",
    "owner_in",
    "parse_type",
    "partition_for",
    "queue_share",
    "raw_key",
    "raw_record",
    "rfc3339",
    "rfc3339_seconds",
    "since_epoch",
    "trace_headers",
    "trace_of",
    "type_of",
    "weight",
    "with_trace",
]
