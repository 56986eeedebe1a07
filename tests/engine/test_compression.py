"""Records compressed as a Kafka wants them."""

import asyncio

import pytest
from aiokafka.record.default_records import DefaultRecordBatch
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from streams.engine.wire.batches import Batches
from streams.engine.work.producer import TransactionalProducer
from streams.kafka.login.librdkafka import for_librdkafka
from streams.kafka.publisher import KafkaPublisher
from streams.ops.settings import Settings
from streams.tables import Emit
from tests.engine.test_lost_answers import VALUES, commit, read, topic

CODECS = {"lz4": 3, "gzip": 1, "zstd": 4}  # Kafka's numbers, in the attributes of a batch


@pytest.mark.parametrize("name", CODECS)
def test_a_batch_has_the_codec_of_the_settings(name: str) -> None:
    """The head of a batch says how it is compressed, and it is read back."""
    batches = Batches(name)
    batches.add(0, [Emit("t", b"k", b"v" * 1000, None)], 1)
    batch = DefaultRecordBatch(batches.take(1, 0)["t", 0][0].data)
    assert batch.compression_type == CODECS[name]
    assert [record.value for record in batch] == [b"v" * 1000]


@pytest.mark.parametrize("name", ["gzip", "zstd"])
def test_kafka_takes_it(settings: Settings, name: str) -> None:
    """A worker's transaction and a gateway's record arrive; lz4 is what all other tests send."""
    settings = settings.model_copy(update={"compression": name})
    admin = AdminClient(for_librdkafka(settings))
    stored = f"{settings.topic_prefix}.stored"
    for future in admin.create_topics([NewTopic(one, 1, 1) for one in (topic(settings), stored)]).values():
        future.result()
    producer = TransactionalProducer(settings)
    producer.init()
    for value in VALUES:
        commit(producer, settings, value)
    producer.close()
    assert read(settings) == (VALUES, int(VALUES[-1]))
    asyncio.run(_publish(settings, stored))
    consumer = Consumer(for_librdkafka(settings) | {"group.id": "any"})
    consumer.assign([TopicPartition(stored, 0, 0)])
    assert consumer.poll(10).value() == b"v" * 1000
    consumer.close()


async def _publish(settings: Settings, name: str) -> None:
    publisher = KafkaPublisher(settings)
    await publisher.publish(name, b"k", b"v" * 1000, [], 0)
    await publisher.close(5.0)
