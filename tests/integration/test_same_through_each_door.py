"""One world by webhook and through each pipeline: the clean topics are the same. The doors' own code, no broker."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import pytest
from pamqp.commands import Basic
from pamqp.header import ContentHeader

from connectors.contract.intake import StoredRecord, opened_record, stored_record
from connectors.contract.source import SourceMessage
from connectors.doors.opening import open_message
from connectors.doors.service import bounds_of
from connectors.event_hubs.envelope import HubProperties
from connectors.event_hubs.envelope import read_envelope as read_hub_envelope
from connectors.pubsub.envelope import PubSubProperties
from connectors.pubsub.envelope import read_envelope as read_pubsub_envelope
from connectors.rabbitmq.envelope import Properties, read_envelope
from streams.events import Delivery, rfc3339
from streams.events.doors import DoorName
from streams.ops.errors import Rejected
from streams.ops.settings import Settings
from streams.simulator.delivery.hub_messages import record_of
from streams.simulator.delivery.pipeline_message import PipelineMessage, message_of, named
from streams.simulator.delivery.pubsub import attributes_of
from streams.simulator.delivery.rabbitmq import properties_of
from streams.simulator.delivery.schedule import Attempt, Cause, Faults, faults_of, schedule
from streams.simulator.truth.truth import Truth
from streams.simulator.world.world import Event, World
from tests.folding import RawRecord, Worker
from tests.simulator.worlds import END_MS

SETTINGS = Settings(_env_file=None)
BOUNDS = bounds_of(SETTINGS)
WORLD = World(5, 2, 1, END_MS, days_of_history=2, has_stories=True, has_odd_bodies=True, is_pushed=True)
# How and when an event came, and which record it was in; all else is what it says.
OF_THE_DELIVERY = frozenset(
    ("delivery", "delivery_id", "raw_partition", "raw_offset", "received_at", "processed_at", "backfill_id")
)
Said = tuple[str, str, Any]  # short name of the topic, key, record without its delivery


def by_webhook(attempt: Attempt) -> tuple[bytes, StoredRecord]:
    """As the gateway stores it, made at the same millisecond: a message id has steps of four."""
    event, made_at = attempt.event, rfc3339(attempt.event.created_at_ms)
    delivery = Delivery(event.message_id, DoorName.WEBHOOK, "junction", made_at, rfc3339(attempt.due_ms))
    return event.body, stored_record(event.body, delivery, SETTINGS)


def by_rabbitmq(attempt: Attempt) -> tuple[bytes, StoredRecord]:
    """As `source rabbitmq` stores it: the properties have been bytes on their way."""
    message = message_of(attempt)
    said = on_the_wire(properties_of(message))
    properties = Properties(
        message.event_type, said.content_type, said.content_encoding, said.message_id, said.timestamp, said.headers
    )
    return opened(read_envelope(properties, "junction"), message)


def by_pubsub(attempt: Attempt) -> tuple[bytes, StoredRecord]:
    """As `source pubsub` stores it, with message ordering on."""
    message = message_of(attempt)
    properties = PubSubProperties(attributes_of(message), message.user_id, message.published_ms)
    return opened(read_pubsub_envelope(properties, "junction"), message)


def by_event_hubs(attempt: Attempt) -> tuple[bytes, StoredRecord]:
    """As `source eventhubs` stores it: headers in AMQP's encoding."""
    message = message_of(attempt)
    sent = record_of(message)
    properties = HubProperties(sent.headers, sent.key, message.published_ms)
    return opened(read_hub_envelope(properties, "junction"), message)


def opened(envelope: Any, message: PipelineMessage) -> tuple[bytes, StoredRecord]:
    def open_() -> Any:
        return open_message(envelope, message.body, message.published_ms, BOUNDS)

    found, record = opened_record(SourceMessage(None, len(message.body), open_), SETTINGS)
    return found.body, record


def on_the_wire(properties: Basic.Properties) -> Basic.Properties:
    header = ContentHeader()
    header.unmarshal(ContentHeader(properties=properties).marshal())
    return header.properties


DOORS: Mapping[DoorName, Any] = {
    DoorName.WEBHOOK: by_webhook,
    DoorName.RABBITMQ: by_rabbitmq,
    DoorName.PUBSUB: by_pubsub,
    DoorName.AZURE: by_event_hubs,
}


def clean(door: DoorName, attempts: Iterable[Attempt]) -> Iterator[Any]:
    """What a worker makes of it, record by record. Dead letters are none of it."""
    worker = Worker()
    for offset, attempt in enumerate(attempts):
        body, record = DOORS[door](attempt)
        if record.reason:  # at the door: a body that repeats itself is a bomb when it is packed well
            continue
        raw = RawRecord(record.topic, record.partition, offset, attempt.due_ms, record.key, body, list(record.headers))
        with suppress(Rejected):
            yield from worker.run(raw)


def attempts_of(door: DoorName, events: Iterable[Event]) -> list[Attempt]:
    """With all that can go wrong on the way through that door."""
    return list(schedule(events, faults_of(door, Faults(3, duplicates=0.3, late=0.2, lost_ack=0.2))))


def said_of(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: said_of(one) for name, one in value.items() if name not in OF_THE_DELIVERY}
    return value


@pytest.fixture(scope="module")
def in_order() -> list[Said]:
    """By webhook, each event once and in order."""
    attempts = [Attempt(event.created_at_ms, Cause.FIRST, event) for event in WORLD.events()]
    return [(one.topic, keyed(one), said_of(one.record)) for one in clean(DoorName.WEBHOOK, attempts)]


def keyed(one: Any) -> str:
    """An event without a key of its own has that of its delivery."""
    return "" if one.topic == "other" else str(one.key)


@pytest.mark.parametrize("door", [door for door in DOORS if door != DoorName.WEBHOOK])
def test_the_same_clean_topics(door: DoorName, in_order: list[Said]) -> None:
    """Record by record, however often a message is repeated; and they are what the world's truth says."""
    events = [named(event, door) for event in WORLD.events()]
    found = list(clean(door, attempts_of(door, events)))
    assert [(one.topic, keyed(one), said_of(one.record)) for one in found] == in_order
    report = Truth.of(events).compare((one.topic, one.key.encode(), one.record) for one in found)
    assert report.is_right, report
    assert report.checked > 1000
