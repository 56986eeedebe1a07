"""Operational webhooks: what Junction's delivery service says about its deliveries to us."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events import Delivery, documented
from streams.events.identity import identify
from streams.events.intake import record_of
from streams.events.record_keys import key_of
from streams.events.types import Family
from streams.letters.explain import explain
from streams.ops import metrics
from streams.ops.errors import Reason, Rejected
from tests.folding import NOW_MS, PREFIX, Worker, raw
from tests.strategies import TEAM, USER, json_values

DELIVERY = Delivery("msg_1", "webhook", "junction", "2026-11-29T18:00:00.000Z", "2026-11-29T18:00:01.000Z")
EXHAUSTED: dict[str, Any] = {
    "type": "message.attempt.exhausted",
    "data": {"appId": "app_1", "endpointId": "ep_1", "msgId": "msg_9", "lastAttempt": {"responseStatusCode": 503}},
}


def test_they_are_kept_passed_on_and_counted() -> None:
    """One record of `other` a delivery, whole and under its type; no drift, no unknown type."""
    worker = Worker()
    (told,) = worker.deliver(EXHAUSTED)
    assert (told.topic, told.key) == ("other", "app_1:msg_1")
    assert (told.record["family"], told.record["action"]) == ("operational", "exhausted")
    assert (told.record["user_id"], told.record["team_id"], told.record["problems"]) == (None, None, [])
    assert told.record["unknown_fields"] is None
    assert json.loads(told.record["payload_json"]) == EXHAUSTED["data"]
    assert worker.drift == []
    assert worker.deliver(EXHAUSTED) == []  # delivered again
    assert worker.counts["operational", "message.attempt.exhausted"] == 2
    assert explain(json.dumps(EXHAUSTED).encode(), prefix=PREFIX, partitions=4).clean_topic == f"{PREFIX}.other"


SVIX = {
    "message.attempt.exhausted": {
        "appId": "app_1srOrx2ZWZBpBUvZwXKQmoEYga2", "appUid": "7c9e", "endpointId": "ep_1srOrx2ZWZBpBUvZwXKQmoEYga2",
        "msgId": "msg_1srOrx2ZWZBpBUvZwXKQmoEYga2", "msgEventId": "e1",
        "lastAttempt": {"id": "atmpt_1srOrx2ZWZBp", "responseStatusCode": 503, "timestamp": "2026-11-29T18:00:00Z"},
    },
    "endpoint.disabled": {
        "appId": "app_1srOrx2ZWZBpBUvZwXKQmoEYga2", "endpointId": "ep_1srOrx2ZWZBpBUvZwXKQmoEYga2",
        "endpointUid": None, "failSince": "2026-11-24T18:00:00Z", "trigger": "automatic",
    },
}  # fmt: skip
SVIX["message.attempt.failing"] = SVIX["message.attempt.recovered"] = SVIX["message.attempt.exhausted"]


@pytest.mark.parametrize("kind", SVIX)
def test_those_of_svix_lie_under_the_application(kind: str) -> None:
    """As Svix publishes them: no user, no team. All of one application are in one partition, and each is counted."""
    body = json.dumps({"type": kind, "data": SVIX[kind]}).encode()
    made = record_of(body, DELIVERY)
    assert (made.topic, made.key, made.reason) == ("raw.other", b"app_1srOrx2ZWZBpBUvZwXKQmoEYga2:other", "")
    assert made.partition_key == "app_1srOrx2ZWZBpBUvZwXKQmoEYga2"
    worker = Worker()
    (told,) = worker.deliver({"type": kind, "data": SVIX[kind]})
    assert told.key == "app_1srOrx2ZWZBpBUvZwXKQmoEYga2:msg_1"
    assert worker.counts["operational", kind] == 1


@pytest.mark.parametrize("app", [None, 7, "", "x" * 2000, {"a": 1}])
def test_an_application_that_is_none(app: object) -> None:
    """Then the type is what it lies under, for the door and for the worker."""
    body = {"type": "endpoint.disabled", "data": {"appId": app}}
    assert record_of(json.dumps(body).encode(), DELIVERY).partition_key == "endpoint.disabled"
    (told,) = Worker().deliver(body)
    assert told.key == "endpoint.disabled:msg_1"


def test_the_other_spelling() -> None:
    """Should they come under `event_type`, as events do, they are the same."""
    (told,) = Worker().deliver({"event_type": EXHAUSTED["type"], "data": EXHAUSTED["data"], "team_id": TEAM})
    assert (told.record["family"], told.key) == ("operational", f"{TEAM}:msg_1")


def test_a_new_one_is_counted_by_a_bounded_label() -> None:
    """Labels are those that Svix documents, and one for the rest, which are drift."""
    worker = Worker()
    for n, kind in enumerate(["endpoint.melted", "message.attempt.lost", "endpoint.disabled"]):
        worker.deliver({"type": kind, "data": None}, id=f"msg_{n}", at_ms=NOW_MS + n)
    assert worker.counts["operational", "other"] == 2
    assert worker.counts["operational", "endpoint.disabled"] == 1
    assert [item.record["kind"] for item in worker.drift] == ["event_type", "event_type"]


def test_the_series_of_alerts_are_there_from_the_start() -> None:
    """A counter that begins at 1 has not increased: those that alerts look at begin at 0."""
    told = {sample.labels["event_type"] for family in metrics.OPERATIONAL.collect() for sample in family.samples}
    assert {"message.attempt.exhausted", "endpoint.disabled"} <= told & documented.OPERATIONAL


@pytest.mark.parametrize("kind", ["sleep", "endpoint", "daily.data.sleep.created", "", 7, None, "raw.x.y"])
def test_any_other_type_is_no_event_type(kind: object) -> None:
    """A `type` counts for these alone: a body without event type stays a dead letter."""
    with pytest.raises(Rejected) as caught:
        identify(json.dumps({"type": kind, "user_id": USER, "data": {}}).encode())
    assert caught.value.reason is Reason.NO_EVENT_TYPE


@given(st.sampled_from(sorted(documented.OPERATIONAL)), json_values, json_values)
def test_whatever_is_in_one_it_has_an_owner(kind: str, data: Any, user: Any) -> None:
    """And one outcome: it leaves, under whom it names or under its type."""
    body = json.dumps({"type": kind, "data": data, "user_id": user}).encode()
    identity = identify(body)
    assert identity.type.family is Family.OPERATIONAL
    assert identity.owner_id
    (told,) = Worker().run(raw(body))
    assert told.key.startswith(key_of(identity.owner_id).decode())
