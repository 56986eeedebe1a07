"""Which deliveries are on the topics, by their ids."""

from collections import Counter

from confluent_kafka import Consumer, KafkaError, TopicPartition

from streams.events import topics
from streams.ops.settings import Settings

_SILENCE_S = 15.0


def stored_ids(settings: Settings) -> Counter[str]:
    """Of each delivery on a raw topic or among the dead letters, how often it is there."""
    names = [f"{settings.topic_prefix}.{name}" for name in (*topics.RAW, topics.DEAD_LETTERS)]
    places = [TopicPartition(name, number, 0) for name in names for number in range(settings.partitions)]
    consumer = Consumer(
        {"bootstrap.servers": settings.bootstrap_servers, "group.id": "attack", "enable.partition.eof": True}
    )
    consumer.assign(places)
    found, n_ends = Counter[str](), 0
    try:
        while n_ends < len(places):
            message = consumer.poll(_SILENCE_S)
            assert message is not None, "Kafka does not answer"
            if message.error():
                assert message.error().code() == KafkaError._PARTITION_EOF, message.error()
                n_ends += 1
            else:
                found[dict(message.headers() or []).get("ce_id", b"?").decode()] += 1
    finally:
        consumer.close()
    return found
