"""The door to Event Hubs, on a look-alike (our Kafka behind Event Hubs' login) and a real Kafka."""

import asyncio
import contextlib
from collections.abc import Sequence

import pytest
from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from pydantic import SecretStr

from connectors.contract.source import SourceMessage
from connectors.doors import service
from connectors.event_hubs.access import client_conf, read_access
from connectors.event_hubs.source import HubSource
from streams.events import H_ID, H_REASON, header, topics
from streams.kafka import admin
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.settings import Settings
from streams.simulator.delivery.hub_messages import HubMessage, amqp_text, hub_message, send
from tests.doors import SLEEP, body_of, check_as_webhook, stored


def published(settings: Settings, messages: Sequence[HubMessage]) -> None:
    """As Junction's pipeline does."""
    access = read_access(settings)
    send(client_conf(settings, access), access.hub, messages)


def event(n: int, users: int = 5) -> HubMessage:
    """Of one of some users. Every second one is above the bytes from which Junction packs."""
    user = f"u{n % users}"
    body = body_of(n, user=user) + b" " * (2000 * (n % 2))
    return hub_message(body, SLEEP, user, "t1", f"k{n}")


def drain(settings: Settings) -> None:
    """The door, until the hub is read to its end."""
    asyncio.run(service._run(settings, HubSource(settings), once=True))


def committed(settings: Settings) -> list[int]:
    """Of each partition the next offset of the group, -1001 for none."""
    access = read_access(settings)
    consumer = Consumer({**client_conf(settings, access), "group.id": settings.event_hubs_group})
    places = [TopicPartition(access.hub, partition) for partition in range(4)]
    try:
        while True:  # a busy broker may not know for a moment who keeps a group's offsets
            with contextlib.suppress(KafkaException):
                return [one.offset for one in consumer.committed(places, timeout=10)]
    finally:
        consumer.close()


async def received(source: HubSource, most: int = 200) -> list[SourceMessage]:
    """As the loop does: who is away is asked again."""
    while True:
        with contextlib.suppress(Unavailable):
            return await source.receive(most)


def number(message: SourceMessage) -> int:
    """Of an event."""
    return int(message.open().body.partition(b'"s')[2].partition(b'"')[0])


BAD = {
    "unknown_codec": HubMessage(b"u1", b"zstd bytes", [("content-encoding", b"zstd")]),
    "not_unpacked": HubMessage(b"u1", body_of(1), [("content-encoding", b"gzip")]),
    "envelope_conflict": HubMessage(b"u2", body_of(2, user="u1"), [("event-type", amqp_text(SLEEP))]),
    "not_json": HubMessage(b"u1", b"", []),
}


def test_onto_kafka(hub_settings: Settings) -> None:
    """The record is the one of the webhook: bytes unpacked, topic, key, partition and headers as the gateway writes
    them, the delivery's own aside. What nobody can read is a dead letter, holds nobody up, and keeps its bytes."""
    admin.apply(hub_settings)
    published(hub_settings, [*BAD.values(), *(event(n) for n in range(40))])
    drain(hub_settings)
    letters, found = [], []
    for one in stored(hub_settings):
        (letters if one.topic == topics.DEAD_LETTERS else found).append(one)
    bodies = [body_of(n, user=f"u{n % 5}") + b" " * (2000 * (n % 2)) for n in range(40)]
    check_as_webhook(found, bodies, hub_settings, "azure")
    assert {header(one.headers, H_ID) for one in found} == {f"{SLEEP}/k{n}" for n in range(40)}
    assert {header(one.headers, H_REASON): one.value for one in letters} == {why: one.body for why, one in BAD.items()}
    assert sum(offset for offset in committed(hub_settings) if offset > 0) == len(BAD) + 40


async def test_what_was_not_acknowledged_comes_again(hub_settings: Settings) -> None:
    """A door that ends between Kafka's report and the commit loses nothing: the next one begins behind the last one."""
    published(hub_settings, [event(n, users=1) for n in range(10)])
    first = HubSource(hub_settings)
    taken = await received(first, 6)
    await first.acknowledge(taken[:4])
    await first.close()
    assert sum(max(0, offset) for offset in committed(hub_settings)) == 4
    second = HubSource(hub_settings)
    assert [number(one) for one in await received(second)] == list(range(4, 10))
    await second.close()


async def test_back_to_what_is_committed(hub_settings: Settings) -> None:
    """After a commit that failed, `receive` begins again behind the last one that counted."""
    published(hub_settings, [event(n, users=1) for n in range(6)])
    source = HubSource(hub_settings)
    taken = await received(source, 4)
    await source.acknowledge(taken[:2])
    lost = taken[2]._replace(token=taken[2].token._replace(partition=99))
    with pytest.raises(Unavailable):
        await source.acknowledge([lost])
    assert [number(one) for one in await received(source)] == [2, 3, 4, 5]
    await source.close()


async def test_while_kafka_is_away(hub_settings: Settings) -> None:
    """`extend` takes nothing more; afterwards reading goes on where it was, without a gap and without a repetition."""
    published(hub_settings, [event(n, users=1) for n in range(9)])
    source = HubSource(hub_settings)
    taken = await received(source, 3)
    for _ in range(3):
        await source.extend(taken)
    await source.acknowledge(taken)
    assert [number(one) for one in await received(source)] == list(range(3, 9))
    await source.close()


async def test_two_doors_of_one_group(hub_settings: Settings) -> None:
    """While one comes and one goes every message reaches somebody. What a door holds of partitions that it had to give
    away is not committed, and that is no error."""
    published(hub_settings, [event(n, users=40) for n in range(200)])
    one, two = HubSource(hub_settings), HubSource(hub_settings)
    seen: set[int] = set()
    held = await received(one, 20)
    waiting = asyncio.create_task(received(two, 20))
    while not waiting.done():
        await one.extend(held)
        await asyncio.sleep(0)
    before = committed(hub_settings)
    await one.acknowledge(held)
    assert committed(hub_settings) == before
    seen |= await settled(two, await waiting)
    for source in (one, two, one):
        seen |= await settled(source, await received(source, 20))
    await one.close()
    while len(seen) < 200:  # a test that never ends has found a loss, too
        seen |= await settled(two, await received(two, 20))
    await two.close()
    assert sum(committed(hub_settings)) == 200


async def settled(source: HubSource, messages: Sequence[SourceMessage]) -> set[int]:
    """Acknowledged."""
    if messages:
        await source.acknowledge(messages)
    return {number(message) for message in messages}


async def test_what_expired_is_said_once(hub_settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """Reading goes on from the oldest that is left, and how many were lost is in the log."""
    published(hub_settings, [event(n, users=1) for n in range(10)])
    source = HubSource(hub_settings)
    taken = await received(source, 2)
    await source.acknowledge(taken)
    await source.close()
    partition = taken[0].token.partition
    client = AdminClient({"bootstrap.servers": hub_settings.bootstrap_servers})
    gone = client.delete_records([TopicPartition(hub_settings.event_hubs_name, partition, 7)])
    assert [future.result().low_watermark for future in gone.values()] == [7]
    again = HubSource(hub_settings)
    assert [number(one) for one in await received(again)] == [7, 8, 9]
    await again.close()
    assert capsys.readouterr().out.count("messages_lost") == 1


async def test_an_empty_hub(hub_settings: Settings) -> None:
    """None: it was read to its end."""
    source = HubSource(hub_settings)
    assert await received(source) == []
    await source.close()


async def refused(settings: Settings) -> str:
    """The sentence of a door that cannot begin."""
    source = HubSource(settings)
    with pytest.raises((Misconfigured, Unavailable)) as error:
        await source.receive(1)
    await source.close()
    kind = "stop" if isinstance(error.value, Misconfigured) else "wait"
    return f"{kind}: {error.value}"


async def test_sentences(hub_settings: Settings) -> None:
    """A wrong key, a strange authority, a hub that is not there: a person acts. Nobody there: it is waited for. The key
    is in none of them."""
    connection = hub_settings.event_hubs_connection.get_secret_value()
    address = connection.partition("sb://")[2].partition("/")[0]
    wrong = {
        "refuses the login": {
            "event_hubs_connection": SecretStr(connection.replace("AccessKey=", "AccessKey=planted"))
        },
        "certificate": {"event_hubs_ca_file": None},
        "has no hub": {"event_hubs_name": "nobodys"},
        "does not answer": {"event_hubs_connection": SecretStr(connection.replace(address, "127.0.0.1:9"))},
    }
    said = {what: await refused(hub_settings.model_copy(update=update)) for what, update in wrong.items()}
    for what, sentence in said.items():
        assert what in sentence
        assert "planted" not in sentence
        assert sentence.startswith("wait" if what == "does not answer" else "stop")
