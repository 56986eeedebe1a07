"""What each Kafka header of a record says, and which records have it."""

from typing import Any

from streams.events import headers as names

_CLOUD = "of CloudEvents 1.0, Kafka binary mode"
MEANINGS: dict[str, str] = {
    "ce_specversion": f"1.0: the version {_CLOUD}.",
    names.H_ID: "Id of the delivery: Svix' message id, the same on every retry and resend; of a fetched page our own.",
    names.H_TYPE: "Junction's event type, as in the body.",
    names.H_SOURCE: "`/junction/<team>/<door>/<endpoint>`; `-` where the team is not known.",
    names.H_SUBJECT: "Junction's user id. Absent where an event has no user.",
    names.H_TIME: "When the delivery was made, RFC 3339 in UTC.",
    "content-type": "application/json: the value is the body as it was received.",
    names.H_RECEIVED: "When our door took it, RFC 3339 in UTC.",
    names.H_DOOR: "How it came in: `webhook`; `rabbitmq`, `pubsub`, `azure` (pipelines); `api` for what was asked for.",
    names.H_ORIGIN: "`incremental`, or `historical` for what belongs to a backfill.",
    names.H_PARTITION_KEY: "Whose it is: the user's id, without a user the team's. The partition is made of it.",
    names.H_BACKFILL: "The backfill that asked for it.",
    names.H_TRACEPARENT: "W3C Trace Context of the request that brought the event. Absent where that had none.",
    names.H_TRACESTATE: "What each vendor added to the trace.",
    names.H_SVIX_ID: "As it was received, under Svix' name also where `webhook-id` came in.",
    names.H_SVIX_TIMESTAMP: "As it was received: Unix seconds of the attempt.",
    names.H_SVIX_SIGNATURE: "As it was received: with the secret it proves the value for as long as it is kept.",
    names.H_REDRIVEN_FROM: "The dead letter, as `partition:offset`, that was put back as this record.",
    names.H_REASON: "Why it can never be processed: one word of a closed list.",
    names.H_DETAIL: "Where in the body; places, never values.",
    names.H_DEAD_AT: "When it was given up, RFC 3339 in UTC.",
    names.H_VERSION: "The version of this product that gave it up.",
    names.H_FROM_TOPIC: "The raw topic that it was read from. Absent where the door gave it up.",
    names.H_FROM_PARTITION: "Its partition there.",
    names.H_FROM_OFFSET: "Its offset there.",
    names.H_CONTENT_ENCODING: "`gzip`, where the value is as a pipeline packed it, because nobody could unpack it.",
    names.H_LEFT_OUT: "Bytes of a body that was too large for a letter; the whole record is at the three above.",
}
OF_RAW = (
    *("ce_specversion", names.H_ID, names.H_TYPE, names.H_SOURCE, names.H_SUBJECT, names.H_TIME, "content-type"),
    *(names.H_RECEIVED, names.H_DOOR, names.H_ORIGIN, names.H_PARTITION_KEY, names.H_BACKFILL),
    *(names.H_TRACEPARENT, names.H_TRACESTATE, names.H_SVIX_ID, names.H_SVIX_TIMESTAMP, names.H_SVIX_SIGNATURE),
    names.H_REDRIVEN_FROM,
)
OF_DEAD = (
    *OF_RAW,
    *(names.H_REASON, names.H_DETAIL, names.H_DEAD_AT, names.H_VERSION),
    *(names.H_FROM_TOPIC, names.H_FROM_PARTITION, names.H_FROM_OFFSET, names.H_LEFT_OUT),
    names.H_CONTENT_ENCODING,
)
OF_MADE = (names.H_TRACEPARENT, names.H_TRACESTATE)  # of what is made of a raw record
ALWAYS_RAW = (
    *("ce_specversion", names.H_ID, names.H_TYPE, names.H_SOURCE, names.H_TIME, "content-type"),
    *(names.H_RECEIVED, names.H_DOOR, names.H_ORIGIN, names.H_PARTITION_KEY),
)
ALWAYS_DEAD = (names.H_REASON, names.H_DEAD_AT, names.H_VERSION)


def schema(of: tuple[str, ...], always: tuple[str, ...]) -> dict[str, Any]:
    """JSON schema of the headers; each value is UTF-8 text."""
    rows = {name: {"type": "string", "description": MEANINGS[name]} for name in of}
    return {"type": "object", "properties": rows, **({"required": list(always)} if always else {})}
