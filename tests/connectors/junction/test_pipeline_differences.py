"""Wanted and there, field by field."""

import copy
from typing import Any

import pytest

from connectors.junction.pipeline_differences import differences
from connectors.junction.pipeline_secrets import revealed
from tests.connectors.junction.pipelines import HUBS, MARKER, RABBIT, TARGETS, TEAM, URI, pipeline


def held(target: Any = RABBIT, **changes: Any) -> dict[str, Any]:
    """The pipeline as Junction has it."""
    body = copy.deepcopy(revealed(pipeline(target).body()))
    del body["team_ids"]
    return {"team_id": TEAM, **body, **changes}


def told(there: Any, target: Any = RABBIT, **wanted: Any) -> list[str]:
    return [str(one) for one in differences(pipeline(target, **wanted).body(), there)]


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.key)
def test_what_is_equal_differs_in_nothing(target: Any) -> None:
    """Also with fields that nobody asked for, with nulls for absent ones, and with the ways in another order."""
    there = held(target, svix=None, added_later={"a": 1}, event_type_prefixes=None)
    there["preferences"]["enabled"].reverse()
    for one in there.get("azure_amqp", {}).get("event_hub_matchers", []):
        one.setdefault("event_type_prefix", None)
    assert told(there, target) == []


def test_absent_is_the_default() -> None:
    """The published schema says so: false, no matcher, no prefix, compression `auto`."""
    there = held(HUBS)
    del there["push_historical_data"], there["provider_raw_data"], there["event_type_prefixes"]
    assert told(there, HUBS) == []
    del there["azure_amqp"]["compression"]
    assert told(there, HUBS) == ["azure_amqp.compression: always is wanted, auto is there"]


def test_each_difference_is_named() -> None:
    """By its path, with both values."""
    there = held(preferences={"preferred": "rabbitmq", "enabled": ["rabbitmq"]}, event_type_prefixes=["daily."])
    there["rabbitmq"]["exchange"] = "old"
    assert told(there, has_history=True) == [
        "preferences.preferred: svix is wanted, rabbitmq is there",
        "preferences.enabled: svix, rabbitmq is wanted, rabbitmq is there",
        "rabbitmq.exchange: junction is wanted, old is there",
        "push_historical_data: true is wanted, false is there",
        "event_type_prefixes: nothing is wanted, daily. is there",
    ]
    assert told(None) == ["pipeline: one is wanted, none is there"]


def test_secrets_differ_without_being_seen() -> None:
    """Another host is told; another password only as such; what Junction hides cannot be compared."""
    there = held()
    there["rabbitmq"]["uri"] = f"amqps://junction:{MARKER}2@broker.example.org/health"
    (same_looks,) = told(there)
    there["rabbitmq"]["uri"] = f"amqps://junction:{MARKER}2@other.example.org/health"
    (other_host,) = told(there)
    assert same_looks.endswith("with another secret")
    assert "junction:***@other.example.org" in other_host
    for hidden in ("amqps://junction:********@broker.example.org/health", "", None, 7):
        there["rabbitmq"]["uri"] = hidden
        wanted = "amqps://junction:***@broker.example.org/health"
        (one,) = differences(pipeline().body(), there)
        assert one == ("rabbitmq.uri", wanted, "", True)
        words = f"rabbitmq.uri: Junction does not show it, so whether it is {wanted} cannot be seen"
        assert str(one) == words
    assert MARKER not in same_looks + other_host


@pytest.mark.parametrize("odd", [None, f"amqps://u:{MARKER}@h", [f"{MARKER}"], 7, {}])
@pytest.mark.parametrize("place", ["preferences", "rabbitmq", "azure_amqp", "event_type_prefixes"])
def test_whatever_is_there_is_a_difference_without_secrets(place: str, odd: Any) -> None:
    """An answer of another shape raises nothing, and what stands where a secret may stand is not told."""
    target = HUBS if place == "azure_amqp" else RABBIT
    found = told(held(target, **{place: odd}), target, prefixes=("daily.",))
    assert any(one.startswith(place) for one in found)
    assert place == "event_type_prefixes" or MARKER not in str(found)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"rabbitmq": None}, "rabbitmq: an object is wanted, nothing is there"),
        ({"rabbitmq": MARKER}, "rabbitmq: an object is wanted, a text is there"),
        ({"rabbitmq": [MARKER]}, "rabbitmq: an object is wanted, a list of 1 is there"),
        ({"rabbitmq": {"uri": URI.get_secret_value()}}, "rabbitmq.exchange: junction is wanted, nothing is there"),
        ({"provider_raw_data": "X"}, "provider_raw_data: false is wanted, X is there"),
    ],
)
def test_another_shape_is_told_by_what_it_may_hold(changes: dict[str, Any], said: str) -> None:
    """Where a secret may stand, that something is there; else the word."""
    assert told(held(**changes)) == [said]


def test_matchers_are_compared_one_by_one() -> None:
    """Their order counts, so another number is a difference of the whole list, and each field one of its own."""
    there = held(HUBS)
    there["azure_amqp"]["event_hub_matchers"][1]["event_hub"] = "other"
    assert told(there, HUBS) == ["azure_amqp.event_hub_matchers[1].event_hub: labs is wanted, other is there"]
    there["azure_amqp"]["event_hub_matchers"][1] = MARKER
    assert told(there, HUBS) == ["azure_amqp.event_hub_matchers[1]: an object is wanted, a text is there"]
    there["azure_amqp"]["event_hub_matchers"].pop()
    assert told(there, HUBS) == ["azure_amqp.event_hub_matchers: a list of 2 is wanted, a list of 1 is there"]
