"""Recorded bodies over HTTP into a running gateway and worker, and what became of each."""

import asyncio
import json
from collections import defaultdict
from pathlib import Path

from confluent_kafka import Consumer, TopicPartition

from streams.demo import stack, startup
from streams.events import topics
from streams.events.headers import H_ID, H_REASON, header
from streams.kafka.lag import Lag
from streams.kafka.login.librdkafka import for_librdkafka
from streams.kafka.reader import Reader
from streams.ops.settings import Settings
from streams.simulator.delivery.courier import Target, open_courier
from streams.simulator.delivery.recorded import Recorded, post_all, read_folder
from streams.status import client
from tests.agents.test_published import AS_IT_IS, CONFLICT

# Its `created` came first and says the same: verdict SAME, so that nothing leaves.
SAID_BEFORE = {"daily.data.workout_stream.updated--2024-07-02"}


def test_every_published_body_ends_somewhere(settings: Settings, samples: Path, tmp_path: Path) -> None:
    """Each body is accepted with 204 and leaves as clean records, as state, or as a dead letter with its reason."""
    recorded = read_folder(samples / "webhooks", align_users=False)
    with startup.start(settings, tmp_path, print) as running:
        statuses = asyncio.run(_post(running, recorded))
        _drain(running.settings)
        found = _ends(running.settings)
        _ask_about_a_user(running.settings, recorded)
    assert set(statuses.values()) == {204}
    names = {one.message_id: one.file.removesuffix(".json") for one in recorded}
    assert {names[id]: sorted(places) for id, places in found.items()} == {
        name: sorted(_expected(name)) for name in names.values() if name not in SAID_BEFORE
    }


def _ask_about_a_user(settings: Settings, recorded: list[Recorded]) -> None:
    """The worker answers for a user whose body it has seen, and for one that nobody knows."""
    named = {one.file.removesuffix(".json"): one.body for one in recorded}
    body = json.loads(next(named[name] for name, ends in AS_IT_IS.items() if "glucose" in ends))
    view = client.ask(settings, body.get("user_id") or body["data"]["user_id"])
    assert "glucose" in {row["resource"] for row in view["resources"]}
    assert view["connections"]
    assert client.ask(settings, "nobody")["connections"] == []


def _expected(name: str) -> list[str]:
    """Data also makes its connection known, but only the first event of a user and provider does: left out here."""
    ends = AS_IT_IS.get(name, [CONFLICT])
    return ends if len(ends) == 1 else [end for end in ends if end != "connections"]


async def _post(running: stack.Stack, recorded: list[Recorded]) -> dict[str, int | None]:
    target = Target(f"{running.gateway_url}/webhooks/{stack.ENDPOINT}", running.secret)
    async with open_courier(target) as courier:
        return await post_all(courier, recorded)


def _drain(settings: Settings) -> None:
    lag = Lag(settings, [f"{settings.topic_prefix}.{name}" for name in topics.RAW])
    while lag.records():
        pass
    lag.close()


def _ends(settings: Settings) -> dict[str, set[str]]:
    """Delivery id → short names of clean topics, or reasons."""
    ends: dict[str, set[str]] = defaultdict(set)
    prefix = f"{settings.topic_prefix}."
    reader = Reader(
        settings, [prefix + name for name in topics.clean_topics() if name != topics.DRIFT], from_beginning=True
    )
    while not reader.at_end():
        for decoded in reader.poll(0.2):
            record = decoded.record or {}
            id = record["delivery"]["id"] if "delivery" in record else record["delivery_id"]
            name = decoded.topic.removeprefix(prefix)
            if name != "connections" or record["last_event_type"].startswith("provider."):
                ends[id].add(name)
    reader.close()
    for id, reason in _dead_letters(settings):
        ends[id].add(reason)
    return ends


def _dead_letters(settings: Settings) -> list[tuple[str, str]]:
    """(delivery id, reason) of each."""
    name = f"{settings.topic_prefix}.{topics.DEAD_LETTERS}"
    consumer = Consumer(for_librdkafka(settings) | {"group.id": "t", "isolation.level": "read_committed"})
    partitions = [TopicPartition(name, p, 0) for p in range(settings.partitions)]
    ends = {p.partition: consumer.get_watermark_offsets(p, timeout=10)[1] for p in partitions}
    consumer.assign(partitions)
    found = []
    while any(max(p.offset, 0) < ends[p.partition] for p in consumer.position(partitions) if ends[p.partition]):
        found += [message.headers() or [] for message in consumer.consume(500, 0.2) if not message.error()]
    consumer.close()
    return [(header(h, H_ID), header(h, H_REASON)) for h in found]
