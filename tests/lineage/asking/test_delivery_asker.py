"""Stories of deliveries on a real Kafka: records, topics made anew, groups, letters; and with each part of it away."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from streams.events import topics
from streams.events.times import DAY_MS, HOUR_MS
from streams.kafka.login.librdkafka import for_librdkafka
from streams.lineage.asking.delivery_asker import NO_GATEWAYS
from streams.lineage.asking.raw_look import NO_SECRETS
from streams.lineage.delivery.facts import DoorAttempt, DoorLook, Heartbeats
from streams.lineage.known import Reach
from streams.ops.errors import Misconfigured, Unavailable
from tests.agents.test_privacy import DATA, MARKERS, planted
from tests.agents.test_privacy import told as has_marker
from tests.lineage.asking.yard import BROKEN, SECRET, Yard, body_of, kinds, new_id, now_ms, proves, step


def test_a_delivery_from_door_to_readers(yard: Yard) -> None:
    """Raw record, signature, clean records and who has read them, each found where it lies; no value on the way."""
    id = new_id()
    row = yard.process(yard.store(id))
    (offset,) = (at for topic, at in yard.emitted if topic == "sleep")
    sink, own = f"{yard.settings.group_id}-sink-postgres", yard.settings.group_id
    for group, topic, at in (
        (f"{own}-ehr", "sleep", offset + 1), (f"{own}-warehouse", "sleep", max(offset - 2, 0)),
        (sink, "sleep", offset + 1), (f"{own}-other", "glucose", 0),
    ):  # fmt: skip
        yard.commit(group, topic, row.partition, at)
    story = yard.story(id)
    assert story.ending == "processed"
    assert story.missing == (NO_GATEWAYS,)
    assert step(story, "stored").evidence == (f"raw.summaries {row.partition}:{row.offset}",)
    signature = step(story, "signature")
    assert (signature.facts["verdict"], signature.facts["owner"]) == ("verified", "junction")
    assert SECRET not in json.dumps(story.as_json())
    (clean,) = [one for one in story.steps if one.facts.get("topic") == "sleep" and one.kind == "clean"]
    assert clean.evidence == (f"sleep {row.partition}:{offset}",)
    assert clean.facts["found"][0]["verdict"] == "NEW"
    read = {one.facts["group"]: one for one in story.steps if one.kind == "read" and one.facts["group"].startswith(own)}
    to_go = {f"{own}-ehr": 0, f"{own}-warehouse": offset + 1 - max(offset - 2, 0), sink: 0}
    assert {name: one.facts["to_go"] for name, one in read.items()} == to_go
    assert "its own position is in its database" in read[sink].sentence


def test_how_long_after_a_group_had_read_it(yard: Yard) -> None:
    """Who looks now and then can say by when; of what was read before the first look only that it was."""
    id = new_id()
    row = yard.process(yard.store(id))
    (offset,) = (at for topic, at in yard.emitted if topic == "sleep")
    late, early = f"{yard.settings.group_id}-late", f"{yard.settings.group_id}-early"
    yard.commit(late, "sleep", row.partition, offset)
    yard.commit(early, "sleep", row.partition, offset + 1)
    with yard.asker() as asker:
        asker._groups.see()
        yard.commit(late, "sleep", row.partition, offset + 1)
        asker._groups.see()
        steps = {one.facts.get("group"): one for one in asker.story(id).steps}
    assert steps[early].at_ms is None
    assert steps[late].at_ms is not None
    assert "was seen behind it in sleep, " in steps[late].sentence


def test_groups_are_watched_by_themselves(yard: Yard) -> None:
    """With a time between looks a thread looks, and ends with the asker."""
    before = threading.active_count()
    with yard.asker(watch_groups_s=0.01) as asker:
        assert asker._groups._watcher.is_alive()
    assert not asker._groups._watcher.is_alive()
    assert threading.active_count() <= before


def test_values_only_where_they_are_asked_for(yard: Yard) -> None:
    """A marker in every kind of place: none is told, and all that are clean data are with the flag."""
    data = DATA["daily.data.sleep.created"]
    body = body_of(data=planted(planted(data, ("type",), MARKERS[2]), ("duration",), float(MARKERS[3])))
    samples = {"source": DATA["daily.data.heartrate.created"]["source"], "data": [
        {"timestamp": "2026-06-03T06:15:00+00:00", "value": float(MARKERS[3]), "unit": MARKERS[2], "type": MARKERS[2]}
    ]}  # fmt: skip
    broken = BROKEN.replace(b"[]", b'"%s"' % MARKERS[0].encode())
    bodies = {new_id(0): body, new_id(1): body_of("daily.data.heartrate.created", samples), new_id(2): broken}
    for id, stored in bodies.items():
        yard.process(yard.store(id, stored))
        assert not has_marker(json.dumps(yard.story(id).as_json()))
        assert has_marker(json.dumps(yard.story(id, show_values=True).as_json())) == (stored != broken)
    (clean,) = [one for one in yard.story(list(bodies)[1]).steps if one.facts.get("topic") == "heartrate"]
    assert (clean.facts["found"][0]["unit"], clean.facts["found"][0]["samples"]) == ("bpm", 1)


def test_a_dead_letter_and_what_a_redrive_would_do(yard: Yard) -> None:
    """It would die again, for the same reason; one whose bytes are gone cannot go back."""
    id = new_id()
    row = yard.process(yard.store(id, BROKEN))
    assert row.reason
    story = yard.story(id)
    assert story.ending == "dead"
    assert "would die again" in step(story, "redrive").sentence
    _delete(yard, topics.DEAD_LETTERS, row.partition, yard.emitted[0][1] + 1)
    gone = yard.story(id)
    assert gone.ending == "dead"
    assert any("has gone" in one for one in gone.missing)


def test_as_many_letters_are_read_as_arrivals(yard: Yard) -> None:
    """An id that died very often: the newest letters are told and the rest counted; another delivery's letter that has
    the place of one of its rows is none of them."""
    id = new_id()
    row = yard.process(yard.store(id, BROKEN))
    (own,) = yard.index.letters_of_delivery(id)
    for n in range(12):
        yard.index.writer.add_letter(replace(own, offset=1_000 + n, raw_offset=-1, dead_ms=own.dead_ms + 1 + n))
    yard.index.writer.add_letter(replace(own, offset=2_000, delivery_id="msg_other", dead_ms=own.dead_ms + 50))
    yard.index.writer.commit()
    story = yard.story(id)
    evidence = [one for each in story.steps for one in each.evidence]
    assert f"dead_letters {row.partition}:{own.offset}" in evidence
    assert f"dead_letters {row.partition}:1002" in evidence
    assert f"dead_letters {row.partition}:1001" not in evidence
    assert f"dead_letters {row.partition}:2000" not in evidence
    assert "2 older dead letters of it left out" in story.missing


def test_the_same_id_twice(yard: Yard) -> None:
    """Both arrivals are told, each with its own raw place and its own clean records."""
    id = new_id()
    rows = [yard.process(yard.store(id)) for _ in range(2)]
    story = yard.story(id)
    stored = [one.evidence[0] for one in story.steps if one.kind == "stored"]
    assert stored == [f"raw.summaries {row.partition}:{row.offset}" for row in rows]
    assert story.sentence.endswith("it came 2 times")


def _delete(yard: Yard, topic: str, partition: int, before: int) -> None:
    """As retention does."""
    client = AdminClient(for_librdkafka(yard.settings) | {"log_level": 0})
    for one in client.delete_records([TopicPartition(yard.full(topic), partition, before)]).values():
        one.result()


def test_an_expired_original(yard: Yard) -> None:
    """The row is what is left, and its clean records."""
    id = new_id()
    row = yard.process(yard.store(id))
    yard.store(new_id(1))
    _delete(yard, "raw.summaries", row.partition, row.offset + 1)
    story = yard.story(id)
    assert story.ending == "expired"
    assert "it has expired" in step(story, "gone").sentence
    assert step(story, "clean").evidence


def test_never_another_record(yard: Yard) -> None:
    """A topic that was made anew: its record at the same offset is not shown, nor is one that is not there yet."""
    id, other = new_id(), yard.store(new_id(1)).record
    row = yard.process(yard.store(id))
    yard.told(replace(row, offset=other.offset, processed_ms=row.processed_ms + 1))
    yard.told(replace(row, offset=10_000, processed_ms=row.processed_ms + 2))
    story = yard.story(id)
    assert [one.kind for one in story.steps if one.kind in ("stored", "gone")] == ["stored", "gone", "gone"]
    assert [one.sentence.count("made anew") for one in story.steps if one.kind == "gone"] == [1, 1]


def test_one_of_two_has_expired(yard: Yard) -> None:
    """The same id twice: the second is still there, and is read though the first is not."""
    id = new_id()
    rows = [yard.process(yard.store(id)) for _ in range(2)]
    _delete(yard, "raw.summaries", rows[0].partition, rows[0].offset + 1)
    story = yard.story(id)
    assert story.ending == "processed"
    assert [one.kind for one in story.steps if one.kind in ("stored", "gone")] == ["gone", "stored"]


def test_clean_records_that_have_gone(yard: Yard) -> None:
    """They are counted by the row, and their places are said to be gone."""
    id = new_id()
    row = yard.process(yard.store(id))
    _delete(yard, "sleep", row.partition, yard.emitted[0][1] + 1)
    story = yard.story(id)
    assert story.ending == "processed"
    assert any("0 of 1 records in sleep" in one for one in story.missing)


def test_never_seen(yard: Yard) -> None:
    """Neither in the index nor behind it. What was refused is another ending, with its attempts."""
    yard.workers_passed(yard.store(new_id(1)))
    id = new_id()
    beats = Heartbeats(now_ms() - 1000, 0, now_ms() - 1000)
    story = yard.story(id, heartbeats=lambda at_ms: beats)
    assert story.ending == "never_seen"
    assert kinds(story)[:3] == ["made", "accepting", "next_try"]
    attempt = DoorAttempt(
        at_ms=now_ms(), gateway="g", endpoint="e", outcome="unavailable", status=503, body_bytes=1, is_signed=True
    )  # fmt: skip
    refused = yard.story(id, refusals=lambda asked: DoorLook(attempts=(attempt,)))
    assert refused.ending == "refused"


def test_the_portal_is_asked_for_only_when_nothing_comes_any_more(yard: Yard) -> None:
    """Its address logs somebody in: it is not made for each question."""
    asked: list[str] = []

    def portal() -> str:
        asked.append("portal")
        return "https://portal"

    yard.index.reached = replace(yard.index.reached, first_ms=now_ms() - 10 * DAY_MS)
    yard.story(new_id(), portal=portal)
    assert not asked
    story = yard.story(new_id(age_ms=3 * DAY_MS), portal=portal)
    assert asked
    assert "https://portal" in [evidence for one in story.steps for evidence in one.evidence]


def test_an_index_that_is_behind(yard: Yard) -> None:
    """Never seen is not said of a time that is not read yet."""
    yard.index.reached = Reach(first_ms=now_ms() - DAY_MS, as_of_ms=now_ms() - 12_000, behind_s=12.0)
    story = yard.story(new_id())
    assert story.ending == "cannot_tell"
    assert any("the index is 12 s behind" in one for one in story.missing)


def test_a_row_that_comes_into_the_index_meanwhile(yard: Yard) -> None:
    """It is asked again once it has read what was processed before the question."""
    id, stored = new_id(), yard.store(new_id(3))
    row = yard.process(stored)
    yard.workers_passed(stored)
    behind = replace(yard.index.reached, as_of_ms=now_ms() - 1000)
    reached: list[Reach] = [behind] * 3

    class Late:
        def __getattr__(self, name: str) -> Any:
            return getattr(yard.index, name)

        def reach(self) -> Reach:
            if not reached:
                return replace(behind, as_of_ms=now_ms() + HOUR_MS)
            if len(reached) == 1:
                yard.told(replace(row, delivery_id=id, offset=row.offset))
            return reached.pop()

    with yard.asker() as asker:
        asker._index = Late()
        assert asker.story(id).ending in ("processed", "expired")


def test_a_body_of_16_mib(yard: Yard) -> None:
    """The largest that a door takes is read, verified and told like any other."""
    id = new_id()
    large = body_of(data={**DATA["daily.data.sleep.created"], "more": "x" * (16 * 1024 * 1024 - 2_000)})
    yard.told(replace(yard.process(yard.store(new_id(1))), delivery_id=id, offset=yard.store(id, large).record.offset))
    story = yard.story(id)
    assert step(story, "stored").facts["size_bytes"] == len(large)
    assert step(story, "signature").facts["verdict"] == "verified"


def test_a_secret_that_is_gone(yard: Yard) -> None:
    """Another secret proves nothing, and without any that is said."""
    id = new_id()
    yard.process(yard.store(id))
    other = proves(["whsec_" + "A" * 32])
    assert "is not proved" in step(yard.story(id, prove=other), "signature").sentence
    assert NO_SECRETS in yard.story(id, prove=None).missing

    def fails(headers: Any, body: bytes) -> Any:
        raise Misconfigured("the file of secrets cannot be read")

    assert any("the file of secrets" in one for one in yard.story(id, prove=fails).missing)


def test_the_registry_is_away(yard: Yard) -> None:
    """Clean records are found by their bytes, and are told without what their schema would say."""
    id = new_id()
    row = yard.process(yard.store(id))
    yard.settings = yard.settings.model_copy(update={"registry_url": "http://127.0.0.1:9"})
    story = yard.story(id)
    assert story.ending == "processed"
    assert f"sleep {row.partition}:{yard.emitted[0][1]}" in [
        evidence for one in story.steps for evidence in one.evidence
    ]
    assert any("not decoded" in one for one in story.missing)


def test_kafka_is_away(yard: Yard) -> None:
    """What the index knows is told, and each part that is in Kafka is said to be missing."""
    id = new_id()
    yard.process(yard.store(id))
    yard.settings = yard.settings.model_copy(update={"bootstrap_servers": "127.0.0.1:9"})
    story = yard.story(id)
    assert story.ending == "processed"
    assert [one.split(":")[0] for one in story.missing if one != NO_GATEWAYS] == [
        "the original cannot be read", "clean records cannot be read",
    ]  # fmt: skip
    absent = yard.story(new_id(1))
    assert absent.ending == "cannot_tell"
    assert any("raw topics cannot be searched" in one for one in absent.missing)


def test_gateways_and_index_are_away(yard: Yard) -> None:
    """A sentence for each, and the rest of the answer: found in the raw topic without any row."""

    def away(*_: Any) -> Any:
        raise Unavailable("nobody is there")

    id = new_id()
    yard.workers_passed(yard.store(id))

    class Broken:
        def __getattr__(self, name: str) -> Any:
            return away

    with yard.asker(refusals=away, heartbeats=away) as asker:
        asker._index = Broken()
        story = asker.story(id)
        assert story.ending == "processed"
        assert "nobody is there" in story.missing
        assert asker.story(new_id(1)).ending == "cannot_tell"


@pytest.mark.parametrize("text", ["", "\0", "../../x", "\ud800", "a" * 1_000_000, "no-such-thing"])
def test_what_is_no_id(yard: Yard, text: str) -> None:
    """A sentence that says which forms there are; an id of no known form is looked up before."""
    with pytest.raises(Misconfigured, match="Ids of deliveries are"):
        yard.story(text)


def test_an_id_of_no_known_form_is_found(yard: Yard) -> None:
    """A sender may call its deliveries as it likes."""
    yard.process(yard.store("no-such-thing"))
    assert yard.story("no-such-thing").ending == "processed"


def test_many_at_once(yard: Yard) -> None:
    """Eight threads over one asker get what one gets."""
    ids = [new_id(n) for n in range(12)]
    for id in ids:
        yard.process(yard.store(id))
    yard.commit(f"{yard.settings.group_id}-ehr", "sleep", 0, 1)
    with yard.asker() as asker, ThreadPoolExecutor(8) as pool:
        alone = [asker.story(id) for id in ids]
        together = list(pool.map(asker.story, ids * 3))
    assert together == alone * 3
