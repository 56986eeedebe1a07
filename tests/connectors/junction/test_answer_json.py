"""Answers about people, connections and Junction's own work: whatever stands in them, few things can happen."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.history.reconcile import reports
from connectors.junction import Refused, TryLater, connections, introspection, users, workout_stream
from connectors.junction.answer_json import read_plain
from connectors.junction.repair import read_repaired
from tests.strategies import json_values, mangled

Reader = Callable[[bytes], Any]
READERS: list[Reader] = [
    users.read_user,
    users.read_users,
    connections.read_connections,
    connections.read_providers,
    connections.read_devices,
    introspection.read,
    workout_stream.read,
]
names = st.sampled_from(
    [
        *("user_id", "users", "connected_sources", "provider", "providers", "slug", "status", "error_details", "id"),
        *("resource_availability", "data", "next_cursor", "next", "pulled", "not_pulled", "timeline", "last_attempt"),
        *("time", "heartrate", "lat", "fallback_time_zone", "supported_resources", "created_on", "total"),
    ]
)
odd = st.recursive(
    json_values | st.sampled_from([2**70, 1e308, "x" * 300, "2026-06-03T10:00:00Z"]),
    lambda inner: st.dictionaries(names, inner, max_size=5) | st.lists(inner, max_size=3),
    max_leaves=25,
)


@given(st.sampled_from(READERS), mangled(odd.map(lambda value: json.dumps(value).encode())) | st.binary(max_size=30))
def test_hostile_answers_have_few_outcomes(reader: Reader, body: bytes) -> None:
    """A value, or an error of ours."""
    with suppress(TryLater, Refused):
        reader(body)


@given(odd, odd)
def test_introspection_is_read_whatever_it_says(pulls: Any, states: Any) -> None:
    """What has another shape than expected is left out; nothing is raised."""
    reports.read([pulls], [states])


@pytest.mark.parametrize("reader", READERS)
def test_what_was_cut_off_may_be_whole_the_next_time(reader: Reader) -> None:
    """Half of an answer is no JSON: try again. Deep JSON is refused: it would come again."""
    is_list = reader in (connections.read_providers, connections.read_devices)
    with pytest.raises(TryLater):
        reader(b'[{"slug"' if is_list else b'{"data": [{"user_id"')
    with pytest.raises(Refused):
        reader(b"[" * 100_000 if is_list else b'{"a":' * 100_000)


def test_a_stream_keeps_what_fits() -> None:
    """A column of another length, or with other things than numbers, is left out and named; the others stay."""
    body = {"time": [1, None, 3], "heartrate": [60, None, 62.5], "lat": [1], "power": ["x"], "altitude": [], "new": [7]}
    found = workout_stream.read(json.dumps(body).encode())
    assert found.times_s == [1, None, 3]
    assert found.columns == {"heartrate": [60.0, None, 62.5]}
    assert found.unknown == {"new": [7]}
    assert sorted(found.problems) == ["$.lat: not as long as $.time", "$.power: not a list of numbers"]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"a":"\xff","b":1}', {"a": "\ufffd", "b": 1}),
        (b'{"a":"\\ud83c","b":1}', {"a": "\ufffd", "b": 1}),
        (b'{"a":NaN,"b":1e400,"c":1}', {"a": None, "b": None, "c": 1}),
    ],
)
def test_a_broken_character_costs_no_page(body: bytes, found: object) -> None:
    """Of an answer with a broken character or number the rest is read."""
    assert read_repaired(read_plain, body) == found


@pytest.mark.parametrize("body", [b"", b'{"a":', b'{"a":"\xff', b"<html>"])
def test_what_was_cut_off_is_asked_for_again(body: bytes) -> None:
    """No end of an answer is made up."""
    with pytest.raises(TryLater):
        read_repaired(read_plain, body)
