"""Laws over events of every type: none is unknown, none is lost, order and repetition are forgotten."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.events import topics
from streams.events.identity import identify
from streams.events.resources import RESOURCES
from streams.events.types import Family, parse_type
from streams.kafka.codec import parsed
from streams.letters.explain import explain
from streams.ops.errors import Rejected
from streams.payloads.decode import decode
from streams.payloads.envelope import read
from streams.payloads.series import Series
from streams.tables import samples
from tests.every_event import EVENT_TYPES, MANY_TESTS, damaged, events, generations, of
from tests.folding import NOW_MS, PREFIX, Clean, Worker, raw
from tests.strategies import envelope

pytestmark = pytest.mark.filterwarnings("error")
LIKE = settings(max_examples=4, suppress_health_check=MANY_TESTS)


def bytes_of(event: Any) -> bytes:
    return json.dumps(event).encode()


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_every_type_is_understood(event_type: str) -> None:
    """A documented event of any type has a route and a schema, leaves no unknown field, no problem and no drift."""

    @LIKE
    @given(of(event_type))
    def law(event: dict[str, Any]) -> None:
        worker = Worker()
        told = worker.deliver(event)
        assert parse_type(event_type).family is not Family.UNKNOWN
        assert worker.drift == []
        *_, (topic, _, record) = told
        assert parsed(topics.clean_topics()[topic])
        assert record.get("problems", []) == []
        assert record.get("unknown_fields") is None
        assert explain(bytes_of(event), prefix=PREFIX, partitions=4).clean_topic == f"{PREFIX}.{topic}"

    law()


def content(clean: Clean) -> Any:
    """What a record says, apart from how its event was written."""
    said = {name: value for name, value in clean.record.items() if name not in ("client_user_id", "team_id")}
    return clean.topic, clean.key, said


@given(events)
def test_generations_mean_the_same(event: dict[str, Any]) -> None:
    """An event in the shapes of three generations leaves as the same records, under the same keys."""
    now, *before = ([content(clean) for clean in Worker().deliver(one)] for one in generations(event))
    assert all(_without_payload(then) == _without_payload(now) for then in before)


def _without_payload(told: list[Any]) -> list[Any]:
    """Lab events keep their payload as it came, with the user in it or not."""
    return [(topic, key, {**said, "payload_json": None, "version": None}) for topic, key, said in told]


@given(damaged())
def test_damage_has_one_outcome(event: bytes) -> None:
    """Whatever is anywhere in an event, it is processed or Rejected, and explain says which."""
    explained = explain(event, prefix=PREFIX, partitions=4)
    if not explained.raw_topic:
        with pytest.raises(Rejected):
            identify(event)
        return
    assert explained.reason == refusal(event)


def refusal(event: bytes) -> str:
    """The reason for which a worker refuses it; "" where it does not."""
    try:
        Worker().run(raw(event))
    except Rejected as rejection:
        return str(rejection.reason)
    return ""


deliveries = st.lists(events, min_size=1, max_size=5)


@settings(max_examples=60)
@given(deliveries, st.randoms(use_true_random=False))
def test_order_and_repetition_are_forgotten(said: list[Any], random: Any) -> None:
    """However deliveries are shuffled and repeated, tables end the same, and of each key the last record."""
    once = [(event, NOW_MS + 1000 * (n // 2), f"msg_{n}") for n, event in enumerate(said)]
    again = [*once, *random.sample(once, random.randint(0, len(once)))]
    random.shuffle(again)
    assert _end(again) == _end(once)


def _end(said: list[Any]) -> Any:
    worker, last = Worker(), {}
    for event, at_ms, id in said:
        for topic, key, record in worker.deliver(event, at_ms=at_ms, id=id):
            if topic == topics.OTHER:  # no state: each delivery leaves once
                last[topic, key, record["delivery"]["id"]] = record["version"]["content_hash"]
            elif "delivery" in record and "part" not in record:
                last[topic, key, record["resource"], record["id"]] = record["version"]["content_hash"]
    return worker.state, last


@settings(max_examples=60)
@given(deliveries)
def test_folding_again_changes_nothing(said: list[Any]) -> None:
    """Every delivery once more: no record, no write."""
    worker = Worker()
    for n, event in enumerate(said):
        worker.deliver(event, id=f"msg_{n}")
    before = worker.state
    for n, event in enumerate(said):
        assert worker.deliver(event, id=f"msg_{n}") == []
    assert worker.state == before


# Keys

_parts = st.sampled_from(["a", "a|b", "b", "a%7Cb", "%", "|", "1"])
_users = st.sampled_from(["u", "u|a", "v"])
_times = st.sampled_from(["2026-06-03T10:00:00Z", "2026-06-03T11:00:00Z", "2026-06-03T10:00:00.000001Z"])
_resources = st.sampled_from(["heartrate", "steps", "cholesterol", "insulin_injection", "workout_distance", "note"])


@st.composite
def _one_sample(draw: st.DrawFn) -> dict[str, Any]:
    source = {"provider": draw(_parts), "type": draw(_parts), "workout_id": draw(st.none() | _parts)}
    sample = {"timestamp": draw(_times), "value": "1", "type": draw(st.none() | _parts)}
    sample["delivery_form"] = draw(st.none() | _parts)
    event = envelope(f"daily.data.{draw(_resources)}.created", {"source": source, "data": [sample]})
    return {**event, "user_id": draw(_users)}


@settings(max_examples=300)
@given(_one_sample(), _one_sample())
def test_different_samples_have_different_keys(a: dict[str, Any], b: dict[str, Any]) -> None:
    """Two samples share their place in the tables if, and only if, they are the same one by the documented key."""
    assert (_documented_key(a) == _documented_key(b)) == (_stored_key(a) == _stored_key(b))


def _documented_key(event: dict[str, Any]) -> tuple[Any, ...]:
    """User, resource, provider, source type, time, and what the resource adds (domain file, 3.1 and 3.3)."""
    resource, data = event["event_type"].split(".")[2], event["data"]
    sample = data["data"][0]
    extra = {**sample, "workout_id": data["source"]["workout_id"]}
    added = tuple(extra[name] for name in RESOURCES[resource].key_extra)
    return event["user_id"], resource, data["source"]["provider"], data["source"]["type"], sample["timestamp"], added


def _stored_key(event: dict[str, Any]) -> tuple[bytes, int]:
    found = decode(bytes_of(event), Family.TIMESERIES)
    assert isinstance(found, Series)
    (time_us,) = found.columns.times_us
    hour = time_us // samples.HOUR_US
    return samples.block_key(found, found.key_extra(0), hour), time_us - hour * samples.HOUR_US


@given(events)
def test_a_user_in_the_body_is_the_user_of_its_records(event: dict[str, Any]) -> None:
    """Everything that leaves carries the user, or where there is none the team, and is keyed by it."""
    owner = event.get("user_id") or event["team_id"]
    for clean in Worker().deliver(event):
        assert clean.key.startswith(f"{owner}:")
        assert clean.record["user_id"] == event.get("user_id")


def test_the_owner_is_found_in_both_places() -> None:
    """Top level, or in data only."""
    event = envelope("daily.data.body.created", {"id": "1", "source": {"provider": "oura"}})
    for one in generations(event):
        assert read(bytes_of(one))[0].user_id == event["user_id"]
