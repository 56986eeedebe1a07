"""The embedded Kafka is a real one, on loopback."""

from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from streams.embedded import Cluster
from streams.embedded.kafka import MESSAGE_BYTES_MAX

MIB = 1024 * 1024


def create_topic(bootstrap_servers: str, name: str, **config: str) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap_servers})
    admin.create_topics([NewTopic(name, 4, config=config)])[name].result(30)


def produce(bootstrap_servers: str, topic: str, values: list[bytes]) -> None:
    producer = Producer({"bootstrap.servers": bootstrap_servers, "message.max.bytes": MESSAGE_BYTES_MAX})
    for value in values:
        producer.produce(topic, value)
    assert producer.flush(30) == 0


def consume(bootstrap_servers: str, topic: str, count: int) -> list[bytes]:
    """That many values from the beginning, in no order."""
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
        return [message.value() for message in consumer.consume(count, timeout=60) if not message.error()]
    finally:
        consumer.close()


def test_what_is_produced_is_consumed(cluster: Cluster, prefix: str) -> None:
    """A record goes in and comes out; a body of 16 MiB fits."""
    create_topic(cluster.bootstrap_servers, prefix, **{"max.message.bytes": str(20 * MIB)})
    values = [b"small", bytes(16 * MIB)]
    produce(cluster.bootstrap_servers, prefix, values)
    assert sorted(consume(cluster.bootstrap_servers, prefix, 2), key=len) == values


def test_only_loopback(cluster: Cluster) -> None:
    """Nothing that the cluster advertises leads off this machine."""
    brokers = AdminClient({"bootstrap.servers": cluster.bootstrap_servers}).list_topics(timeout=30).brokers
    assert {broker.host for broker in brokers.values()} == {"127.0.0.1"}
    assert cluster.registry_url.startswith("http://127.0.0.1:")
