"""The whole way: clean records on a real Kafka become rows of a real PostgreSQL."""

import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from confluent_kafka.schema_registry import Schema

from connectors.postgres.service import drain_into
from streams.events.schemas import schema_text
from streams.kafka import admin, registry, registry_client
from streams.ops.settings import Settings
from tests.connectors.postgres.filling import clean, interval, point, produce, series, sleep
from tests.strategies import USER

WAIT_S = 60
SAMPLES = [
    interval("2026-05-31T23:58:00+00:00", "2026-05-31T23:59:00+00:00", 30),
    interval("2026-06-01T00:00:00+00:00", "2026-06-01T00:01:00+00:00", 40),
]
EVENTS = [
    sleep("s1", 70, updated_at="2026-06-03T08:00:00+00:00"),
    sleep("s2", 50, updated_at="2026-06-03T08:00:00+00:00"),
    sleep("s1", 80, updated_at="2026-06-03T09:00:00+00:00"),
    series("steps", SAMPLES),
    series("heartrate", [point("2026-06-01T10:00:00.000001+00:00", 61)]),
    series("steps", [interval("2026-06-01T00:00:00+00:00", "2026-06-01T00:01:00+00:00", 44)]),
]


@pytest.fixture
def filled(sink_settings: Settings) -> Settings:
    """Topics with what a worker makes of the events."""
    admin.apply(sink_settings)
    produce(sink_settings, registry.register(sink_settings), clean(EVENTS))
    return sink_settings


@contextmanager
def running(settings: Settings) -> Iterator[None]:
    """The sink, in a thread. Raises what it raises."""
    stop, failures = threading.Event(), list[BaseException]()

    def run() -> None:
        try:
            drain_into(settings, stop)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(WAIT_S)
    for failure in failures:
        raise failure


def rows(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    """What a query gives; nothing while its table is not there."""
    with psycopg.connect(settings.postgres_url.get_secret_value()) as connection:
        try:
            return connection.execute(query.encode()).fetchall()
        except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn):
            return []


def until(settings: Settings, query: str, wanted: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """What a query gives once it gives this, or after a minute."""
    end = time.monotonic() + WAIT_S
    while (found := rows(settings, query)) != wanted and time.monotonic() < end:
        time.sleep(0.05)
    return found


SNORED = "SELECT id, snore_s FROM junction.sleep ORDER BY id"
COMMENT = (
    "SELECT col_description(attrelid, attnum) FROM pg_attribute "
    "WHERE attrelid = 'junction.sleep'::regclass AND attname = 'snore_s'"
)
SLEEP = "SELECT id, score FROM junction.sleep ORDER BY id"
STEPS = "SELECT value FROM junction.steps ORDER BY time"


def test_summaries_and_samples_are_rows(filled: Settings) -> None:
    """The newest version of a summary, a row a sample in the partition of its month; and once more nothing changes."""
    for _ in range(2):
        with running(filled):
            assert until(filled, SLEEP, [("s1", 80.0), ("s2", 50.0)]) == [("s1", 80.0), ("s2", 50.0)]
            assert until(filled, STEPS, [(30.0,), (44.0,)]) == [(30.0,), (44.0,)]
    first = rows(filled, "SELECT user_id, time::text, end_time::text, unit FROM junction.steps ORDER BY time LIMIT 1")
    assert first == [(USER, "2026-05-31 23:58:00+00", "2026-05-31 23:59:00+00", "count")]
    [(start, received)] = rows(
        filled, "SELECT bedtime_start_at::text, delivery_received_at::text FROM junction.sleep WHERE id = 's1'"
    )
    assert (start, received) == ("2026-06-02 22:00:00.123456+00", "2026-06-03 15:20:02+00")
    parts = rows(filled, "SELECT tableoid::regclass::text, count(*) FROM junction.samples GROUP BY 1 ORDER BY 1")
    assert parts == [("junction.samples_2026_05", 1), ("junction.samples_2026_06", 2)]
    words = rows(filled, "SELECT obj_description('junction.sleep'::regclass)")
    assert words == [("Summary of one sleep session.",)]


def test_a_newer_schema_adds_its_column(filled: Settings) -> None:
    """A worker of a later version writes a field more, while the sink runs: a column more, null in older rows."""
    newer = json.loads(schema_text("Sleep"))
    newer["fields"].append({"name": "snore_s", "type": ["null", "int"], "doc": "Snored, s.", "default": None})
    newest = [one for one in clean(EVENTS) if one.topic == "sleep"][-1]  # of s1
    grown = newest._replace(body=(newest.body or b"") + b"\x02\x54")  # the second branch, and 42
    with running(filled):
        until(filled, SLEEP, [("s1", 80.0), ("s2", 50.0)])
        with registry_client.opened(filled) as client:
            id = client.register_schema(f"{filled.topic_prefix}.sleep-value", Schema(json.dumps(newer), "AVRO"))
        produce(filled, {"sleep": id}, [grown])
        wanted = [("s1", 42), ("s2", None)]
        assert until(filled, SNORED, wanted) == wanted
    assert rows(filled, COMMENT) == [("Snored, s.",)]


def test_two_processes_whose_connections_are_cut(filled: Settings) -> None:
    """Each record is one row, the newest of its key; both together took each record once."""
    settings = filled.model_copy(update={"postgres_topics": ("sleep", "heartrate"), "session_timeout_s": 6.0})
    users = [f"{number:08d}-7a41-4d5e-9c31-0d9f8b6a1e77" for number in range(30)]
    events = [
        event | {"user_id": user}
        for round in range(4)
        for user in users
        for event in (
            sleep("s", round, updated_at=f"2026-06-03T0{round}:00:00+00:00", user=user),
            series("heartrate", [point(f"2026-06-0{round + 1}T10:00:00+00:00", 60 + round)]),
        )
    ]
    ids, records = registry.resolve(settings), clean(events)
    with running(settings), running(settings):
        for start in range(0, len(records), 20):
            produce(settings, ids, records[start : start + 20])
            rows(settings, CUT)
        wanted = [(30, 90.0, 120)]
        assert until(settings, COUNTED, wanted) == wanted
    moved = "SELECT sum(next_offset), sum(rows) FROM junction.sink_positions WHERE topic LIKE '%heartrate'"
    assert rows(settings, moved) == [(121, 121)]  # one of `filled`


CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND application_name = 'junction-streams' AND random() < 0.5"
)
COUNTED = (
    f"SELECT count(*), sum(score), (SELECT count(*) FROM junction.heartrate WHERE user_id <> '{USER}') "
    f"FROM junction.sleep WHERE user_id <> '{USER}'"
)
