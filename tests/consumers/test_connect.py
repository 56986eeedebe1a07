"""An unmodified Kafka Connect on our topics: docs/connect.md's configuration, a real PostgreSQL, and what is in it."""

import struct
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from confluent_kafka import Consumer, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier

from streams.demo.postgres import Postgres
from streams.events import topics
from streams.kafka import codec, registry
from streams.ops.settings import Settings
from tests.consumers.connect import PROGRAMS, Connect, sink
from tests.folding import PREFIX, Worker
from tests.strategies import USER, envelope

SOURCE = {"provider": "garmin", "type": "watch"}
KEYED, SAMPLED = ("sleep", "connections"), ("heartrate", "steps")
READ = (*KEYED, *SAMPLED)
LOST = {"changed_fields", "problems", "resources_available", "resources_unavailable"}  # arrays with a default
PATIENCE_S = 60
EPOCH, DAY = datetime(1970, 1, 1), date(1970, 1, 1)

Record = tuple[str, bytes, bytes | None]  # short topic, key, value


@pytest.fixture
def database() -> Iterator[str]:
    """URL of a database of this test's own."""
    with Postgres() as server:
        yield server.url.get_secret_value()


class Stage:
    """Records as a worker leaves them, in topics of one partition. `rows`: by topic and key, the fields of the newest
    committed record. `samples`: by topic and time, end and value; both as they are on the wire."""

    def __init__(self, settings: Settings) -> None:
        self.rows: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
        self.samples: dict[str, dict[int, tuple[int | None, float]]] = defaultdict(dict)
        self.ends: dict[str, int] = {}  # full name → offset behind the last committed record
        self.names = {name: f"{settings.topic_prefix}.{name}" for name in READ}
        self._ids, self._worker = registry.register(settings), Worker()
        self._admin = AdminClient(settings.librdkafka | {"log_level": 0})  # kept: without it its answers never come
        for future in self._admin.create_topics([NewTopic(name, 1, 1) for name in self.names.values()]).values():
            future.result()
        self._producer = Producer(settings.librdkafka | {"transactional.id": settings.group_id, "log_level": 0})
        self._producer.init_transactions(PATIENCE_S)

    def deliver(self, *events: dict[str, Any]) -> None:
        """What the worker emits of events, in one transaction."""
        for topic, key, value in self._write(self._emitted(events), commit=True):
            record = codec.decode(value, codec.bare(codec.parsed(topics.clean_topics()[topic])))
            self.rows[topic][key.decode()] = _flat(record)
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


def test_kafka_connect_writes_what_our_topics_say(settings: Settings, database: str, tmp_path: Path) -> None:
    """Each row has each field of the newest record of its key, and nothing of an aborted one; a tombstone deletes; of a
    sample that was corrected the view has the newest value; and topics that are read again leave the same rows."""
    stage = _filled(settings)
    keyed = [stage.names[topic] for topic in KEYED]
    flush = {"offset.flush.interval.ms": "200"}
    with (
        Connect(tmp_path, settings.bootstrap_servers, settings.registry_url, settings=flush) as connect,
        psycopg.connect(database, autocommit=True, row_factory=dict_row) as connection,
    ):
        connect.add(sink("rows", database, keyed))
        connect.add(sink("samples", database, [stage.names["heartrate"]]))
        _until(connect, lambda: _is_read(settings, "junction-rows", stage, *KEYED))
        _until(connect, lambda: _is_read(settings, "junction-samples", stage, "heartrate"))
        _run_sql(connection, "steps", settings)
        with_ends = {"name": "steps", "transforms.drop.exclude": "changed_fields,problems"}
        connect.add(sink("samples", database, [stage.names["steps"]], **with_ends))
        connect.add(sink("rows", database, keyed, name="again"))
        _until(connect, lambda: _is_read(settings, "steps", stage, "steps"))
        _until(connect, lambda: _is_read(settings, "again", stage, *KEYED))
        _run_sql(connection, "heartrate", settings)
        for topic in KEYED:
            assert _rows(connection, settings, topic) == stage.rows[topic]
        for topic in SAMPLED:
            assert _samples(connection, topic) == stage.samples[topic]


def _filled(settings: Settings) -> Stage:
    """Corrections, an aborted transaction, a row that is deleted."""
    stage = Stage(settings)
    stage.deliver(_night("n1", total=25_000), _night("n2", total=1), _connected(), _steps(3), _beats(5, 57.0))
    stage.abort(_night("n3", total=3), _beats(9, 99.0))
    stage.deliver(_night("n1", total=26_000, average_hrv=55.5, updated_at="2026-06-03T09:00:00Z"), _beats(2, 58.25))
    stage.delete("sleep", f"{USER}:sleep:n2")
    return stage


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


def _flat(record: dict[str, Any], before: str = "") -> dict[str, Any]:
    """As Connect's Flatten names it, without what is lost."""
    found: dict[str, Any] = {}
    for name, value in record.items():
        found |= _flat(value, f"{before}{name}_") if isinstance(value, dict) else {f"{before}{name}": value}
    return {name: value for name, value in found.items() if name not in LOST}


def _rows(connection: psycopg.Connection[dict[str, Any]], settings: Settings, topic: str) -> dict[str, dict[str, Any]]:
    """By record key, with dates and times as the numbers that they are on the wire."""
    found = connection.execute(
        SQL("SELECT * FROM {}").format(Identifier(f"{settings.topic_prefix}_{topic}"))
    ).fetchall()
    return {row.pop("record_key"): {name: _number(value) for name, value in row.items()} for row in found}


def _number(value: Any) -> Any:
    if isinstance(value, datetime):
        return (value - EPOCH).total_seconds() * 1000  # milliseconds
    return (value - DAY).days if isinstance(value, date) else value


def _samples(connection: psycopg.Connection[dict[str, Any]], topic: str) -> dict[int, tuple[int | None, float]]:
    """What the view says, as `Stage.samples`."""
    found = connection.execute(SQL("SELECT * FROM {}").format(Identifier(topic))).fetchall()
    return {_micros(row["time"]): (_micros(row.get("end_time")), row["value"]) for row in found}


def _micros(time: datetime | None) -> Any:
    return time and (time.replace(tzinfo=None) - EPOCH) // EPOCH.resolution


def _run_sql(connection: psycopg.Connection[dict[str, Any]], name: str, settings: Settings) -> None:
    """SQL of the page, on the tables of these topics."""
    text = (PROGRAMS / f"{name}.sql").read_text(encoding="utf-8")
    connection.execute(text.replace("junction_", f"{settings.topic_prefix}_").encode())


def _is_read(settings: Settings, connector: str, stage: Stage, *read: str) -> bool:
    """Whether it has committed the last record of each topic."""
    consumer = Consumer(settings.librdkafka | {"group.id": f"connect-{connector}", "log_level": 0})
    try:
        places = consumer.committed([TopicPartition(stage.names[topic], 0) for topic in read], timeout=10)
    except KafkaException:  # the group is so new that no broker answers for it yet
        return False
    finally:
        consumer.close()
    return all(place.offset >= stage.ends[place.topic] for place in places)


def _until(connect: Connect, is_done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_done():
        assert not connect.failed()
        assert time.monotonic() < deadline, connect.child.said()[-3000:]
        time.sleep(0.1)
