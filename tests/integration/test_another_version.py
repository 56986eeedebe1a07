"""State of a version that came later, under a worker of today: a version was set back, or both are in one group."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from streams.alerts.lives import timers
from streams.alerts.lives.timers import Timer
from streams.events import topics
from streams.events.partitions import partition_for
from streams.kafka import admin, registry
from streams.kafka.login.librdkafka import for_librdkafka
from streams.ops.settings import Settings
from streams.tables import connections, rows
from streams.tables.keys import state_key
from tests.folding import NOW_MS
from tests.strategies import USER

BODY = (
    b'{"event_type": "daily.data.profile.created", "user_id": "%s", "data": {"id": "p1", "height": 180, "source":'
    b' {"provider": "oura"}}}'
) % USER.encode()
RAW = "raw.summaries"

SUMMARY = rows.pack(rows.SUMMARY, bytes(32))  # nothing behind the number is looked at
LINK = connections.encode(connections.Connection(implied_since_ms=NOW_MS))
TIMER = Timer(NOW_MS, USER, "gone")


def later(row: bytes) -> bytes:
    """The row with the number of a format that comes later."""
    return bytes([row[0] + 1]) + row[1:]


def put(settings: Settings, topic: str, key: bytes, value: bytes) -> None:
    producer = Producer(for_librdkafka(settings))
    headers = [("ce_id", b"msg_1"), ("ce_time", b"2026-06-03T10:00:00Z"), ("ce_door", b"webhook")]
    producer.produce(topic, value, key, partition_for(USER, settings.partitions), headers=headers)
    assert producer.flush(20) == 0


def worker(settings: Settings, log: Path) -> int:
    """Run a worker until it ends by itself; its exit code."""
    environment = {
        **os.environ,
        "STREAMS_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "STREAMS_REGISTRY_URL": settings.registry_url,
        "STREAMS_TOPIC_PREFIX": settings.topic_prefix,
        "STREAMS_GROUP_ID": settings.group_id,
        "STREAMS_PARTITIONS": str(settings.partitions),
        "STREAMS_STATE_DIR": str(settings.state_dir),
        "STREAMS_QUERY_PORT": "0",
        "STREAMS_METRICS_PORT": "0",
    }
    with log.open("wb") as file:
        return subprocess.run(
            [sys.executable, "-m", "streams.cli", "worker"], env=environment, cwd=settings.state_dir.parent,
            stderr=file, timeout=90, check=False,
        ).returncode  # fmt: skip


def written(settings: Settings, *names: str) -> dict[str, int]:
    """Records in a topic, aborted ones and marks of transactions included; only topics that have any."""
    consumer = Consumer(for_librdkafka(settings) | {"group.id": "counting"})
    found = {
        name: sum(
            consumer.get_watermark_offsets(TopicPartition(name, partition), timeout=10)[1]
            for partition in range(settings.partitions)
        )
        for name in names
    }
    consumer.close()
    return {name: count for name, count in found.items() if count}


def known(settings: Settings, name: str) -> None:
    """The group has committed that nothing of this topic is processed: without any offsets, tables are refused."""
    consumer = Consumer(for_librdkafka(settings) | {"group.id": settings.group_id})
    parts = [TopicPartition(name, partition, 0) for partition in range(settings.partitions)]
    consumer.commit(offsets=parts, asynchronous=False)
    consumer.close()


def committed(settings: Settings, name: str) -> int:
    """Sum of the group's offsets of a topic."""
    consumer = Consumer(for_librdkafka(settings) | {"group.id": settings.group_id})
    parts = [TopicPartition(name, partition) for partition in range(settings.partitions)]
    total = sum(max(0, part.offset) for part in consumer.committed(parts, timeout=20))
    consumer.close()
    return total


@pytest.mark.parametrize(
    ("table", "key", "row", "is_event", "named"),
    [
        ("summaries", state_key(USER, "profile", "p1"), later(SUMMARY), True, "a summary) has format 4"),
        ("connections", state_key(USER, "oura"), later(LINK), False, "(a connection) has format 2"),
        ("alerts", timers.key(TIMER), later(b"\x01\x92\xa1u\xa1r"), False, "(a timer) has format 2"),
    ],
    ids=["met by an event", "met by the census", "met by the timers"],
)
def test_a_row_of_a_later_version(
    settings: Settings, tmp_path: Path, table: str, key: bytes, row: bytes, is_event: bool, named: str
) -> None:
    """The worker ends with the sentence, exit code 2: no offset, no record, no dead letter of it is committed."""
    admin.apply(settings)
    registry.register(settings)
    raw, prefix = f"{settings.topic_prefix}.{RAW}", settings.topic_prefix
    known(settings, raw)
    put(settings, topics.changelog(settings.group_id, table), key, row)
    if is_event:
        put(settings, raw, USER.encode(), BODY)
    log = tmp_path / "log"
    assert worker(settings, log) == 2, log.read_text()[-3000:]
    sentence = log.read_text().strip().splitlines()[-1]
    assert sentence.startswith(f"junction-streams: a row of the table {table} (")
    assert named in sentence
    assert "Nothing of this transaction was committed." in sentence
    assert written(settings, f"{prefix}.profile", f"{prefix}.{topics.DEAD_LETTERS}") == {}
    assert committed(settings, raw) == 0
