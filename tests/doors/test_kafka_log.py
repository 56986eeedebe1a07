"""Two doors compared on a real Kafka: what is read, from when on, and what a person sees of it."""

import json
import time
from dataclasses import replace

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic
from typer.testing import CliRunner

from streams.cli import app
from streams.doors.compare import DiffOrder, diff
from streams.doors.kafka_log import KafkaRawLog
from streams.doors.raw_records import RawRecord
from streams.events import topics
from streams.events.times import HOUR_MS, MINUTE_MS
from streams.kafka import records_at
from streams.kafka.login.librdkafka import for_librdkafka
from streams.ops.settings import Settings
from tests.doors.memory_log import PARTITIONS, MemoryLog, sleep

NOW_MS = int(time.time() * 1000)


def sent() -> MemoryLog:
    """Thirty events, of which each door lacks one; a repetition written otherwise; one that is too old to be read."""
    log = MemoryLog()
    log.put("webhook", sleep("old"), NOW_MS - 9 * HOUR_MS)
    for n in range(30):
        at_ms = NOW_MS - HOUR_MS + n * MINUTE_MS
        body = sleep(f"s{n}", updated_ms=at_ms, user=f"5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e{n:02}")
        if n != 7:
            log.put("rabbitmq", body, at_ms + 400)
        if n != 9:
            log.put("webhook", json.dumps(body, indent=n % 2 or None).encode(), at_ms, id=f"msg_{n}")
    return log


@pytest.fixture
def filled(settings: Settings) -> Settings:
    """The raw topics with all of that; between the records what a transaction took back."""
    names = [f"{settings.topic_prefix}.{name}" for name in topics.RAW]
    admin = AdminClient(for_librdkafka(settings))  # it ends its work with itself
    for done in admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in names]).values():
        done.result()
    producer = Producer(for_librdkafka(settings) | {"transactional.id": settings.topic_prefix})
    producer.init_transactions()
    records = sent().records
    for is_kept, part in ((True, records[:20]), (False, records[20:25]), (True, records[20:])):
        producer.begin_transaction()
        for one in part:
            produce(producer, settings, one)
        producer.flush()
        producer.commit_transaction() if is_kept else producer.abort_transaction()
    return settings


def produce(producer: Producer, settings: Settings, one: RawRecord) -> None:
    topic = one.topic.replace("t.", f"{settings.topic_prefix}.", 1)
    headers = list(one.headers.items())
    producer.produce(topic, one.body, one.key, one.partition, timestamp=one.stored_ms, headers=headers)


def test_doors_are_compared_on_kafka(filled: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in memory: committed records since that time, few of them read again, each at its place."""
    monkeypatch.setattr(records_at, "GAP", 1)  # so that a partition is read in several parts
    order = DiffOrder(NOW_MS - 4 * HOUR_MS, NOW_MS, MINUTE_MS, None, 20)
    told: list[str] = []
    found = diff(KafkaRawLog(filled, told.append), order)
    in_memory = diff(replace(sent()), order)
    assert (found.report.both, found.report.lead_ms, found.matter) == (28, -400, 1)
    assert found.report.records == in_memory.report.records == {"webhook": 29, "rabbitmq": 29}
    assert [one.delivery_id for one in found.named] == [one.delivery_id for one in in_memory.named]
    assert found.named[0].delivery_id == "msg_7"


def test_the_command_ends_with_1_where_the_kept_door_lacks_something(filled: Settings) -> None:
    """Its page names what is missing by ids, and no value; for machines the same in JSON."""
    env = {"STREAMS_BOOTSTRAP_SERVERS": filled.bootstrap_servers, "STREAMS_TOPIC_PREFIX": filled.topic_prefix}
    asked = ["source", "diff", "--since", "4h", "--grace", "60s"]
    page = CliRunner().invoke(app, asked, env=env)
    assert page.exit_code == 1, page.output
    assert "28  came by both; webhook was first by 0.400 s (median)" in page.output
    assert "rabbitmq lacks 1 event; 1 of them matters" in page.output
    assert "msg_7" in page.output
    assert "oura" not in page.output
    machine = CliRunner().invoke(app, [*asked, "--json", "--keep", "webhook"], env=env)
    assert machine.exit_code == 0, machine.output  # what webhooks lack is late: Junction still tries
    assert json.loads(machine.output)["kept_lacks"]["late"] == 1
