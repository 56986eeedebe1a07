"""A delivery that its sender named counts once, through whichever door; what we named by its content does not."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.events import topics
from streams.events.doors import PIPELINES, DoorName
from streams.ops.errors import Rejected
from tests.every_event import events
from tests.folding import NOW_MS, Clean, RawRecord, Worker, raw
from tests.strategies import envelope

SOURCE = {"provider": "oura", "type": "ring"}
CONTENT = "sha256:" + "ab" * 32
doors = st.sampled_from(sorted(PIPELINES))


def pushed(event: Any, name: str, at_ms: int = NOW_MS, door: str = DoorName.RABBITMQ) -> RawRecord:
    """The record that a pipeline's door makes. `name`: what the publisher called the message."""
    id = f"{event['event_type']}/{name}"
    return raw(json.dumps(event).encode(), at_ms=at_ms, id=id, headers={"ce_door": door})


def named_by_us(event: Any, at_ms: int) -> RawRecord:
    return raw(json.dumps(event).encode(), at_ms=at_ms, id=CONTENT, headers={"ce_door": DoorName.RABBITMQ})


def weight(kg: float) -> dict[str, Any]:
    return envelope("daily.data.body.created", {"id": "1", "source": SOURCE, "weight": kg})


def pulse(bpm: int) -> dict[str, Any]:
    samples = [{"timestamp": "2026-06-03T10:00:00Z", "unit": "bpm", "value": bpm}]
    return envelope("daily.data.heartrate.created", {"source": SOURCE, "data": samples})


def end_of(records: list[RawRecord]) -> Any:
    """Tables, and of each key the content of its last record."""
    worker, last = Worker(), {}
    for record in records:
        for topic, key, row in worker.run(record):
            if topic == topics.OTHER:  # no state: each id leaves once
                last[topic, key, row["delivery"]["id"]] = row["version"]["content_hash"]
            elif "delivery" in row and "part" not in row:
                last[topic, key, row["resource"], row["id"]] = row["version"]["content_hash"]
    return worker.state, last


@settings(max_examples=40)
@given(st.lists(events, min_size=1, max_size=4), doors, st.randoms(use_true_random=False))
def test_order_and_repetition_are_forgotten(said: list[Any], door: str, random: Any) -> None:
    """While a team is double-written, each event comes by webhook and pipeline; however both are shuffled and repeated,
    tables end the same, and of each key the last record."""
    once = []
    for n, event in enumerate(said):
        at_ms = NOW_MS + 1000 * (n // 2)
        once.append(raw(json.dumps(event).encode(), at_ms=at_ms, id=f"msg_{n}"))
        once.append(pushed(event, f"k{n}", at_ms + random.randint(0, 3), door))
    again = [*once, *random.choices(once, k=len(once))]
    random.shuffle(again)
    assert end_of(again) == end_of(once)


@settings(max_examples=40)
@given(st.lists(events, min_size=2, max_size=4), doors, doors, st.integers(0, 3))
def test_what_is_published_again_changes_nothing(said: list[Any], door: str, other: str, which: int) -> None:
    """The transport's time of the second publishing is later than all that came meanwhile; it is the same event."""
    worker = Worker()
    for n, event in enumerate(said):
        worker.run(pushed(event, f"k{n}", NOW_MS + n, door))
    before, n = worker.state, which % len(said)
    assert worker.run(pushed(said[n], f"k{n}", NOW_MS + 60_000, other)) == []
    assert worker.state == before


@pytest.mark.parametrize("of", [weight, pulse])
def test_an_older_event_that_is_published_again_wins_over_nothing(of: Any) -> None:
    """It counts as one repetition, and the next newer event is compared with what was newest."""
    worker = Worker()
    worker.run(pushed(of(70), "a", NOW_MS))
    worker.run(pushed(of(71), "b", NOW_MS + 1))
    counts = dict(worker.counts)
    assert worker.run(pushed(of(70), "a", NOW_MS + 2)) == []
    (name,) = [name for name, n in worker.counts.items() if n != counts.get(name, 0)]
    assert (name[0], name[3], worker.counts[name]) == ("verdicts", "SAME", 1)
    assert [clean.record["verdict"] for clean in news(worker.run(pushed(of(72), "c", NOW_MS + 3)))] == ["CHANGED"]


def news(told: list[Clean]) -> list[Clean]:
    return [clean for clean in told if "verdict" in clean.record]


@pytest.mark.parametrize("of", [weight, pulse])
def test_a_value_may_go_back_to_what_it_was(of: Any) -> None:
    """An id that was made of the content is the same then, and no repetition: versions decide, no id is kept."""
    worker = Worker()
    verdicts = [news(worker.run(named_by_us(of(kg), NOW_MS + n)))[0].record for n, kg in enumerate((70, 71, 70))]
    assert [record["verdict"] for record in verdicts] == ["NEW", "CHANGED", "CHANGED"]
    assert worker.tables["deliveries"] == {}


@pytest.mark.parametrize("id", ["checkout.quote.created/k1", CONTENT])
@pytest.mark.parametrize("door", sorted(PIPELINES))
def test_an_event_without_a_key_leaves_once(id: str, door: str) -> None:
    """It is not taken for its own repetition, and it has one row."""
    worker, body = Worker(), json.dumps(envelope("checkout.quote.created", {"id": "q"})).encode()
    told = [worker.run(raw(body, at_ms=NOW_MS + n, id=id, headers={"ce_door": door})) for n in range(3)]
    assert [len(clean) for clean in told] == [1, 0, 0]
    assert len(worker.tables["deliveries"]) == 1


def test_a_name_is_one_of_its_user() -> None:
    """A sender's key is unique for one user and type only (domain file, section 8)."""
    worker = Worker()
    assert worker.run(pushed(weight(70), "a"))
    assert worker.run(pushed({**weight(70), "user_id": "another"}, "a"))
    assert worker.run(pushed(pulse(70), "a"))


def test_a_rejected_event_leaves_no_name() -> None:
    """Its letter can be redriven under the same id, when a newer version can read it."""
    worker = Worker()
    with pytest.raises(Rejected):
        worker.run(pushed(envelope("daily.data.body.created", {"source": SOURCE}), "a"))
    assert worker.state == {}
    assert worker.run(pushed(weight(70), "a"))


@pytest.mark.parametrize("door", [DoorName.WEBHOOK, DoorName.API])
def test_other_doors_keep_no_ids_of_data(door: str) -> None:
    """Their times are those of the event, so versions are enough; the hottest path writes no row more."""
    worker = Worker()
    worker.run(pushed(weight(70), "a", door=door))
    worker.run(pushed(pulse(70), "b", door=door))
    assert worker.tables["deliveries"] == {}
