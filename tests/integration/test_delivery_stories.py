"""Deliveries posted to a running gateway and worker, and the story of each: what it says is what happened."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from streams.demo import stack, startup
from streams.events import topics
from streams.events.message_ids import new_message_id
from streams.events.proof import KnownSecrets, Proof, prove_record
from streams.events.signature import Keyring
from streams.kafka.reader import Reader
from streams.lineage.asking.delivery_asker import DeliveryAsker
from streams.lineage.asking.doors import Doors
from streams.lineage.columns import rows_of
from streams.lineage.index.temporary import TemporaryIndex, temporary_index
from streams.lineage.known import Reach
from streams.lineage.telling import Story
from streams.ops.settings import Settings
from streams.simulator.delivery.courier import Target, open_courier
from tests.agents.test_privacy import DATA, USER
from tests.lineage.asking.yard import now_ms
from tests.waiting import committed

SLEEP = "daily.data.sleep.created"
LATER = {**DATA[SLEEP], "duration": 2, "updated_at": "2026-06-03T07:15:00+00:00"}


class Posted(NamedTuple):
    """What was posted, in order, and how it has to end. `has_secret`: signed with the gateway's own."""

    id: str
    body: bytes
    ending: str = "processed"
    has_secret: bool = True


def body_of(event_type: str, data: object) -> bytes:
    return json.dumps({"event_type": event_type, "user_id": USER, "team_id": "t", "data": data}).encode()


def posts() -> Iterator[Posted]:
    """One of each family; a repetition, a change, what cannot be processed, and what has another secret."""
    made_ms = now_ms()
    ids = (new_message_id(made_ms, n.to_bytes(15, "big")) for n in range(100))
    for event_type, data in DATA.items():
        yield Posted(next(ids), body_of(event_type, data))
    again = next(ids)
    yield Posted(again, body_of(SLEEP, LATER))
    yield Posted(again, body_of(SLEEP, LATER))
    yield Posted(next(ids), body_of(SLEEP, []), "dead")
    yield Posted(next(ids), body_of(SLEEP, LATER), "refused", has_secret=False)


def test_each_delivery_has_its_story(settings: Settings, tmp_path: Path) -> None:
    """Endings, places, signatures and verdicts, of each delivery; and of those that were never sent."""
    with startup.start(settings, tmp_path, print) as running, temporary_index() as index:
        sent = list(posts())
        asyncio.run(_post(running, sent))
        committed(running.settings)
        _read(running.settings, index)
        with closing(_asker(running, index)) as asker:
            stories = {one.id: asker.story(one.id) for one in sent}
            never = asker.story(new_message_id(now_ms(), b"n" * 15))
    assert {one.id: str(stories[one.id].ending) for one in sent} == {one.id: one.ending for one in sent}
    assert never.ending == "never_seen"
    assert "gateways were accepting then" in next(step.sentence for step in never.steps if step.kind == "accepting")
    assert {id: story.missing for id, story in stories.items() if story.missing} == {}
    _check_details(sent, stories)


def _check_details(sent: list[Posted], stories: dict[str, Story]) -> None:
    processed = [stories[one.id] for one in sent if one.ending == "processed"]
    for story in processed:
        said = {step.kind: step for step in story.steps}
        assert said["signature"].facts["verdict"] == "verified"
        assert said["processed"].facts["worker"] == "w0"
        assert not [
            step
            for step in story.steps
            if step.kind == "clean" and step.facts["topic"] in _WITH_ID and not step.evidence
        ]
    again = stories[sent[-3].id]
    assert "it came 2 times" in again.sentence
    verdicts = [step.sentence for step in again.steps if step.kind == "verdict"]
    assert verdicts == ["s1 is CHANGED: 1 field (duration_s)", "s1 is SAME"]
    refused = stories[sent[-1].id]
    (attempt,) = [step for step in refused.steps if step.kind == "refused"]
    assert (attempt.facts["status"], attempt.facts["is_signed"]) == (401, False)


_WITH_ID = set(topics.clean_topics()) - {topics.ALERTS, topics.DRIFT}


async def _post(running: stack.Stack, sent: list[Posted]) -> None:
    url = f"{running.gateway_url}/webhooks/{stack.ENDPOINT}"
    for one in sent:
        secret = running.secret if one.has_secret else "whsec_" + "A" * 32
        async with open_courier(Target(url, secret)) as courier:
            status = await courier.insist(one.id, one.body)
        assert status == (204 if one.has_secret else 401)


def _read(settings: Settings, index: TemporaryIndex) -> None:
    """The lineage topic into the index."""
    name = f"{settings.topic_prefix}.{topics.LINEAGE}"
    with closing(Reader(settings, [name], from_beginning=True, is_plain=True)) as reader:
        for decoded in reader.records():
            assert decoded.record is not None
            index.writer.add(rows_of(decoded.record, decoded.partition))
    index.writer.commit()
    index.reached = Reach(first_ms=now_ms() - 600_000, as_of_ms=now_ms() + 600_000, behind_s=0.0)


def _asker(running: stack.Stack, index: TemporaryIndex) -> DeliveryAsker:
    settings = running.settings.model_copy(update={"console_gateways": (running.gateway_admin_url,)})
    doors = Doors(settings)
    known = [KnownSecrets(stack.ENDPOINT, Keyring.parse([running.secret]))]

    def prove(headers: list[tuple[str, bytes]], body: bytes) -> Proof:
        return prove_record(known, headers, body, tolerance_s=settings.signature_tolerance_s)

    return DeliveryAsker(settings, index, prove=prove, refusals=doors.refusals, heartbeats=doors.heartbeats)
