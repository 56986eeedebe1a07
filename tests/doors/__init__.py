"""What tests of doors share: bodies as Junction's, and what a door has put on Kafka."""

import json
from collections.abc import Sequence
from typing import NamedTuple

from connectors.contract.intake import stored_record
from streams.events import H_DOOR, H_ID, H_RECEIVED, H_SOURCE, H_TIME, Delivery, Headers, header, topics
from streams.kafka.reader import Messages
from streams.ops.settings import Settings

USER = "5f0c2c0e-0000-4000-8000-000000000001"
SLEEP = "daily.data.sleep.created"


class StoredMessage(NamedTuple):
    """One record, as a door wrote it. `topic`: short name."""

    topic: str
    partition: int
    key: bytes
    value: bytes
    headers: Headers


def body_of(n: int, user: str = USER, event_type: str = SLEEP) -> bytes:
    """An event; another number is another body."""
    data = {"id": f"s{n}", "user_id": user, "source": {"provider": "oura"}}
    return json.dumps({"event_type": event_type, "user_id": user, "team_id": "t1", "data": data}).encode()


def stored(settings: Settings) -> list[StoredMessage]:
    """Everything on the raw topics and among the dead letters, by topic, each partition in its order."""
    names = (*topics.RAW, topics.DEAD_LETTERS)
    reader = Messages(settings, [f"{settings.topic_prefix}.{name}" for name in names], from_beginning=True)
    try:
        found = sorted(reader.until_now(), key=lambda one: (one.topic(), one.partition(), one.offset()))
    finally:
        reader.close()
    short = len(settings.topic_prefix) + 1
    return [
        StoredMessage(one.topic()[short:], one.partition(), one.key(), one.value() or b"", one.headers() or [])
        for one in found
    ]


_OWN = {H_ID, H_TIME, H_RECEIVED, H_DOOR, H_SOURCE}  # headers of a delivery


def check_as_webhook(found: Sequence[StoredMessage], bodies: Sequence[bytes], settings: Settings, door: str) -> None:
    """Assert that there is one record for each body, with value, topic, key, partition and headers as the gateway
    writes them, the delivery's own aside, and that it came through this door."""
    assert sorted(one.value for one in found) == sorted(bodies)
    webhook = Delivery("i", "webhook", "e", "t", "t")
    for one in found:
        record = stored_record(one.value, webhook, settings)
        assert (f"{settings.topic_prefix}.{one.topic}", one.key, one.partition) == (*record[:2], record[3])
        assert [row for row in one.headers if row[0] not in _OWN] == [
            row for row in record.headers if row[0] not in _OWN
        ]
        assert header(one.headers, H_DOOR) == door
