"""The embedded Kafka is a real one, on loopback, and can lose nodes."""

import httpx
from confluent_kafka.admin import AdminClient

from streams.demo.cluster import Cluster
from tests.demo.cluster.helpers import consume, create_topic, produce

MIB = 1024 * 1024


def test_what_is_produced_is_consumed(cluster: Cluster, prefix: str) -> None:
    """A record goes in and comes out; a body of 16 MiB fits."""
    create_topic(cluster.bootstrap_servers, prefix, **{"max.message.bytes": str(20 * MIB)})
    values = [b"small", bytes(16 * MIB)]
    produce(cluster.bootstrap_servers, prefix, *values)
    assert consume(cluster.bootstrap_servers, prefix, 2) == values


def test_only_loopback(cluster: Cluster) -> None:
    """Nothing that the cluster advertises leads off this machine."""
    brokers = AdminClient({"bootstrap.servers": cluster.bootstrap_servers}).list_topics(timeout=30).brokers
    assert {broker.host for broker in brokers.values()} == {"127.0.0.1"}
    assert cluster.registry_url.startswith("http://127.0.0.1:")


def test_the_registry_refuses_what_readers_could_not_read(cluster: Cluster, prefix: str) -> None:
    """FULL_TRANSITIVE is set: a new field without a default, and one that goes, are answered 409."""
    first = '{"type":"record","name":"r","fields":[{"name":"a","type":"int"}]}'
    gone = '{"type":"record","name":"r","fields":[{"name":"b","type":"int","default":0}]}'
    broken = '{"type":"record","name":"r","fields":[{"name":"a","type":"int"},{"name":"b","type":"int"}]}'
    url = f"{cluster.registry_url}/subjects/{prefix}-value/versions"
    assert httpx.post(url, json={"schema": first}).status_code == 200
    assert httpx.post(url, json={"schema": broken}).status_code == 409
    assert httpx.post(url, json={"schema": gone}).status_code == 409


def test_three_nodes_work_on_with_two(java: None) -> None:
    """With three nodes a record needs two of them: one may die, and it comes back with what it missed."""
    with Cluster(registry=False, nodes=3) as three:
        create_topic(three.bootstrap_servers, "t", replication=3)
        produce(three.bootstrap_servers, "t", b"a")
        three.kafka.kill(3)
        produce(three.bootstrap_servers, "t", b"bb")
        three.kafka.restart(3)
        three.kafka.kill(2)
        produce(three.bootstrap_servers, "t", b"ccc")
        assert consume(three.bootstrap_servers, "t", 3) == [b"a", b"bb", b"ccc"]
