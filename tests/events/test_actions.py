"""What an action does that Junction does not document, and a body that says nothing: neither changes what is known."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.events import topics
from streams.events.identity import identify
from streams.events.types import parse_type
from streams.letters.explain import explain
from streams.ops.errors import Reason, Rejected
from tests.every_event import EVENT_TYPES, MANY_TESTS, of
from tests.folding import NOW_MS, PREFIX, Worker, raw
from tests.strategies import USER, envelope

LIKE = settings(max_examples=5, suppress_health_check=MANY_TESTS)
# Every documented type, today's and those of older pages (domain file, 2.1, 2.2). `checkout` has no state to change.
DOCUMENTED = {*EVENT_TYPES, "daily.data.workout_stream.unavailable"}
WORDS = ("created", "updated", "deleted", "error", "critical", "changed", "unavailable", "deregistered", "", "Created")
SPELLINGS = {
    "daily.data.meal": "daily.data.meals",
    "daily.data.weight": "daily.data.body_weight",
    "daily.data.hypnogram": "daily.timeseries.hypnogram",
    "daily.data.workout_stream": "daily.workout_stream",
    "provider.device": "daily.data.device",
}


def undocumented(event_type: str) -> st.SearchStrategy[str]:
    """The same thing with an action that no page has, in any of its spellings."""
    thing = event_type.rpartition(".")[0]
    words = st.sampled_from([word for word in WORDS if f"{thing}.{word}" not in DOCUMENTED]) | st.from_regex(
        r"[a-z_]{3,12}", fullmatch=True
    ).filter(lambda word: f"{thing}.{word}" not in DOCUMENTED)
    return st.builds(lambda name, word: f"{name}.{word}", st.sampled_from([thing, SPELLINGS.get(thing, thing)]), words)


def rows(worker: Worker) -> Any:
    """What is known of things. Deliveries are remembered of what has no state."""
    return {table: known for table, known in worker.state.items() if known and table != "deliveries"}


def bare(event: dict[str, Any]) -> dict[str, Any]:
    """With the ids of its thing and nothing else."""
    data = event["data"]
    if type(data) is not dict:
        return event
    kept = ("id", "user_id", "order_id", "workout_id", "source", "provider", "updated_at")
    return {**event, "data": {name: data[name] for name in kept if name in data}}


@pytest.mark.parametrize("event_type", [one for one in EVENT_TYPES if not one.startswith("checkout.")])
def test_an_action_that_nobody_documents_changes_nothing(event_type: str) -> None:
    """Whatever family and resource, and whichever raw topic it lies in: kept in `other`, reported, no row changed."""

    @LIKE
    @given(of(event_type), undocumented(event_type), st.booleans(), st.booleans())
    def law(event: dict[str, Any], other_type: str, is_bare: bool, is_old: bool) -> None:
        worker, own_topic = Worker(), f"{PREFIX}.{topics.raw_topic(parse_type(event_type))}"
        worker.deliver(event)
        known = rows(worker)
        other = {**(bare(event) if is_bare else event), "event_type": other_type}
        # Older versions put it into the raw topic of its thing, where a replay finds it.
        (told,) = worker.deliver(other, id="msg_2", at_ms=NOW_MS + 1, topic=own_topic if is_old else "")
        assert (told.topic, told.record["delivery"]["event_type"]) == ("other", other_type)
        assert rows(worker) == known
        assert [item.record["kind"] for item in worker.drift if item.record["kind"] == "event_type"] == ["event_type"]
        assert explain(json.dumps(other).encode(), prefix=PREFIX, partitions=4).clean_topic == f"{PREFIX}.other"

    law()


def test_a_workout_outlives_a_word_that_nobody_documents() -> None:
    """`workouts.deleted` is passed on with its resource and action, for those who know what it means."""
    worker = Worker()
    workout = {
        "id": "w1",
        "title": "Morning walk",
        "distance": 1500.0,
        "source": {"provider": "garmin", "type": "watch"},
    }
    worker.deliver(envelope("daily.data.workouts.created", workout))
    gone = envelope("daily.data.workouts.deleted", {"id": "w1", "source": workout["source"]})
    (told,) = worker.deliver(gone, id="msg_2", at_ms=NOW_MS + 1)
    assert (told.record["resource"], told.record["action"], told.record["id"]) == ("workouts", "deleted", "w1")
    assert worker.deliver(envelope("daily.data.workouts.updated", workout), id="msg_3", at_ms=NOW_MS + 2) == []  # SAME


def test_a_user_who_left_is_not_connected_by_the_news_of_it() -> None:
    """No link is implied by an event that may say that there is none any more."""
    worker, data = Worker(), {"user_id": USER, "provider": "oura", "source": {"provider": "oura", "type": "ring"}}
    for n, kind in enumerate(
        ["provider.connection.deleted", "provider.connection.deregistered", "daily.data.sleep.deleted"]
    ):
        worker.deliver(envelope(kind, data), id=f"msg_{n}")
    assert worker.tables["connections"] == {}


NOTHING = {
    "daily.data.workouts.updated": {"id": "w1", "source": {"provider": "garmin", "type": "watch"}},
    "daily.data.profile.updated": {"id": "p1", "source": {"provider": "garmin"}, "created_at": "2026-06-03T10:00:00Z"},
    "daily.data.sleep_cycle.created": {"id": "c1", "source_provider": "oura", "source_type": "ring"},
    "provider.device.updated": {"id": "d1", "user_id": USER, "updated_at": "2026-06-03T10:00:00Z"},
    "labtest.order.updated": {"id": "o1", "user_id": USER, "updated_at": "2026-06-03T10:00:00Z"},
    "labtest.order_tracking.updated": {"order_id": "o1"},
}


@pytest.mark.parametrize("event_type", NOTHING)
def test_a_body_with_an_id_and_nothing_else_is_no_version(event_type: str) -> None:
    """Documented bodies name their fields, null or not: one that names none would empty its thing, so it is refused."""
    worker, body = Worker(), json.dumps(envelope(event_type, NOTHING[event_type])).encode()
    with pytest.raises(Rejected) as caught:
        worker.run(raw(body))
    assert (caught.value.reason, caught.value.detail) == (Reason.BAD_SHAPE, "$.data: nothing but an id")
    assert rows(worker) == {}
    assert identify(body).user_id == USER
    assert explain(body, prefix=PREFIX, partitions=4).reason == Reason.BAD_SHAPE


@pytest.mark.parametrize(
    ("event_type", "data"),
    [
        ("daily.data.profile.updated", {"id": "p1", "height": None, "source": {"provider": "garmin"}}),
        ("daily.data.workout_stream.created", {"workout_id": "w1", "source": {"provider": "garmin"}}),
        ("provider.device.created", {"id": "d1", "provider": "oura", "source_type": "ring"}),
        ("labtest.result.critical", {"order_id": "o1", "sample_id": "s1", "status": "final"}),
    ],
)
def test_a_small_body_may_say_all_that_there_is(event_type: str, data: dict[str, Any]) -> None:
    """A null is said; a notice is its id, a device may be its provider alone, a result its status."""
    assert Worker().deliver(envelope(event_type, data))
