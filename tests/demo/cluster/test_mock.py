"""The mock cluster speaks enough Kafka to look around without Java."""

from confluent_kafka.admin import AdminClient

from streams.demo.cluster import MockCluster
from tests.demo.cluster.helpers import consume, produce


def test_it_answers() -> None:
    """Topics have the partitions asked for, unknown ones 4; what is produced is consumed."""
    with MockCluster({"seven": 7}) as mock:
        assert mock.registry_url == ""
        assert mock.bootstrap_servers.startswith("127.0.0.1:")
        produce(mock.bootstrap_servers, "seven", b"a")
        produce(mock.bootstrap_servers, "unknown", b"b")
        assert consume(mock.bootstrap_servers, "seven", 1) == [b"a"]
        topics = AdminClient({"bootstrap.servers": mock.bootstrap_servers}).list_topics(timeout=10).topics
        assert {name: len(topics[name].partitions) for name in ("seven", "unknown")} == {"seven": 7, "unknown": 4}


def test_two_do_not_meet() -> None:
    """Each is a cluster of its own."""
    with MockCluster({"a": 1}) as one, MockCluster({"b": 1}) as other:
        assert one.bootstrap_servers != other.bootstrap_servers
        assert set(AdminClient({"bootstrap.servers": other.bootstrap_servers}).list_topics(timeout=10).topics) == {"b"}
