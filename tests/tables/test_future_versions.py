"""Times from the future: an `updated_at`, or a delivery's own time, well after it came decides nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.tables import verdicts
from streams.tables.connections import decode as link_of
from streams.tables.keys import state_key
from streams.tables.provenance import provenance_of
from streams.tables.verdicts import NEVER_US, SKEW_MS, Verdict, Version, judge, stored
from tests.agents.test_laws import _end
from tests.every_event import events
from tests.folding import NOW_MS, Clean, Worker, raw
from tests.strategies import USER, envelope

SOURCE = {"provider": "garmin", "type": "watch"}
SAID = "$.data.updated_at: after its delivery"
# A body of each kind of thing that has a version of its own.
THINGS: dict[str, dict[str, Any]] = {
    "daily.data.workouts.updated": {"id": "w1", "source": SOURCE, "title": "x"},
    "daily.data.profile.updated": {"id": "p1", "source": SOURCE, "height": 180},
    "provider.device.updated": {"id": "d1", "provider": "garmin", "source_type": "watch", "device_model": "x"},
    "labtest.order.updated": {"id": "o1", "status": "received"},
    "labtest.result.critical": {"order_id": "o1", "sample_id": "s1", "status": "final"},
    "lab_report.parsing_job.updated": {"id": "j1", "status": "completed"},
}
NAMES = {"provider.device.updated": "device_model", "daily.data.profile.updated": "gender"}


def at(ms: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)).isoformat()


def told(worker: Worker, event_type: str, word: str, updated_ms: int, at_ms: int) -> list[Clean]:
    name = NAMES.get(event_type, "title" if "workouts" in event_type else "interpretation")
    body = {**THINGS[event_type], name: word, "updated_at": at(updated_ms)}
    return [
        clean
        for clean in worker.deliver(envelope(event_type, body), id=f"msg_{word}", at_ms=at_ms)
        if clean.topic != "connections"
    ]


@pytest.mark.parametrize("event_type", THINGS)
def test_a_version_from_the_future_is_none(event_type: str) -> None:
    """It leaves, with a problem and its words as they were said; the next version replaces it, whenever it was made."""
    worker = Worker()
    (wrong,) = told(worker, event_type, "wrong", NOW_MS + 10 * 365 * 86_400_000, NOW_MS)
    assert (wrong.record["version"]["updated_at"], wrong.record["problems"]) == (None, [SAID])
    assert wrong.record["updated_at"] is not None
    (right,) = told(worker, event_type, "right", NOW_MS - 1000, NOW_MS + 60_000)
    assert (right.record["verdict"], right.record["problems"]) == (Verdict.CHANGED, [])
    assert told(worker, event_type, "again", NOW_MS + 10 * 365 * 86_400_000, NOW_MS + 70_000) == []  # STALE
    assert any(item.record["kind"] == "shape" for item in worker.drift)


@pytest.mark.parametrize(("ahead_ms", "is_version"), [(-1, True), (SKEW_MS, True), (SKEW_MS + 1, False)])
def test_clocks_may_differ_a_little(ahead_ms: int, is_version: bool) -> None:
    """Up to what Svix allows clocks to differ, a time after the delivery is a version."""
    (clean,) = told(Worker(), "daily.data.workouts.updated", "x", NOW_MS + ahead_ms, NOW_MS)
    assert (clean.record["version"]["updated_at"] is not None) is is_version


def test_a_stored_version_from_the_future_counts_no_more() -> None:
    """State that an older version wrote is read by the same rule: both of its times are there."""
    far = Version((NOW_MS + 10**12) * 1000, NOW_MS, 7)
    state = judge(None, far, b"{}").state
    assert state is not None
    assert stored(state).version == Version(NEVER_US, NOW_MS, 7)
    judged = judge(state, Version(NOW_MS * 1000, NOW_MS - 5, 8), b'{"a":1}')
    assert judged.verdict is Verdict.CHANGED


ahead = st.sampled_from([0, 1, SKEW_MS, SKEW_MS + 4_000_000, 10**12])


@st.composite
def _hasty(draw: st.DrawFn) -> dict[str, Any]:
    """A valid event of any type whose `updated_at`, if it can have one, may be after its delivery."""
    event: dict[str, Any] = draw(events)
    if type(event["data"]) is not dict or ("source" not in event["data"] and "id" not in event["data"]):
        return event
    return {**event, "data": {**event["data"], "updated_at": at(NOW_MS + draw(ahead))}}


@settings(max_examples=60)
@given(st.lists(_hasty(), min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_order_and_repetition_are_still_forgotten(said: list[Any], random: Any) -> None:
    """With such bodies among them deliveries end the same, however they are shuffled and repeated."""
    once = [(event, NOW_MS + 1000 * (n // 2), f"msg_{n}") for n, event in enumerate(said)]
    again = [*once, *random.sample(once, random.randint(0, len(once)))]
    random.shuffle(again)
    assert _end(again) == _end(once)


def test_a_delivery_is_not_made_after_it_came() -> None:
    """Its own time orders versions of what has no other: one that claims next year counts as made when it came."""
    body = b'{"event_type":"provider.connection.created","user_id":"u","data":{"provider":"oura"}}'
    later = at(NOW_MS + 10**10)
    how = provenance_of(raw(body, headers={"ce_time": later}))
    assert (how.at_ms, how.created_ms) == (NOW_MS, NOW_MS + 10**10)
    assert provenance_of(raw(body, headers={"ce_time": at(NOW_MS + SKEW_MS)})).at_ms == NOW_MS + SKEW_MS
    without = raw(body, headers={"ce_time": later, "ce_receivedtime": ""})
    assert provenance_of(without).at_ms == without.timestamp
    assert provenance_of(without._replace(timestamp=-1)).at_ms == NOW_MS + 10**10  # no time of Kafka's to compare with


def test_an_error_from_the_future_does_not_break_a_link_for_ever() -> None:
    """A later `created` mends it."""
    worker, data = Worker(), {"provider": "oura", "error_type": "unknown"}
    worker.deliver(envelope("provider.connection.error", data), headers={"ce_time": at(NOW_MS + 10**12)})
    worker.deliver(envelope("provider.connection.created", {"provider": "oura"}), id="msg_2", at_ms=NOW_MS + 1000)
    assert link_of(worker.tables["connections"][state_key(USER, "oura")]).status == "connected"
    assert verdicts.is_ahead((NOW_MS + 10**12) * 1000, NOW_MS)
