"""What the tests of the embedded cluster do with a Kafka: create, produce, consume."""

from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from streams.demo.cluster.kafka import MESSAGE_BYTES_MAX


def create_topic(bootstrap_servers: str, name: str, replication: int = 1, **config: str) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap_servers})
    admin.create_topics([NewTopic(name, 4, replication, config=config)])[name].result(60)


def produce(bootstrap_servers: str, topic: str, *values: bytes) -> None:
    """Send with acks=all and wait until every record is acknowledged."""
    producer = Producer({"bootstrap.servers": bootstrap_servers, "message.max.bytes": MESSAGE_BYTES_MAX})
    failed: list[object] = []
    for value in values:
        producer.produce(topic, value, on_delivery=lambda error, _: failed.append(error) if error else None)
    assert producer.flush(60) == 0
    assert failed == []


def consume(bootstrap_servers: str, topic: str, count: int) -> list[bytes]:
    """`count` values from the beginning, smallest first; fewer when they do not come within a minute."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap_servers,
            "group.id": f"{topic}-reader",
            "auto.offset.reset": "earliest",
            "fetch.message.max.bytes": MESSAGE_BYTES_MAX,
        }
    )
    consumer.subscribe([topic])
    try:
        return sorted((m.value() for m in consumer.consume(count, timeout=60) if not m.error()), key=len)
    finally:
        consumer.close()
