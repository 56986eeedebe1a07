"""Real records of two clean topics, and what a right reader makes of them: the same few fields in every language."""

from dataclasses import dataclass
from typing import Any

from streams.events import topics
from streams.kafka import codec
from tests.folding import PREFIX, Worker
from tests.strategies import USER, envelope

STEPS, ACTIVITY = "steps", "activity"
HEAD = b"\0\0\0\0\1"
SOURCE = {"provider": "garmin", "type": "watch"}


@dataclass(frozen=True)
class Value:
    """`body`: Avro without its head; None: the row is deleted. `fields`: what a reader has to print."""

    body: bytes | None
    fields: dict[str, Any] | None


DELETED = Value(None, None)


def samples(count: int, *, offset_s: int | None = None) -> Value:
    """A record of `steps` with so many intervals; its nullable columns are null without an offset."""
    rows = [
        {
            "start": f"2026-06-03T{hour:02}:{minute:02}:{second:02}.123456+00:00",
            "end": f"2026-06-03T{hour:02}:{minute:02}:{second:02}.654321+00:00",
            "value": 60.5 + number,
            "unit": "count",
            "timezone_offset": offset_s,
        }
        for number in range(count)
        for hour, minute, second in [(number // 3600, number // 60 % 60, number % 60)]
    ]
    return _left(STEPS, envelope("daily.data.steps.created", {"source": SOURCE, "data": rows}))


def large(megabytes: int) -> Value:
    """A record of `steps` as a long workout leaves: above what many clients fetch of a partition at once."""
    one = samples(1)
    record = _decoded(STEPS, one.body or b"")
    count = megabytes * 2**20 // 24
    more = {
        "times": [record["times"][0] + number for number in range(count)],
        "values": [float(n) for n in range(count)],
    }
    more["ends"] = [time + 1 for time in more["times"]]
    body = codec.writer("Samples")(record | more)
    return Value(body, _common(record) | _of_samples(record | more))


def summary(**data: Any) -> Value:
    """A record of `activity`: forty nullable columns, null but for what is given."""
    whole = {"id": "act-1", "user_id": USER, "calendar_date": "2026-06-03", "source": SOURCE, **data}
    return _left(ACTIVITY, envelope("daily.data.activity.created", whole))


def _left(topic: str, event: dict[str, Any]) -> Value:
    """What the worker emits of an event into a topic."""
    worker = Worker()
    worker.deliver(event)
    body = (next(emit.value for emit in worker.emits if emit.topic == f"{PREFIX}.{topic}") or b"")[5:]
    record = _decoded(topic, body)
    return Value(body, _common(record) | (_of_samples if topic == STEPS else _of_summary)(record))


def _decoded(topic: str, body: bytes) -> dict[str, Any]:
    """Times stay the numbers that they are on the wire."""
    return codec.decode(HEAD + body, codec.bare(codec.parsed(topics.clean_topics()[topic])))


def _common(record: dict[str, Any]) -> dict[str, Any]:
    """64 bits as text: a JSON number holds 53 in JavaScript."""
    return {
        "user_id": record["user_id"],
        "provider": record["source"]["provider"],
        "device_id": record["source"]["device_id"],
        "content_hash": str(record["version"]["content_hash"]),
        "delivered_ms": record["version"]["delivered_at"],
        "updated_us": record["version"]["updated_at"],
    }


def _of_samples(record: dict[str, Any]) -> dict[str, Any]:
    return {
        "offset_s": record["timezone_offset_s"],
        "first_day": record["first_local_date"],
        "times_us": record["times"],
        "ends_us": record["ends"],
        "values": record["values"],
    }


def _of_summary(record: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": record["id"],
        "day": record["calendar_date"],
        "steps": record["steps"],
        "distance_m": record["distance_m"],
        "wheelchair": record["is_wheelchair_used"],
    }
