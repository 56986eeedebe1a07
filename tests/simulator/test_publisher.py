"""Publishing as Junction's pipelines do: in order, until confirmed; into a real RabbitMQ."""

import asyncio
import gzip
import json
from collections import defaultdict
from itertools import pairwise
from typing import Any

import aiormq
import pytest

from connectors.rabbitmq.topology import declare
from streams.events.doors import DoorName
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.settings import Settings
from streams.simulator.command import Options, simulate
from streams.simulator.delivery.brokers import open_broker
from streams.simulator.delivery.courier import NotAccepted
from streams.simulator.delivery.pipeline_message import PACKED_BYTES_MIN, PipelineMessage, key_of, message_of
from streams.simulator.delivery.publisher import PipelinePublisher
from streams.simulator.delivery.schedule import Cause, Faults, faults_of, schedule
from tests.simulator.worlds import END_MS, events, world

SOME = events()[:300]


class FakeBroker:
    """A broker in memory. Of `every` n-th message the confirmation is lost: it may be here or not."""

    name = "a fake broker"

    def __init__(self, every: int = 0) -> None:
        self.taken: list[PipelineMessage] = []
        self._every, self._came = every, 0

    async def publish(self, message: PipelineMessage) -> None:
        self._came += 1
        is_lost = self._every and self._came % self._every == 0
        if not is_lost or self._came % 2:
            self.taken.append(message)
        await asyncio.sleep(0)
        if is_lost:
            raise NotAccepted("lost")


async def test_a_lost_confirmation_repeats_at_once_and_order_stays() -> None:
    """Every event is there; of one user nothing comes between a message and its repetition, and none overtakes."""
    broker = FakeBroker(every=7)
    attempts = list(schedule(SOME, Faults(1, 0, 0, 0, 0)))
    tally = await PipelinePublisher(broker).deliver(attempts)
    by_user: dict[str, list[str]] = defaultdict(list)
    for message in broker.taken:
        by_user[message.user_id].append(message.idempotency_key)
    assert {key for keys in by_user.values() for key in keys} == {key_of(event) for event in SOME}
    for keys in by_user.values():
        assert keys == sorted(keys)
    assert tally.accepted == len(SOME)
    assert tally.retried == tally.statuses["lost"] == tally.sent - len(SOME) > 10
    assert len(broker.taken) > len(SOME)


async def test_nobody_there_is_said_once() -> None:
    """When nothing is confirmed within the patience, the run stops with a sentence."""
    with pytest.raises(Unavailable, match="a fake broker takes nothing"):
        await PipelinePublisher(FakeBroker(every=1), patience_s=0.2).deliver(schedule(SOME, Faults(1, 0, 0, 0, 0)))


@pytest.mark.parametrize("door", [DoorName.RABBITMQ, DoorName.PUBSUB, DoorName.AZURE])
def test_a_pipeline_keeps_the_order_of_first_deliveries(door: DoorName) -> None:
    """Nothing overtakes; where no id tells a repetition, it follows its first delivery before anything else."""
    attempts = list(schedule(SOME, faults_of(door, Faults(2, 0.3, 0.3, 0.3, 7200))))
    assert [one.event for one in attempts if one.cause is Cause.FIRST] == list(SOME)
    repeated = [(a, b) for a, b in pairwise(attempts) if b.cause is not Cause.FIRST]
    assert len(repeated) > 50
    assert all(a.event == b.event for a, b in repeated) == (door == DoorName.RABBITMQ)


def test_an_idempotency_key_is_of_one_user_and_type() -> None:
    """No two events of a user and type share one, in pushed history neither; a repetition has the same."""
    told = list(world(users=3, days_of_history=20, is_pushed=True).events())
    keys = [(event.user_id, event.event_type, key_of(event)) for event in told]
    assert len(set(keys)) == len(keys)


def test_pushed_history_comes_before_its_notice() -> None:
    """All of a user's resource from before the connection, then the notice without data; nothing is left to fetch."""
    one = world(users=4, days_of_history=40, is_pushed=True)
    noticed: set[tuple[str, str]] = set()
    early, old = {"garmin"}, 0
    first_ms = {who.user_id: min(map(one.connected_ms, who.links)) for who in one.people}
    for event in one.events():
        group, _, resource, *_ = event.event_type.split(".")
        data = json.loads(event.body)["data"]
        if group == "historical" and data["provider"] not in early:
            noticed.add((event.user_id, resource))
        if group == "daily" and resource == "heartrate" and event.created_at_ms < first_ms[event.user_id] + 300_000:
            assert (event.user_id, resource) not in noticed
            old += 1
    assert old > 40
    assert noticed
    assert not list(one.history())


def test_a_message_in_rabbitmq(rabbit_settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """Routing key and body of the event, packed from a size on, without an id, with the time in the world."""
    asyncio.run(declare(rabbit_settings))
    options = Options(users=2, days=1, seed=5, end="2026-11-18T11:06:40Z", as_json=True, door=DoorName.RABBITMQ)
    assert simulate(rabbit_settings, options) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["accepted"] == said["sent"] == said["events"] + said["duplicates"] + said["lost_acks"]
    assert said["late"] == 0
    told = world(users=2, days=1, end_ms=END_MS).events()
    expected = {(event.event_type, event.body, event.created_at_ms) for event in told}
    found = asyncio.run(drained(rabbit_settings, said["accepted"]))
    there, packed = set(), 0
    for message in found:
        properties = message.header.properties
        assert (properties.message_id, properties.delivery_mode) == (None, 2)
        is_packed = properties.content_encoding == "gzip"
        packed += is_packed
        body = gzip.decompress(message.body) if is_packed else message.body
        assert is_packed == (len(body) >= PACKED_BYTES_MIN)
        there.add((message.routing_key, body, properties.headers["timestamp_in_ms"]))
    assert there == expected
    assert 0 < packed < len(found)


async def drained(settings: Settings, n: int) -> list[Any]:
    connection = await aiormq.connect(settings.rabbitmq_url.get_secret_value())
    channel = await connection.channel()
    came: asyncio.Queue[Any] = asyncio.Queue()
    await channel.basic_consume(settings.rabbitmq_queue, came.put, no_ack=True)
    found = [await came.get() for _ in range(n)]
    await connection.close()
    return found


def test_no_exchange(rabbit_settings: Settings) -> None:
    """A person has to act: no retry, and the sentence has the command."""

    async def publish() -> None:
        async with open_broker(DoorName.RABBITMQ, rabbit_settings) as broker:
            await PipelinePublisher(broker).deliver(schedule(SOME[:3], Faults(1, 0, 0, 0, 0)))

    with pytest.raises(Misconfigured, match="source setup rabbitmq --declare"):
        asyncio.run(publish())


async def test_a_lost_connection_is_made_again(rabbit_settings: Settings) -> None:
    """What is published after it is confirmed as before."""
    await declare(rabbit_settings)
    messages = [message_of(attempt) for attempt in schedule(SOME[:2], Faults(1, 0, 0, 0, 0))]
    async with open_broker(DoorName.RABBITMQ, rabbit_settings) as broker:
        await broker.publish(messages[0])
        await broker.close()  # type: ignore[attr-defined]  # because brokers without connections have nothing to close
        await broker.publish(messages[1])
    assert len(await drained(rabbit_settings, 2)) == 2


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (Options(is_pushed=True), "--push-history"),
        (Options(door=DoorName.RABBITMQ), "STREAMS_RABBITMQ_URL"),
        (Options(door=DoorName.PUBSUB), "STREAMS_PUBSUB_TOPIC"),
        (Options(door=DoorName.AZURE), "STREAMS_EVENT_HUBS_CONNECTION"),
    ],
)
def test_what_is_missing_is_named(options: Options, says: str) -> None:
    """A sentence that says which option or setting."""
    with pytest.raises(Misconfigured, match=says):
        simulate(Settings(_env_file=None), options)
