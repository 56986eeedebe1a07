"""What tests of doors share: bodies as Junction's, and what a door has put on Kafka."""

import json
from typing import NamedTuple

from streams.events import Headers, topics
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
