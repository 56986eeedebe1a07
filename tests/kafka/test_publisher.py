"""One contract, every publisher: what MemoryPublisher promises to a test, KafkaPublisher keeps on a real Kafka."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import stamina
from confluent_kafka import Consumer, KafkaError, TopicPartition

from streams.demo.cluster import Cluster
from streams.kafka import admin
from streams.kafka.confirmations import TRIALS_MAX
from streams.kafka.memory_publisher import MemoryPublisher, Published
from streams.kafka.publisher import KafkaPublisher, Publisher
from streams.ops.errors import Unavailable
from streams.ops.settings import Settings
from tests import fatal

PARTITIONS = 4
RECORD_BYTES_MAX = 2 * 1024 * 1024

Read = Callable[[str, int], list[Published]]  # (topic, number of records) → what was stored, by partition


def settings_for(bootstrap_servers: str, prefix: str, publish_timeout_s: float = 10.0) -> Settings:
    return Settings(
        _env_file=None,
        bootstrap_servers=bootstrap_servers,
        topic_prefix=prefix,
        group_id=prefix,
        partitions=PARTITIONS,
        record_bytes_max=RECORD_BYTES_MAX,
        publish_timeout_s=publish_timeout_s,
    )


@pytest.fixture(scope="module")
def kafka_settings(cluster: Any) -> Settings:
    settings = settings_for(cluster.bootstrap_servers, f"t{uuid.uuid4().hex[:10]}")
    admin.apply(settings)
    return settings


@pytest.fixture(params=["memory", pytest.param("kafka", marks=pytest.mark.kafka)])
async def publisher(request: pytest.FixtureRequest) -> AsyncIterator[Publisher]:
    made: Publisher
    if request.param == "memory":
        layout = admin.layout_of(settings_for("", "memory"))
        made = MemoryPublisher({topic.name: topic.partitions for topic in layout}, RECORD_BYTES_MAX)
    else:
        made = KafkaPublisher(request.getfixturevalue("kafka_settings"))
    yield made
    await made.close(5.0)


@pytest.fixture
def topic(request: pytest.FixtureRequest, publisher: Publisher) -> str:
    if isinstance(publisher, MemoryPublisher):
        return "memory.raw.other"
    return f"{request.getfixturevalue('kafka_settings').topic_prefix}.raw.other"


@pytest.fixture
def read(request: pytest.FixtureRequest, publisher: Publisher) -> Read:
    if isinstance(publisher, MemoryPublisher):
        memory = publisher
        return lambda topic, n: [record for record in memory.records if record.topic == topic][-n:]
    servers = request.getfixturevalue("kafka_settings").bootstrap_servers
    return lambda topic, n: read_kafka(servers, topic, n)


def read_kafka(servers: str, topic: str, n: int) -> list[Published]:
    """The last `n` records of a topic, in the order of each partition."""
    consumer = Consumer({"bootstrap.servers": servers, "group.id": "reader", "enable.partition.eof": True})
    partitions = consumer.list_topics(topic, 10.0).topics[topic].partitions
    consumer.assign([TopicPartition(topic, number, 0) for number in partitions])
    found: list[Published] = []
    n_ends = 0
    while n_ends < len(partitions):
        message = consumer.poll(10.0)
        assert message is not None
        if message.error():
            assert message.error().code() == KafkaError._PARTITION_EOF
            n_ends += 1
        else:
            headers = message.headers() or []
            found.append(Published(topic, message.key(), message.value(), headers, message.partition()))
    consumer.close()
    return found[-n:]


async def test_record_arrives_as_given(publisher: Publisher, topic: str, read: Read) -> None:
    """Key, value, headers and partition of a published record are those that were given, byte for byte."""
    headers = [("ce_id", b"msg_1"), ("svix-signature", b"v1,a= v1,b="), ("ce_id", b"\xff\x00")]
    await publisher.publish(topic, b"u1:sleep", b'{"a":1}\xff', headers, 3)
    assert read(topic, 1) == [Published(topic, b"u1:sleep", b'{"a":1}\xff', headers, 3)]


async def test_order_within_a_partition(publisher: Publisher, topic: str, read: Read) -> None:
    """Records published to one partition without waiting are stored in the order of the calls."""
    values = [str(n).encode() for n in range(200)]
    await asyncio.gather(*[publisher.publish(topic, b"order", value, [], 1) for value in values])
    assert [record.value for record in read(topic, 10_000) if record.key == b"order"] == values


@pytest.mark.parametrize(("suffix", "partition"), [("", PARTITIONS), ("-that-is-not-there", 0)])
async def test_place_that_does_not_exist(publisher: Publisher, topic: str, suffix: str, partition: int) -> None:
    """A topic or partition that is not there makes a publish Unavailable, in bounded time."""
    async with asyncio.timeout(15):
        with pytest.raises(Unavailable):
            await publisher.publish(topic + suffix, b"k", b"v", [], partition)


async def test_record_above_the_limit(publisher: Publisher, topic: str) -> None:
    """A record larger than the limit is refused at once; the next one is not harmed."""
    with pytest.raises(Unavailable, match="MSG_SIZE_TOO_LARGE"):
        await publisher.publish(topic, b"k", bytes(RECORD_BYTES_MAX + 1), [], 0)
    await publisher.publish(topic, b"k", b"v", [], 0)


async def test_a_record_that_is_none_harms_nobody(kafka_settings: Settings) -> None:
    """What the client cannot take at all raises for itself; others of the same moment arrive, nothing stays counted."""
    publisher = KafkaPublisher(kafka_settings)
    name = f"{kafka_settings.topic_prefix}.raw.other"
    wrong: Any = [("name", [b"no bytes"])]
    async with asyncio.timeout(30):
        found = await asyncio.gather(
            *(publisher.publish(name, b"none", b"v", headers, 0) for headers in ([], wrong, [])), return_exceptions=True
        )
    assert [type(one) for one in found] == [type(None), TypeError, type(None)]
    assert publisher.under_way_bytes == 0
    await publisher.close(5.0)


async def test_large_record(publisher: Publisher, topic: str) -> None:
    """A record just below the limit is stored, compressible or not."""
    await publisher.publish(topic, b"k", bytes(RECORD_BYTES_MAX - 1024), [], 2)


async def test_cancelled_publish_harms_nobody(publisher: Publisher, topic: str) -> None:
    """A caller that gave up waiting does not disturb the others, nor those that come later."""
    given_up = asyncio.create_task(publisher.publish(topic, b"k", b"v", [], 0))
    await asyncio.sleep(0)
    given_up.cancel()
    await asyncio.gather(*[publisher.publish(topic, b"k", b"v", [], 0) for _ in range(5)])


async def test_close_waits_and_refuses(publisher: Publisher, topic: str) -> None:
    """`close` lets what is under way arrive, refuses what comes later, and may be called twice."""
    under_way = [asyncio.create_task(publisher.publish(topic, b"k", b"v", [], 0)) for _ in range(20)]
    await asyncio.sleep(0)
    await publisher.close(5.0)
    await asyncio.gather(*under_way)
    with pytest.raises(Unavailable, match="closed"):
        await publisher.publish(topic, b"k", b"v", [], 0)
    await publisher.close(5.0)


async def test_without_kafka() -> None:
    """Without a Kafka a publish is Unavailable, not endless, and `close` gives up in time."""
    publisher = KafkaPublisher(settings_for("127.0.0.1:1", "nowhere", publish_timeout_s=3.0))
    async with asyncio.timeout(15):
        with pytest.raises(Unavailable, match="did not confirm"):
            await publisher.publish("nowhere.raw.other", b"k", b"v", [], 0)
    left = asyncio.create_task(publisher.publish("nowhere.raw.other", b"k", b"v", [], 0))
    await asyncio.sleep(0)
    async with asyncio.timeout(15):
        await publisher.close(0.2)
    with pytest.raises(Unavailable):
        await left


async def test_an_outage_is_known() -> None:
    """Once a record was not confirmed a few wait for the next outcome; the others are refused without waiting."""
    publisher = KafkaPublisher(settings_for("127.0.0.1:1", "nowhere", publish_timeout_s=3.0))
    doubted = asyncio.Event()
    publisher.on_doubt = doubted.set
    async with asyncio.timeout(20):
        with pytest.raises(Unavailable):
            await publisher.publish("t", b"k", b"v", [], 0)
        assert doubted.is_set()
        waiting = [asyncio.create_task(publisher.publish("t", b"k", b"v", [], 0)) for _ in range(TRIALS_MAX)]
        await asyncio.sleep(0)
        with pytest.raises(Unavailable, match="did not confirm"):
            await publisher.publish("t", b"k", b"refused", [], 0)
        assert not any(task.done() for task in waiting)
        assert publisher.under_way_bytes == 2 * TRIALS_MAX
        await publisher.close(0.0)
        await asyncio.gather(*waiting, return_exceptions=True)
    assert publisher.under_way_bytes == 0


async def test_what_is_under_way_when_a_producer_breaks() -> None:
    """A fatal error of the producer: whoever waits for a report, and whoever comes meanwhile, is told at once."""
    publisher = KafkaPublisher(settings_for("127.0.0.1:1", "nowhere", publish_timeout_s=14.0))
    under_way = [asyncio.create_task(publisher.publish("t", b"k", b"v", [], 0)) for _ in range(3)]
    for _ in range(2):  # in the second round they are handed over
        await asyncio.sleep(0)
    fatal.inject(publisher._producer)
    async with asyncio.timeout(5):  # well before records are given up
        found = await asyncio.gather(*under_way, return_exceptions=True)
    assert [type(one) for one in found] == 3 * [Unavailable]
    with pytest.raises(Unavailable, match="OUT_OF_ORDER_SEQUENCE_NUMBER"):
        await publisher.publish("t", b"k", b"v", [], 0)
    await publisher.close(0.0)


async def test_a_broken_producer_is_replaced(kafka_settings: Settings) -> None:
    """After a fatal error another producer takes its place, again and again; meanwhile the publisher says so."""
    publisher = KafkaPublisher(kafka_settings)
    name = f"{kafka_settings.topic_prefix}.raw.backfills"
    for n in range(2):
        await publish_patiently(publisher, name, str(n).encode())
        fatal.inject(publisher._producer)
        with pytest.raises(Unavailable):
            await publisher.publish(name, b"k", b"meanwhile", [], 0)
        assert publisher.broken
    await publish_patiently(publisher, name, b"after")
    assert not publisher.broken
    await publisher.close(5.0)
    assert [record.value for record in read_kafka(kafka_settings.bootstrap_servers, name, 100)] == [
        b"0",
        b"1",
        b"after",
    ]


async def test_no_producer_is_to_be_had(kafka_settings: Settings) -> None:
    """One that cannot be made, for want of a token to log in with, is tried again later."""
    publisher = KafkaPublisher(kafka_settings)
    good = publisher._conf
    publisher.broken, publisher._conf = "it broke", good | {"made.up": 1}
    publisher._mend()
    assert publisher.broken
    publisher._conf, publisher._again_s = good, 0.0
    publisher._mend()
    assert not publisher.broken
    await publisher.close(0.0)


async def test_broker_that_dies_and_comes_back(own_cluster: Cluster) -> None:
    """While the broker is dead a publish is Unavailable; when it is back the same publisher goes on by itself."""
    settings = settings_for(own_cluster.bootstrap_servers, "dies").model_copy(update={"publish_timeout_s": 3.0})
    admin.apply(settings)
    publisher = KafkaPublisher(settings)
    name = f"{settings.topic_prefix}.raw.labs"
    await publish_patiently(publisher, name, b"before")
    await asyncio.to_thread(own_cluster.kafka.kill)
    try:
        with pytest.raises(Unavailable):
            await publisher.publish(name, b"k", b"meanwhile", [], 0)
    finally:
        await asyncio.to_thread(own_cluster.kafka.restart)
    await publish_patiently(publisher, name, b"after")
    await publisher.close(5.0)
    values = [record.value for record in read_kafka(settings.bootstrap_servers, name, 100)]
    assert (values[0], values[-1]) == (b"before", b"after")


async def publish_patiently(publisher: Publisher, topic: str, value: bytes) -> None:
    async for attempt in stamina.retry_context(on=Unavailable, attempts=None, timeout=60, wait_max=0.5):
        with attempt:
            await publisher.publish(topic, b"k", value, [], 0)
