"""What a worker emits of corrections and intervals, an aborted transaction, a deleted row: for whole databases."""

import struct
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from confluent_kafka import Message, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from streams.events import topics
from streams.kafka import codec, registry
from streams.kafka.login.librdkafka import for_librdkafka
from streams.ops.settings import Settings
from tests.folding import PREFIX, Worker
from tests.strategies import USER, envelope

SOURCE = {"provider": "garmin", "type": "watch"}
KEYED, SAMPLED = ("sleep", "connections"), ("heartrate", "steps")
READ = (*KEYED, *SAMPLED)
PATIENCE_S = 60

Record = tuple[str, bytes, bytes | None]  # short topic, key, value


class Emitted:
    """Records as a worker leaves them, in topics of one partition. `rows`: by topic and key, the newest committed
    record. `samples`: by topic and time, end and value; both as they are on the wire."""

    def __init__(self, settings: Settings) -> None:
        self.rows: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
        self.samples: dict[str, dict[int, tuple[int | None, float]]] = defaultdict(dict)
        self.ends: dict[str, int] = {}  # full name → offset behind the last committed record
        self.names = {name: f"{settings.topic_prefix}.{name}" for name in READ}
        self._ids, self._worker = registry.register(settings), Worker()
        # Kept: without it its answers never come.
        self._admin = AdminClient(for_librdkafka(settings) | {"log_level": 0})
        for future in self._admin.create_topics([NewTopic(name, 1, 1) for name in self.names.values()]).values():
            future.result()
        self._producer = Producer(for_librdkafka(settings) | {"transactional.id": settings.group_id, "log_level": 0})
        self._producer.init_transactions(PATIENCE_S)

    def deliver(self, *events: dict[str, Any]) -> None:
        """What the worker emits of events, in one transaction."""
        for topic, key, value in self._write(self._emitted(events), commit=True):
            record = codec.decode(value, codec.bare(codec.parsed(topics.clean_topics()[topic])))
            self.rows[topic][key.decode()] = record
            ends = record.get("ends") or [None] * len(record.get("times", []))
            sampled = zip(record.get("times", []), ends, record.get("values", []), strict=True)
            self.samples[topic] |= {time: (end, value) for time, end, value in sampled}

    def abort(self, *events: dict[str, Any]) -> None:
        """The same, and the transaction is aborted."""
        self._write(self._emitted(events), commit=False)

    def delete(self, topic: str, key: str) -> None:
        """A tombstone."""
        self._write([(topic, key.encode(), None)], commit=True)
        del self.rows[topic][key]

    def _emitted(self, events: Iterable[dict[str, Any]]) -> list[Record]:
        found = []
        for event in events:
            self._worker.deliver(event)
            found += [(emit.topic.removeprefix(f"{PREFIX}."), emit.key, emit.value) for emit in self._worker.emits]
        return [(topic, key or b"", value) for topic, key, value in found if topic in READ]

    def _write(self, records: list[Record], *, commit: bool) -> list[Record]:
        self._producer.begin_transaction()
        for topic, key, value in records:
            wire = None if value is None else struct.pack(">BI", 0, self._ids[topic]) + value[5:]
            self._producer.produce(self.names[topic], wire, key, on_delivery=self._sent if commit else None)
        self._producer.flush(PATIENCE_S)
        (self._producer.commit_transaction if commit else self._producer.abort_transaction)(PATIENCE_S)
        return records

    def _sent(self, _: object, message: Message) -> None:
        self.ends[message.topic()] = message.offset() + 1


def filled(settings: Settings) -> Emitted:
    """Corrections, an aborted transaction, a row that is deleted."""
    emitted = Emitted(settings)
    emitted.deliver(_night("n1", total=25_000), _night("n2", total=1), _connected(), _steps(3), _beats(5, 57.0))
    emitted.abort(_night("n3", total=3), _beats(9, 99.0))
    emitted.deliver(_night("n1", total=26_000, average_hrv=55.5, updated_at="2026-06-03T09:00:00Z"), _beats(2, 58.25))
    emitted.delete("sleep", f"{USER}:sleep:n2")
    return emitted


def _night(id: str, **data: Any) -> dict[str, Any]:
    times = {"bedtime_start": "2026-06-02T22:00:00.123456+00:00", "bedtime_stop": "2026-06-03T06:00:00+00:00"}
    whole = {"id": id, "user_id": USER, "calendar_date": "2026-06-03", "source": SOURCE, **times, **data}
    return envelope("daily.data.sleep.updated", whole)


def _connected() -> dict[str, Any]:
    scopes = {"resource_availability": {"sleep": {"status": "available"}}}
    return envelope("provider.connection.created", {"provider": {"slug": "garmin"}, "source": SOURCE, **scopes})


def _beats(count: int, value: float) -> dict[str, Any]:
    rows = [{"timestamp": f"2026-06-03T10:00:{n:02}.000001+00:00", "value": value, "unit": "bpm"} for n in range(count)]
    return envelope("daily.data.heartrate.created", {"source": SOURCE, "data": rows})


def _steps(count: int) -> dict[str, Any]:
    rows = [
        {
            "start": f"2026-06-03T10:{n:02}:00+00:00",
            "end": f"2026-06-03T10:{n:02}:59+00:00",
            "value": n,
            "unit": "count",
        }
        for n in range(count)
    ]
    return envelope("daily.data.steps.created", {"source": SOURCE, "data": rows})
