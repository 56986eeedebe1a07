"""`explain` says what the real path would do, and never fails."""

import io
import json
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from streams.cli.show.explain import render
from streams.events.partitions import partition_for
from streams.letters.explain import KEYS_SHOWN, Explanation, explain
from streams.ops.errors import Rejected
from tests import samples
from tests.agents.test_folds import heartrate
from tests.folding import Worker, raw
from tests.samples import aligned
from tests.strategies import USER, envelope, hostile_events, mangled


def told(body: bytes) -> Explanation:
    return explain(body, prefix="junction", partitions=12)


def shown(explained: Explanation) -> str:
    out = io.StringIO()
    Console(file=out, width=200).print(render(explained))
    return out.getvalue()


@given(mangled(hostile_events()) | st.binary(max_size=40))
def test_explain_never_fails(body: bytes) -> None:
    """Whatever the bytes, there is an explanation, for machines and for people."""
    explained = told(body)
    json.dumps(asdict(explained))
    shown(explained)


@given(mangled(hostile_events()))
def test_explain_says_what_happens(body: bytes) -> None:
    """The refusal, or the clean topic, is that of a worker."""
    explained = told(body)
    if explained.raw_topic:
        reason, topic = worked(body)
        assert (explained.reason, explained.detail) == reason
        assert topic in (explained.clean_topic, None)


def worked(body: bytes) -> tuple[tuple[str, str], str | None]:
    """((reason, detail), clean topic of the last record) from a worker that has seen nothing."""
    try:
        found = Worker().run(raw(body))
    except Rejected as rejection:
        return (rejection.reason, rejection.detail), None
    return ("", ""), f"junction.{found[-1].topic}" if found else None


def test_two_users_are_refused_with_what_is_known() -> None:
    """A dead letter still shows type, resource, topic and key: where to look for it."""
    explained = told(json.dumps(heartrate(60, user_id="other")).encode())
    assert (explained.reason, explained.resource) == ("user_conflict", "heartrate")
    assert (explained.raw_topic, explained.key) == ("junction.raw.timeseries", f"{USER}:heartrate")
    assert explained.partition == partition_for(USER, 12)
    assert "user_conflict" in shown(explained)


def test_a_series_shows_its_first_keys() -> None:
    """A few keys and the count stand for a batch."""
    explained = told(json.dumps(heartrate(*range(40))).encode())
    assert (explained.entities, len(explained.keys)) == (40, KEYS_SHOWN)
    assert explained.keys[0].endswith("heartrate · garmin · watch · 2026-06-03T10:00:00+00:00")
    assert "and 35 more" in shown(explained)


def test_headers_name_what_the_body_does_not() -> None:
    """A stored record whose bytes are broken still has a type and a user."""
    headers = [("ce_type", b"daily.data.sleep.created"), ("ce_subject", USER.encode())]
    explained = explain(b"{", prefix="junction", partitions=12, headers=headers)
    assert (explained.reason, explained.family, explained.user_id) == ("not_json", "summary", USER)


def test_no_value_is_shown() -> None:
    """Places and ids, never what was measured or said."""
    sample = {"timestamp": "2026-06-03T10:00:00Z", "value": 4711.25, "odd": "marker"}
    body = json.dumps(envelope("daily.data.heartrate.created", {"source": {"provider": "oura"}, "data": [sample]}))
    text = shown(told(body.encode())) + str(asdict(told(body.encode())))
    assert "4711" not in text
    assert "marker" not in text
    assert "$.data.data[].odd" in text


def test_the_words_of_a_stranger_are_no_markup() -> None:
    """An event type in brackets is shown as it is."""
    assert "[bold]x[/nothing]" in shown(told(json.dumps(envelope("[bold]x[/nothing]", {})).encode()))


@pytest.mark.parametrize("make", [bytes, aligned], ids=["as it is", "one user"])
def test_published_bodies(make: type[bytes]) -> None:
    """Every published body is explained, with a clean topic or a reason; two users in one body do not hide the rest."""
    for name, body in samples.webhooks():
        explained = told(make(body))
        assert bool(explained.clean_topic) != bool(explained.reason) or explained.reason == "user_conflict", name
        assert explained.keys or explained.reason in ("no_user", "no_event_type"), name


@pytest.mark.parametrize("event_type", ["never.heard.of", "checkout.quote.created", "labtest.order.updated"])
def test_a_payload_that_is_too_deep(event_type: str) -> None:
    """What the worker refuses for its depth explain refuses, too, of types that have no schema as well."""
    deep: dict[str, Any] = {}
    for _ in range(100):
        deep = {"a": deep}
    body = json.dumps(envelope(event_type, {"deep": deep})).encode()
    assert told(body).reason == worked(body)[0][0] == "too_deep"


def test_explain_takes_the_way_of_the_worker() -> None:
    """The quick reader does not look into a provider's old name; bytes there that are no UTF-8 stop neither of them."""
    event = heartrate(60)
    event["data"]["provider"] = {"name": "X", "slug": "garmin"}
    body = json.dumps(event).encode().replace(b'"X"', b'"\xff"')
    assert (told(body).reason, worked(body)[0][0]) == ("", "")


def test_what_is_not_documented_is_said() -> None:
    """The findings of the drift report, for one body: names that Junction does not document, and places of words."""
    event = heartrate(60)
    event["data"]["source"] = {"provider": "new_one", "type": "watch"}
    explained = told(json.dumps(event).encode())
    assert explained.drift == ["enum: heartrate $.data.source.provider"]
    assert "not documented" in shown(explained)
    assert told(json.dumps(envelope("never.heard.of", {})).encode()).drift == ["event_type: never.heard.of"]
