"""Publishing as Junction's pipelines do into Google's fake of Pub/Sub and a look-alike of Event Hubs."""

import asyncio
import gzip
import json
import time
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition
from google.pubsub_v1 import PubsubMessage

from connectors.event_hubs.envelope import HubProperties
from connectors.event_hubs.envelope import read_envelope as read_hub_envelope
from connectors.pubsub.client import close, subscriber
from streams.cli.through import Through
from streams.demo.cluster import Cluster
from streams.demo.pipelines import running
from streams.demo.pipelines.event_hubs import HubsKafka, make_hub
from streams.demo.pipelines.pubsub import FakePubSub
from streams.events.doors import PIPELINES, DoorName
from streams.ops.errors import Misconfigured
from streams.ops.settings import Settings
from streams.simulator.command import Options, simulate
from streams.simulator.delivery.brokers import open_broker
from streams.simulator.delivery.pipeline_message import PACKED_BYTES_MIN, message_of
from streams.simulator.delivery.pubsub import PUBLISHED_MS
from streams.simulator.delivery.schedule import Attempt, Cause
from tests.connectors.pubsub.topics import subscribe
from tests.simulator.worlds import END_MS, events, world

YEARS_H = 87_600  # the world's days are past
Came = tuple[str, str, bytes, int]  # type, user, unpacked body, published at (Unix ms)


@pytest.fixture
def topic(pubsub: FakePubSub, prefix: str) -> Settings:
    """Settings of a topic and a subscription of this test's own, not there yet."""
    own = {"pubsub_topic": f"projects/p/topics/{prefix}", "pubsub_subscription": f"projects/p/subscriptions/{prefix}"}
    return Settings(_env_file=None).model_copy(update={**own, "pubsub_endpoint": pubsub.endpoint})


@pytest.fixture
def hub(hub_settings: Settings, cluster: Cluster) -> Settings:
    """Settings of a hub of this test's own, that keeps what is years old."""
    assert isinstance(cluster.kafka, HubsKafka)
    name = f"{hub_settings.event_hubs_name}-old"
    make_hub(cluster.kafka, name, partitions=1, retention_hours=YEARS_H)
    return hub_settings.model_copy(update={"event_hubs_name": name})


def published(settings: Settings, door: DoorName, capsys: pytest.CaptureFixture[str]) -> int:
    """How many messages were confirmed of a world of two users and a day."""
    options = Options(users=2, days=1, seed=5, end="2026-11-18T11:06:40Z", as_json=True, door=door)
    assert simulate(settings, options) == 0
    said = json.loads(capsys.readouterr().out)
    assert (
        said["accepted"]
        == said["sent"]
        == said["events"] + sum(said[name] for name in ("duplicates", "lost_acks", "late"))
    )
    assert said["late"] > 0
    return int(said["accepted"])


def check(found: Iterable[Came], n_published: int) -> None:
    """All of the world is there, the first time of each at its time in the world."""
    at_ms: dict[tuple[str, str, bytes], list[int]] = defaultdict(list)
    for event_type, user, body, published_ms in found:
        at_ms[event_type, user, body].append(published_ms)
    assert sum(map(len, at_ms.values())) == n_published
    expected = {
        (one.event_type, one.user_id, one.body): one.created_at_ms
        for one in world(users=2, days=1, end_ms=END_MS).events()
    }
    assert {key: min(times) for key, times in at_ms.items()} == expected


def test_messages_in_pubsub(topic: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """Attributes, ordering key and body of each event, packed from a size on, published at the time in the world; of
    the word that told the fake that time nothing is left."""
    asyncio.run(subscribe(topic, enable_message_ordering=False))
    n_published = published(topic, DoorName.PUBSUB, capsys)
    messages = asyncio.run(pulled(topic, n_published))
    assert not any(PUBLISHED_MS in one.attributes for one in messages)
    assert all(one.attributes["idempotency-key"] and one.attributes["blob-type"] == "json" for one in messages)
    check(map(from_pubsub, messages), n_published)


def from_pubsub(one: PubsubMessage) -> Came:
    is_packed = one.attributes.get("blob-codec") == "gzip"
    body = gzip.decompress(one.data) if is_packed else one.data
    assert is_packed == (len(body) >= PACKED_BYTES_MIN)
    return one.attributes["event-type"], one.ordering_key, body, round(one.publish_time.timestamp() * 1000)


async def pulled(settings: Settings, n: int) -> list[PubsubMessage]:
    client = await subscriber(settings)
    found: dict[str, PubsubMessage] = {}
    while len(found) < n:
        answer = await client.pull(subscription=settings.pubsub_subscription, max_messages=1000)
        found |= {one.message.message_id: one.message for one in answer.received_messages}
    await close(client)
    return list(found.values())


def test_messages_in_event_hubs(hub: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """Headers, key and body of each event, as the door reads them, at the time in the world."""
    n_published = published(hub, DoorName.AZURE, capsys)
    check(map(from_hub, in_hub(hub, n_published)), n_published)


def from_hub(one: Any) -> Came:
    _, at_ms = one.timestamp()
    said = read_hub_envelope(HubProperties(one.headers(), one.key(), at_ms), "hub")
    assert said.problem is None
    assert said.claimed.user_id == said.claimed.owner
    assert said.id
    body = gzip.decompress(one.value()) if said.claimed.codec else one.value()
    assert bool(said.claimed.codec) == (len(body) >= PACKED_BYTES_MIN)
    return said.claimed.event_type, said.claimed.user_id, body, at_ms


def in_hub(settings: Settings, n: int) -> list[Any]:
    """The records of a hub, by the other listener of the same Kafka."""
    consumer = Consumer({"bootstrap.servers": settings.bootstrap_servers, "group.id": "looks"})
    consumer.assign([TopicPartition(settings.event_hubs_name, 0, 0)])
    found: list[Any] = []
    while len(found) < n:
        found += consumer.consume(n - len(found), timeout=10)
    consumer.close()
    return found


async def test_a_hub_is_told_nothing_of_the_future(hub: Settings) -> None:
    """A world's late repetition is a day ahead of its end: Kafka would refuse that, so it is of now."""
    attempt = Attempt(time.time_ns() // 1_000_000 + 86_400_000, Cause.LATE, events()[0])
    async with open_broker(DoorName.AZURE, hub) as broker:
        await broker.publish(message_of(attempt))
    [record] = in_hub(hub, 1)
    assert record.timestamp()[1] <= time.time() * 1000


def test_where_nothing_can_be_published(topic: Settings, hub_settings: Settings) -> None:
    """A person has to act: the sentence has the command or the setting."""
    message = message_of(Attempt(END_MS, Cause.FIRST, events()[0]))

    async def publish(door: DoorName, settings: Settings) -> None:
        async with open_broker(door, settings) as broker:
            await broker.publish(message)

    with pytest.raises(Misconfigured, match="source setup pubsub --declare"):
        asyncio.run(publish(DoorName.PUBSUB, topic))
    with pytest.raises(Misconfigured, match=r"has no hub .*: see STREAMS_EVENT_HUBS_NAME"):
        asyncio.run(publish(DoorName.AZURE, hub_settings.model_copy(update={"event_hubs_name": "nowhere"})))


@pytest.mark.parametrize(
    ("door", "says"),
    [(DoorName.RABBITMQ, "apt"), (DoorName.PUBSUB, "apt-get install golang-go"), (DoorName.AZURE, "Java")],
)
def test_a_demo_without_the_program_says_what_to_install(
    door: DoorName, says: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is started; nothing is on the path, and nothing was ever built."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(Misconfigured, match=says):
        running.check(door)


def test_each_pipeline_has_a_name_on_the_command_line() -> None:
    """And each name a door."""
    assert {one.door for one in Through} == {*PIPELINES, DoorName.WEBHOOK}
