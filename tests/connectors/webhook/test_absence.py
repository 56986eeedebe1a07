"""Our own absence: noticed when deliveries come again, and what may be lost is asked for, once."""

import asyncio
import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.webhook import Gateway as Webhooks
from connectors.webhook.absence import Absence
from streams.agents.sweeps import outage as outages
from streams.events import topics
from streams.kafka import admin
from streams.kafka.login.librdkafka import for_librdkafka
from streams.kafka.memory_publisher import MemoryPublisher
from streams.ops import log
from streams.ops.errors import Unavailable
from streams.ops.settings import Settings
from streams.tables.history import outage, progress
from streams.tables.history.outage import RETRIES_S_MIN, Outage
from streams.tables.history.request import Why
from tests.connectors.webhook.gateways import NOW_S, body_of, make_settings, signed
from tests.folding import NOW_MS, PREFIX, RawRecord, Worker
from tests.tables.history.test_backfills import event

LONG_MS = 2 * RETRIES_S_MIN * 1000
SETTINGS = Settings(_env_file=None, partitions=3)


class Gateway:
    """One gateway's look at its past. `beats`: times of heartbeats, shared by all gateways of a team."""

    def __init__(self, beats: list[int]) -> None:
        names = (topics.FETCH_PROGRESS, topics.HEARTBEATS)
        self.beats, self.accepted = beats, 0
        self.publisher = MemoryPublisher({f"{PREFIX}.{name}": 3 for name in names})
        self._absence = Absence(SETTINGS, self.publisher, lambda: max(self.beats, default=None), lambda: self.accepted)

    def look(self, now_ms: int, accepted: int = 0) -> list[Outage]:
        """What the workers are told after so many deliveries more."""
        self.accepted += accepted
        before = len(self.publisher.records)
        asyncio.run(self._absence.check(now_ms))
        new = self.publisher.records[before:]
        self.beats += [now_ms for record in new if record.topic.endswith(topics.HEARTBEATS)]
        told = [record for record in new if record.topic.endswith(topics.FETCH_PROGRESS)]
        assert sorted(record.partition for record in told) in ([], [0, 1, 2])
        return [progress.decode(record.value) for record in told if record.partition == 0]  # type: ignore[misc]  # because progress has no place here


def test_an_absence_is_told_once() -> None:
    """A first start tells nothing; silence alone tells nothing; deliveries after a long silence tell since when."""
    beats: list[int] = []
    gateway = Gateway(beats)
    assert gateway.look(NOW_MS) == []
    assert gateway.look(NOW_MS, accepted=5) == []
    assert gateway.look(NOW_MS + LONG_MS) == []
    again = Gateway(beats)
    assert again.look(NOW_MS + LONG_MS, accepted=1) == [Outage(NOW_MS, NOW_MS + LONG_MS)]
    assert again.look(NOW_MS + LONG_MS + 60_000, accepted=1) == []


def test_what_another_gateway_heard_counts() -> None:
    """One of two gateways got everything: the other one, when its turn comes, was not away."""
    beats: list[int] = []
    one, other = Gateway(beats), Gateway(beats)
    one.look(NOW_MS, accepted=1)
    one.look(NOW_MS + LONG_MS - 60_000, accepted=1)
    assert other.look(NOW_MS + LONG_MS, accepted=1) == []


async def test_a_gateway_with_a_wrong_clock_writes_no_heartbeat() -> None:
    """A clock beyond the tolerance accepts no delivery, so that no heartbeat from the future hides a later outage."""
    settings = make_settings()
    publisher = MemoryPublisher({topic.name: topic.partitions for topic in admin.layout_of(settings)})
    for ahead_s, accepted in ((settings.signature_tolerance_s + 1, 0), (settings.signature_tolerance_s - 1, 1)):
        webhooks = Webhooks(settings, publisher, clock=lambda ahead_s=ahead_s: NOW_S + ahead_s)
        door = webhooks.door
        body = body_of()
        async with httpx.AsyncClient(transport=httpx.ASGITransport(door), base_url="http://gateway") as client:
            await client.post("/webhooks/junction", content=body, headers=signed(body))
        await Absence(settings, publisher, lambda: None, lambda door=door: door.accepted).check(NOW_MS)
        beats = [record for record in publisher.records if record.topic.endswith(topics.HEARTBEATS)]
        assert (door.accepted, len(beats)) == (accepted, accepted)


def test_a_heartbeat_from_the_future_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """A clock jumped between a delivery and the look after it: until then absences go unnoticed, so a line says it."""
    log.configure(as_json=True)
    gateway = Gateway([NOW_MS + LONG_MS])
    assert gateway.look(NOW_MS, accepted=1) == []
    assert json.loads(capsys.readouterr().err)["event"] == "heartbeat_from_the_future"


@given(st.integers(0, 10**9))
def test_as_long_as_junction_retries_nothing_is_lost(away_s: int) -> None:
    """The shortest that eight tries may take is the bound."""
    found = outage.of(NOW_MS, NOW_MS + away_s * 1000)
    assert (found is None) == (away_s < RETRIES_S_MIN)


def tell(worker: Worker, start_ms: int, end_ms: int) -> None:
    value = outage.encode(Outage(start_ms, end_ms))
    worker.run(RawRecord(f"{PREFIX}.{topics.FETCH_PROGRESS}", 3, 0, NOW_MS, b"outage", value, []))


def test_every_resource_with_data_is_asked_for() -> None:
    """Of every user, a few at a time, each once, the widened span; Garmin too; a second telling asks nothing more."""
    worker = Worker()
    users = [f"user|{n}" for n in range(outages.ROWS_MAX // 2 + 5)]
    for n, user in enumerate(users):
        for provider, id in (("oura", "a"), ("garmin", "b")):
            data = {"id": id, "source": {"provider": provider}, "calendar_date": "2026-05-01", "steps": 5}
            worker.deliver({**event("daily.data.activity.created", data), "user_id": user}, id=f"{n}{id}")
    tell(worker, NOW_MS - LONG_MS, NOW_MS)
    tell(worker, NOW_MS - LONG_MS, NOW_MS)
    steps = []
    for _ in range(5):
        before = len(worker.requests)
        worker.punctuate()
        steps.append(len(worker.requests) - before)
    assert max(steps) <= outages.ROWS_MAX
    assert sorted(request.key for request in worker.requests) == sorted(
        (user, provider, "activity") for user in users for provider in ("garmin", "oura")
    )
    assert {request.why for request in worker.requests} == {Why.OUTAGE}
    assert worker.requests[0].start_us < (NOW_MS - LONG_MS) * 1000 < NOW_MS * 1000 < worker.requests[0].end_us
    assert [key for key in worker.tables["connections"] if key.startswith(b"\x00")] == []


def test_the_newest_heartbeat(settings: Settings) -> None:
    """Asked of a real Kafka: none at first, then the time of the newest; without Kafka it is unknown, not none."""
    admin.apply(settings)
    client = admin.client_of(settings)
    assert admin.newest_ms(client, settings, topics.HEARTBEATS) is None
    from confluent_kafka import Producer

    producer = Producer(for_librdkafka(settings))
    for stamp in (NOW_MS, NOW_MS - 5):
        producer.produce(f"{settings.topic_prefix}.{topics.HEARTBEATS}", b"", b"gateway", partition=0, timestamp=stamp)
    producer.flush()
    assert admin.newest_ms(client, settings, topics.HEARTBEATS) == NOW_MS
    nowhere = settings.model_copy(update={"bootstrap_servers": "127.0.0.1:9"})
    with pytest.raises(Unavailable):
        admin.newest_ms(admin.client_of(nowhere), nowhere, topics.HEARTBEATS)
