"""The partition of an owner: Kafka's own, the same at every door."""

import pytest
from confluent_kafka import Producer
from hypothesis import given
from hypothesis import strategies as st

from streams.events.partitions import murmur2, partition_for

USER = "5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e77"


@pytest.mark.parametrize(
    ("key", "signed"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_murmur2_is_kafkas(key: bytes, signed: int) -> None:
    """The vectors of Kafka's own UtilsTest; ours is the same number without the sign."""
    assert murmur2(key) == signed & 0xFFFFFFFF


def test_our_partition_is_librdkafkas() -> None:
    """A door in another language that lets its client choose by user id lands on the same partition."""
    producer = Producer({"test.mock.num.brokers": 1, "partitioner": "murmur2"})  # librdkafka's in-process cluster
    chosen: dict[str, int] = {}
    owners = [USER, "ü", "日本語", "a:b", *(f"user-{i:x}" for i in range(200))]
    for owner in owners:
        producer.produce(
            "users", key=owner, on_delivery=lambda error, m, owner=owner: chosen.update({owner: m.partition()})
        )
    assert producer.flush(30) == 0
    partitions = len(producer.list_topics("users", timeout=10).topics["users"].partitions)
    assert partitions > 1
    assert chosen == {owner: partition_for(owner, partitions) for owner in owners}


@given(st.text(min_size=1, max_size=256).filter(lambda s: s.isprintable()), st.integers(1, 512))
def test_a_partition_is_in_range_and_stays(owner: str, partitions: int) -> None:
    """The same user has the same partition every time, and it exists."""
    assert 0 <= partition_for(owner, partitions) < partitions
    assert partition_for(owner, partitions) == partition_for(owner, partitions)
