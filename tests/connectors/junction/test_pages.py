"""Answers with data: their shapes, their ends, and the one outcome of each kind of damage."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.junction import FailureReason, Refused, TryLater, bodies
from connectors.junction.endpoints import has_endpoint
from connectors.junction.pages import read
from streams.events import resources
from streams.ops.errors import StreamsError
from tests.strategies import USER, hostile_events, mangled

NAMES = sorted(name for name in resources.RESOURCES if has_endpoint(name))


@pytest.mark.parametrize(
    "end", [{}, {"next_cursor": None}, {"next_cursor": ""}, {"next_cursor": "None"}, {"next": None}]
)
def test_all_ends_are_ends(end: dict[str, Any]) -> None:
    """No cursor, null, an empty one, and the text "None" of the vendor's example mean the same."""
    assert read("steps", json.dumps({"groups": {}, **end}).encode()).next_cursor is None


def test_the_deprecated_cursor_is_the_second_choice() -> None:
    """`next` counts only where `next_cursor` is absent."""
    assert read("steps", b'{"groups":{},"next":"a"}').next_cursor == "a"
    assert read("steps", b'{"groups":{},"next":"a","next_cursor":"b"}').next_cursor == "b"
    assert read("steps", b'{"groups":{},"next":"a","next_cursor":null}').next_cursor is None


def test_an_empty_page_may_go_on() -> None:
    """No groups and a cursor: nothing here, more behind it."""
    page = read("steps", b'{"groups":{},"next_cursor":"b"}')
    assert (page.rows, page.next_cursor) == (0, "b")


@pytest.mark.parametrize("name", [name for name in NAMES if resources.RESOURCES[name].answer_key != "groups"])
def test_each_summary_has_its_answer_key(name: str) -> None:
    """Objects stand in a list under the resource's own key; a profile is the answer itself, and may be null."""
    if name == "profile":
        assert read(name, b'{"id":"1"}').rows == 1
        assert read(name, b"null").rows == 0
        return
    key = resources.RESOURCES[name].answer_key
    assert read(name, json.dumps({key: [{"id": "1"}, {"id": "2"}]}).encode()).rows == 2
    with pytest.raises(Refused, match=key):
        read(name, b'{"other": []}')


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"groups":{"oura":[{"data":[{"val', FailureReason.NOT_JSON),
        (b"", FailureReason.NOT_JSON),
        (b"<html>", FailureReason.NOT_JSON),
        (b'{"groups":{"oura":[{"data":["\xff"]}]}}', FailureReason.NOT_JSON),
        (b'"text"', FailureReason.BAD_SHAPE),
        (b'{"groups":[]}', FailureReason.BAD_SHAPE),
        (b'{"groups":{"oura":{}}}', FailureReason.BAD_SHAPE),
        (b'{"groups":{},"next_cursor":7}', FailureReason.BAD_SHAPE),
        (b'{"groups":{"oura":[{"data":[' + b"[" * 100_000 + b"]" * 100_000 + b"]}]}}", FailureReason.TOO_DEEP),
    ],
)
def test_damage_is_named(body: bytes, reason: FailureReason) -> None:
    """What was cut off may be whole the next time; another shape will not become right by asking again."""
    with pytest.raises((TryLater, Refused)) as caught:
        read("heartrate", body)
    assert caught.value.reason is reason
    assert isinstance(caught.value, TryLater) == (reason is FailureReason.NOT_JSON)


answers = st.sampled_from(NAMES).flatmap(
    lambda name: st.tuples(
        st.just(name),
        mangled(
            hostile_events().map(
                lambda body: (
                    b'{"groups":{"oura":[{"source":{"provider":"oura"},"data":['
                    + body
                    + b']}]},"meals":['
                    + body
                    + b"]}"
                )
            )
        )
        | st.binary(max_size=40),
    )
)


@given(answers)
def test_hostile_answers_have_few_outcomes(answer: tuple[str, bytes]) -> None:
    """Any bytes: a page whose events can be made, or an error of ours, and no other."""
    name, body = answer
    try:
        bodies(read(name, body), USER)
    except StreamsError:
        return
