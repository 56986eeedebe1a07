"""An unmodified Kafka Connect on our topics: docs/connect.md's configuration, a real PostgreSQL, and what is in it."""

import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from confluent_kafka import Consumer, KafkaException, TopicPartition
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier

from streams.demo.postgres import Postgres
from streams.kafka.login.librdkafka import for_librdkafka
from streams.ops.settings import Settings
from tests.consumers.connect import PROGRAMS, Connect, sink
from tests.consumers.emitted import KEYED, PATIENCE_S, SAMPLED, Emitted, filled

LOST = {"changed_fields", "problems", "resources_available", "resources_unavailable"}  # arrays with a default
EPOCH, DAY = datetime(1970, 1, 1), date(1970, 1, 1)


@pytest.fixture
def database() -> Iterator[str]:
    """URL of a database of this test's own."""
    with Postgres() as server:
        yield server.url.get_secret_value()


def test_kafka_connect_writes_what_our_topics_say(settings: Settings, database: str, tmp_path: Path) -> None:
    """Each row has each field of the newest record of its key, and nothing of an aborted one; a tombstone deletes; of a
    sample that was corrected the view has the newest value; and topics that are read again leave the same rows."""
    emitted = filled(settings)
    keyed = [emitted.names[topic] for topic in KEYED]
    flush = {"offset.flush.interval.ms": "200"}
    with (
        Connect(tmp_path, settings.bootstrap_servers, settings.registry_url, settings=flush) as connect,
        psycopg.connect(database, autocommit=True, row_factory=dict_row) as connection,
    ):
        connect.add(sink("rows", database, keyed))
        connect.add(sink("samples", database, [emitted.names["heartrate"]]))
        _until(connect, lambda: _is_read(settings, "junction-rows", emitted, *KEYED))
        _until(connect, lambda: _is_read(settings, "junction-samples", emitted, "heartrate"))
        _run_sql(connection, "steps", settings)
        with_ends = {"name": "steps", "transforms.drop.exclude": "changed_fields,problems"}
        connect.add(sink("samples", database, [emitted.names["steps"]], **with_ends))
        connect.add(sink("rows", database, keyed, name="again"))
        _until(connect, lambda: _is_read(settings, "steps", emitted, "steps"))
        _until(connect, lambda: _is_read(settings, "again", emitted, *KEYED))
        _run_sql(connection, "heartrate", settings)
        for topic in KEYED:
            assert _rows(connection, settings, topic) == {
                key: _flat(record) for key, record in emitted.rows[topic].items()
            }
        for topic in SAMPLED:
            assert _samples(connection, topic) == emitted.samples[topic]


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


def _is_read(settings: Settings, connector: str, emitted: Emitted, *read: str) -> bool:
    """Whether it has committed the last record of each topic."""
    consumer = Consumer(for_librdkafka(settings) | {"group.id": f"connect-{connector}", "log_level": 0})
    try:
        places = consumer.committed([TopicPartition(emitted.names[topic], 0) for topic in read], timeout=10)
    except KafkaException:  # the group is so new that no broker answers for it yet
        return False
    finally:
        consumer.close()
    return all(place.offset >= emitted.ends[place.topic] for place in places)


def _until(connect: Connect, is_done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_done():
        assert not connect.failed()
        assert time.monotonic() < deadline, connect.child.said()[-3000:]
        time.sleep(0.1)
