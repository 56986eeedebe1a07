"""From an answer to events: the API form and the webhook form of the same data have the same keys and contents."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.junction import FailureReason, Page, Refused, bodies
from connectors.junction.pages import read
from streams.events import resources
from streams.events.types import parse_type
from streams.payloads.decode import decode
from streams.payloads.series import Series
from streams.payloads.summary import Summary
from tests.strategies import TEAM, USER, older, other_series, series, summaries

Event = dict[str, Any]
generations = st.sampled_from([lambda event: event, older])


def api_form(event: Event) -> bytes:
    """How the API answers what this webhook says (domain file, 2.4, 3.2, 6.2, 6.3)."""
    row = resources.RESOURCES[parse_type(event["event_type"]).resource]
    if row.kind is resources.Kind.TIMESERIES:
        source = event["data"]["source"]
        group = {"source": source, "data": event["data"]["data"]}
        return json.dumps({"groups": {source["provider"]: [group]}, "next_cursor": None}).encode()
    return json.dumps(event["data"] if row.name == "profile" else {row.answer_key: [event["data"]]}).encode()


def page_of(event: Event) -> Page:
    return read(parse_type(event["event_type"]).resource, api_form(event))


def meaning(found: Any) -> Any:
    """Everything that decides keys and contents; not what the envelope says."""
    if isinstance(found, Summary):
        return found.id, found.content, found.fields, found.unknown, found.updated_at_us, found.source
    assert isinstance(found, Series)
    return found.source, found.row, found.columns, found.dropped


def keyed(found: Series) -> list[tuple[Any, ...]]:
    """Each sample with its key."""
    c = found.columns
    return sorted(
        (c.times_us[n], found.key_extra(n), str(c.contents[n]), c.tags[n], found.source) for n in range(len(c))
    )


@given(series() | other_series() | summaries(), generations)
def test_no_key_differs_between_webhook_and_api_form(event: Event, form: Any) -> None:
    """What decodes the webhook decodes our body of the answer, to the same key, content and version; nothing is said
    differently, in either generation."""
    event = form(event)
    made = bodies(page_of(event), USER, "p-1", TEAM)
    assert [meaning(decode(body)) for body in made] == [meaning(decode(json.dumps(event).encode()))]
    head = decode(made[0]).event
    assert (head.user_id, head.client_user_id, head.team_id, head.problems) == (USER, "p-1", TEAM, head.problems)
    assert head.type == parse_type(f"daily.data.{head.type.resource}.created")


@given(series(), st.integers(700, 1500))
def test_splitting_loses_no_sample(event: Event, bytes_max: int) -> None:
    """Whatever the bound, all parts keep it, and together they have every sample under its key, once."""
    parts = bodies(page_of(event), USER, bytes_max=bytes_max)
    assert max(map(len, parts)) <= bytes_max
    whole = decode(json.dumps(event).encode())
    assert isinstance(whole, Series)
    read_parts = [part for body in parts if isinstance(part := decode(body), Series)]
    assert sorted(sample for part in read_parts for sample in keyed(part)) == keyed(whole)


def test_what_alone_is_too_large_is_refused() -> None:
    """One sample, or one object, above the bound: no part could hold it."""
    big = {"groups": {"oura": [{"source": {"provider": "oura"}, "data": [{"value": "x" * 900}]}]}}
    for resource, answer in (("note", big), ("sleep", {"sleep": [{"id": "x" * 900}]})):
        with pytest.raises(Refused) as caught:
            bodies(read(resource, json.dumps(answer).encode()), USER, bytes_max=800)
        assert caught.value.reason is FailureReason.TOO_LARGE


def test_the_same_group_comes_once() -> None:
    """A provider and source that stand in a page twice become one event; other sources stay apart."""
    ring, app = {"provider": "oura", "type": "ring"}, {"provider": "oura", "type": "app"}
    first = {"source": ring, "data": [{"timestamp": "2026-06-03T10:00:00Z", "value": 0}]}
    other = {"source": app, "data": [{"timestamp": "2026-06-03T10:01:00Z", "value": 1}]}
    again = {"source": ring, "data": [{"timestamp": "2026-06-03T10:02:00Z", "value": 2}]}
    answer = {"groups": {"oura": [first, other, again, {"source": ring, "data": []}, {"source": ring}]}}
    made = [json.loads(body)["data"] for body in bodies(read("heartrate", json.dumps(answer).encode()), USER)]
    assert [(data["source"]["type"], [one["value"] for one in data["data"]]) for data in made] == [
        ("ring", [0, 2]),
        ("app", [1]),
    ]


@pytest.mark.parametrize("source", [None, {}, {"type": "ring"}, {"provider": ""}])
def test_the_provider_of_a_group_is_kept_where_its_source_is_silent(source: Any) -> None:
    """The name under which a group stands says who measured if nothing else does."""
    group = {"data": [{"timestamp": "2026-06-03T10:00:00Z", "value": 1}]}
    group |= {} if source is None else {"source": source}
    (made,) = bodies(read("heartrate", json.dumps({"groups": {"oura": [group]}}).encode()), USER)
    found = decode(made)
    assert isinstance(found, Series)
    assert found.source.provider == "oura"


def test_bytes_are_copied() -> None:
    """Digits, spaces and fields that nobody knows arrive as they were sent."""
    raw = b'{"id": "s1",  "efficiency":0.970, "odd":{"b":[1e2]}, "big":123456789012345678901234567890}'
    (made,) = bodies(read("sleep", b'{"sleep":[' + raw + b"]}"), USER)
    assert made.endswith(b'"data":' + raw + b"}")


@pytest.mark.parametrize(("asked", "event"), [("body_weight", "weight"), ("body_fat", "fat"), ("meals", "meal")])
def test_events_have_the_event_name(asked: str, event: str) -> None:
    """API names stay inside the API: the event is named as webhooks name it."""
    row = resources.get(asked)
    assert row is not None
    page = Page(row.name, read(event, api_form_of_one(event)).objects, read(event, api_form_of_one(event)).groups)
    (made,) = bodies(page, USER)
    assert json.loads(made)["event_type"] == f"daily.data.{event}.created"


def api_form_of_one(resource: str) -> bytes:
    if resource == "meal":
        return b'{"meals":[{"id":"m1"}]}'
    return b'{"groups":{"withings":[{"source":{"provider":"withings"},"data":[{"value":1}]}]}}'
