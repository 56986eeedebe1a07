"""What a command publishes: all of it is there when `send` returns, and what cannot be taken is said."""

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from streams.kafka.login.librdkafka import for_librdkafka
from streams.kafka.reader import Messages
from streams.kafka.send import send
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings

pytestmark = pytest.mark.kafka


@pytest.fixture
def topic(settings: Settings) -> str:
    """Two partitions."""
    name = f"{settings.topic_prefix}.sent"
    admin = AdminClient(for_librdkafka(settings))
    admin.create_topics([NewTopic(name, 2, 1)])[name].result()
    return name


def test_records_are_there(settings: Settings, topic: str) -> None:
    """Each in its partition, a tombstone among them."""
    send(settings, [(topic, b"a", b"1", 0), (topic, b"b", None, 1)], "the request")
    messages = Messages(settings, [topic], from_beginning=True)
    found = {(one.partition(), one.key(), one.value()) for one in messages.until_now()}
    messages.close()
    assert found == {(0, b"a", b"1"), (1, b"b", None)}


def test_a_partition_that_is_not_there(settings: Settings, topic: str) -> None:
    """The sentence names what was to be sent."""
    with pytest.raises(Misconfigured, match="did not take the request: _UNKNOWN_PARTITION"):
        send(settings, [(topic, b"a", b"1", 0), (topic, b"a", b"1", 7)], "the request")
