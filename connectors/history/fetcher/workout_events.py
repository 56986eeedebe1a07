"""The stream of one workout as an event, and the dead letter of one that is too large to be one. Pure."""

import msgspec

from connectors.junction.workout_stream import WorkoutStream
from streams.events import Delivery, Headers, given_up
from streams.ops.errors import Reason, Rejected
from streams.payloads import to_json
from streams.tables.history import Request

_OTHER_BYTES = 4096  # the other fields of a clean record: owner, provenance


def stream_event(request: Request, stream: bytes = b"") -> bytes:
    """`stream`: Junction's answer. Without it, the notice that there is a stream, as Junction sends it."""
    data = {"workout_id": request.workout_id, "source": {"provider": request.provider}}
    envelope = {
        "event_type": "daily.data.workout_stream.created",
        "user_id": request.user_id,
        "client_user_id": request.client_user_id or None,
        "team_id": request.team_id or None,
        "data": data | ({"stream": msgspec.Raw(stream)} if stream else {}),
    }
    return msgspec.json.encode(envelope)


def clean_bytes(found: WorkoutStream) -> int:
    """Bytes of the clean record that a stream becomes, or of its state where that is larger: an estimate from above."""
    # A number has up to nine bytes in Avro. State has two characters of its text a byte, a whole one with `.0`, a
    # time in microseconds. What is unknown is JSON in both, twice in state: to be compared, and to be sent again.
    values, points = sum(map(len, found.columns.values())), len(found.times_s)
    unknown = len(to_json(found.unknown)) if found.unknown else 0
    record = 9 * (values + points) + unknown
    state = (len(found.json) + 2 * values + 8 * points) // 2 + 2 * unknown
    return _OTHER_BYTES + max(record, state)


def dead_letter(request: Request, delivery: Delivery) -> tuple[bytes, bytes, Headers]:
    """(key, body, headers) of a dead letter: the notice of a stream that no record can hold.

    Redriven, once records may be larger, it makes the worker request the stream again.
    """
    body = stream_event(request)
    made = given_up(body, delivery, Rejected(Reason.TOO_LARGE, "$.data.stream"))
    return made.key, body, made.headers
