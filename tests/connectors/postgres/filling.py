"""Clean records as the worker makes them, on a real Kafka."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from confluent_kafka import Producer

from streams.events.partitions import partition_for
from streams.kafka.login.librdkafka import for_librdkafka
from streams.ops.settings import Settings
from tests.folding import PREFIX, Worker
from tests.strategies import USER, envelope

WATCH = {"provider": "apple_health_kit", "type": "watch"}
HEAD_BYTES = 5


class Clean(NamedTuple):
    """One record for a topic (short name), but for the id of its schema."""

    topic: str
    key: bytes
    body: bytes | None


def clean(events: Sequence[Any]) -> list[Clean]:
    """What a worker makes of events, each delivered a second after the one before."""
    worker, found = Worker(), list[Clean]()
    for number, event in enumerate(events):
        worker.deliver(event, at_ms=1_780_500_000_000 + 1000 * number, id=f"msg_{number}", offset=number)
        found += [
            Clean(emit.topic.removeprefix(f"{PREFIX}."), emit.key or b"", emit.value and emit.value[HEAD_BYTES:])
            for emit in worker.emits
        ]
    return found


def produce(settings: Settings, ids: dict[str, int], records: Sequence[Clean]) -> None:
    """Put them where the worker would. `ids`: of schemas, by topic."""
    producer = Producer(for_librdkafka(settings))
    for one in records:
        if one.topic not in ids:
            continue
        value = None if one.body is None else b"\0" + ids[one.topic].to_bytes(4, "big") + one.body
        owner = one.key.split(b":")[0].decode()
        producer.produce(
            f"{settings.topic_prefix}.{one.topic}", value, one.key, partition_for(owner, settings.partitions)
        )
    assert producer.flush(30) == 0


def sleep(id: str, score: float, *, updated_at: str, user: str = USER) -> dict[str, Any]:
    """A summary event."""
    data = {
        "id": id, "user_id": user, "source": WATCH, "calendar_date": "2026-06-03", "score": score,
        "bedtime_start": "2026-06-02T22:00:00.123456+00:00", "created_at": "2026-06-03T08:00:00+00:00",
        "updated_at": updated_at,
    }  # fmt: skip
    return envelope("daily.data.sleep.created", data) | {"user_id": user}


def series(resource: str, samples: Sequence[dict[str, Any]], source: Any = None) -> dict[str, Any]:
    """A timeseries event."""
    return envelope(f"daily.data.{resource}.created", {"source": source or WATCH, "data": list(samples)})


def point(at: str, value: float, **more: Any) -> dict[str, Any]:
    return {"timestamp": at, "value": value, **more}


def interval(start: str, end: str, value: float, **more: Any) -> dict[str, Any]:
    return {"timestamp": start, "start": start, "end": end, "value": value, **more}
