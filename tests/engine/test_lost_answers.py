"""What becomes of a transaction on a real Kafka when a connection breaks around one of its requests."""

from collections.abc import Iterator
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from streams.engine.positions.group_metadata import Member, Membership
from streams.engine.work.producer import TransactionalProducer
from streams.kafka.login.librdkafka import for_librdkafka
from streams.ops.settings import Settings
from streams.tables import Emit

REQUESTS = {"Produce": 0, "AddPartitionsToTxn": 24, "AddOffsetsToTxn": 25, "EndTxn": 26, "TxnOffsetCommit": 28}
VALUES = [b"1", b"2", b"3"]


class Breaking:
    """A connection that breaks at the next request of a kind: before it was `sent`, once it was `done`, or while it is
    so `late` that the broker gets it in the middle of the next transaction."""

    def __init__(self, producer: TransactionalProducer) -> None:
        self._client = producer._client._kafka
        self._send, self._client.send = self._client.send, self.send
        self._key, self._way = -1, ""
        self._late: list[tuple[int, Any]] = []
        self.is_next = False  # the next transaction has begun

    def arm(self, key: int, way: str) -> None:
        self._key, self._way = key, way

    async def send(self, node: int, request: Any, **options: Any) -> Any:
        key = getattr(request, "_request", request).API_KEY
        if self.is_next and key == REQUESTS["Produce"]:
            for place, late in self._late:
                await self._send(place, late)
            self._late = []
        if key != self._key:
            return await self._send(node, request, **options)
        self._key = -1
        if self._way == "done":
            await self._send(node, request, **options)
        elif self._way == "late":
            self._late.append((node, request))
        raise KafkaConnectionError("it broke")


@pytest.fixture
def producer(settings: Settings) -> Iterator[TransactionalProducer]:
    admin = AdminClient(for_librdkafka(settings))
    for future in admin.create_topics([NewTopic(topic(settings), 1, 1)]).values():
        future.result()
    made = TransactionalProducer(settings)
    made.init()
    yield made
    made.close()


def topic(settings: Settings) -> str:
    return f"{settings.topic_prefix}.out"


def commit(producer: TransactionalProducer, settings: Settings, value: bytes) -> None:
    """A record, and its value as the offset."""
    producer.begin()
    producer.produce(0, [Emit(topic(settings), b"k", value, None)])
    producer.commit({(topic(settings), 0): int(value)}, Member(settings.group_id, Membership(-1, "")))


def read(settings: Settings) -> tuple[list[bytes | None], int]:
    """What was committed: values, and the group's offset."""
    conf = {"group.id": settings.group_id, "isolation.level": "read_committed", "enable.partition.eof": True}
    consumer = Consumer(for_librdkafka(settings) | conf | {"enable.auto.commit": False})
    consumer.assign([TopicPartition(topic(settings), 0, 0)])
    values: list[bytes | None] = []
    while (message := consumer.poll(10)) is not None and not message.error():
        values.append(message.value())
    (place,) = consumer.committed([TopicPartition(topic(settings), 0)], 10)
    consumer.close()
    return values, place.offset


@pytest.mark.parametrize("way", ["sent", "done", "late"])
@pytest.mark.parametrize("name", REQUESTS)
def test_each_once(producer: TransactionalProducer, settings: Settings, name: str, way: str) -> None:
    """Whether the request got lost, or its answer, or it comes late: each once, and it goes on."""
    breaking = Breaking(producer)
    commit(producer, settings, VALUES[0])
    breaking.arm(REQUESTS[name], way)
    commit(producer, settings, VALUES[1])
    breaking.is_next = True
    commit(producer, settings, VALUES[2])
    assert read(settings) == (VALUES, int(VALUES[2]))
