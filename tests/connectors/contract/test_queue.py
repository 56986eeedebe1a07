"""Which records are refused while others wait for Kafka."""

import asyncio
import json

import pytest

from connectors.contract.intake import Intake
from connectors.contract.queue import Queue
from streams.events import Delivery
from streams.kafka import admin
from streams.kafka.memory_publisher import MemoryPublisher
from streams.ops import log, metrics
from streams.ops.errors import Overloaded
from streams.ops.settings import MIB, Settings

SETTINGS = Settings(_env_file=None, partitions=4, publish_queue_bytes_max=4 * MIB)
LAYOUT = {topic.name: topic.partitions for topic in admin.layout_of(SETTINGS)}
DELIVERY = Delivery("m1", "webhook", "junction", "2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z")
EVENTS = {
    "raw.timeseries": "daily.data.heartrate.created",
    "raw.summaries": "daily.data.sleep.created",
    "raw.other": "continuous_query.match.created",
    "raw.connections": "provider.connection.created",
    "raw.backfills": "historical.data.sleep.created",
    "raw.labs": "labtest.order.created",
}


def refused(under_way_bytes: int) -> set[str]:
    """Short names of the topics of which a small event is refused while so many bytes wait."""
    publisher = MemoryPublisher(LAYOUT, under_way_bytes=under_way_bytes)
    intake, found = Intake(SETTINGS, publisher, log.get("test")), set()
    for topic, event in EVENTS.items():
        body = json.dumps({"event_type": event, "user_id": "u", "data": {}}).encode()
        try:
            asyncio.run(intake.accept(body, DELIVERY))
        except Overloaded:
            found.add(topic)
        else:
            assert publisher.records[-1].topic == f"junction.{topic}"
    return found


def test_what_can_wait_is_refused_first() -> None:
    """Every door refuses by the share of the queue that is full: time series, then summaries and others, then all."""
    bulk, most = {"raw.timeseries"}, {"raw.timeseries", "raw.summaries", "raw.other"}
    assert [refused(share * MIB) for share in (0, 1, 2, 3, 4)] == [set(), set(), bulk, most, set(EVENTS)]


def test_a_record_larger_than_its_share_passes_when_nothing_waits() -> None:
    """Otherwise it never would."""
    topic = "junction.raw.timeseries"
    Queue(SETTINGS, MemoryPublisher(LAYOUT)).admit(topic, 5 * MIB)
    with pytest.raises(Overloaded):
        Queue(SETTINGS, MemoryPublisher(LAYOUT, under_way_bytes=1)).admit(topic, 3 * MIB)


def test_refusals_are_counted_by_topic() -> None:
    """Each topic's from 0, so that an increase can be seen."""
    queue = Queue(SETTINGS, MemoryPublisher(LAYOUT, under_way_bytes=2 * MIB))
    counted = {topic: metrics.OVERLOADED.labels(topic) for topic in ("junction.raw.timeseries", "junction.raw.labs")}
    before = {topic: one._value.get() for topic, one in counted.items()}
    with pytest.raises(Overloaded):
        queue.admit("junction.raw.timeseries", 1)
    queue.admit("junction.raw.labs", 1)
    after = {topic: one._value.get() - before[topic] for topic, one in counted.items()}
    assert after == {"junction.raw.timeseries": 1, "junction.raw.labs": 0}
