"""Whose event it is, of any bytes at all."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from streams.events.identity import hint, identify
from streams.events.text.body_bounds import ID_CHARS_MAX
from streams.events.types import Family, parse_type
from streams.ops.errors import Reason, Rejected
from tests.samples import webhooks

USER, TEAM = "5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e77", "b2a9d0f4-6f0c-4f1b-8a35-94f1c7e2d310"


def body(**fields: object) -> bytes:
    return json.dumps({"event_type": "daily.data.sleep.created"} | fields).encode()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"user_id": USER, "team_id": TEAM, "data": {}}, (USER, TEAM)),
        ({"data": {"user_id": USER}}, (USER, "")),  # before March 2024
        ({"user_id": None, "data": {"user_id": USER}}, (USER, "")),
        ({"user_id": USER, "data": {"user_id": "someone-else"}}, (USER, "")),  # the worker finds the conflict
        ({"user_id": USER, "data": [1, 2]}, (USER, "")),
        ({"event_type": "labtest.match_review.created", "team_id": TEAM}, ("", TEAM)),
        ({"event_type": "never.heard.of", "team_id": TEAM, "data": "x"}, ("", TEAM)),
    ],
)
def test_whose_event_it_is(fields: dict[str, object], expected: tuple[str, str]) -> None:
    """Top-level user, else the one in `data`, else, for the families that have no user, the team."""
    identity = identify(body(**fields))
    assert (identity.user_id, identity.team_id) == expected
    assert identity.owner_id == (identity.user_id or identity.team_id) != ""


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", Reason.NOT_JSON),
        (b"{", Reason.NOT_JSON),
        (b"\xff\xfe", Reason.NOT_JSON),
        (b'{"event_type": "x\xff"}', Reason.NO_EVENT_TYPE),  # not text, so absent
        (b"[]", Reason.NOT_AN_OBJECT),
        (b"null", Reason.NOT_AN_OBJECT),
        (b'"text"', Reason.NOT_AN_OBJECT),
        (b"{}", Reason.NO_EVENT_TYPE),
        (b'{"event_type": 7}', Reason.NO_EVENT_TYPE),
        (b'{"event_type": ""}', Reason.NO_EVENT_TYPE),
        (b'{"event_type": "%s"}' % (b"x" * (ID_CHARS_MAX + 1)), Reason.NO_EVENT_TYPE),
        (body(), Reason.NO_USER),
        (body(team_id=TEAM), Reason.NO_USER),  # a summary without a user has nowhere to go
        (body(user_id=7, data={"user_id": []}), Reason.NO_USER),
        (b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", Reason.TOO_DEEP),
    ],
)
def test_why_a_body_is_refused(raw: bytes, reason: Reason) -> None:
    """Each way to be unreadable has its own constant name, which the dead letter carries."""
    with pytest.raises(Rejected) as caught:
        identify(raw)
    assert (caught.value.reason, caught.value.detail) == (reason, PLACE.get(reason, "$"))


PLACE = {Reason.NO_EVENT_TYPE: "$.event_type", Reason.NO_USER: "$.user_id, $.data.user_id"}


@pytest.mark.parametrize(
    ("fields", "user_id"),
    [
        ({"user_id": USER.upper()}, USER),
        ({"data": {"user_id": USER.upper()}}, USER),
        ({"user_id": USER, "data": {"user_id": "x"}}, USER),
        ({"user_id": 7, "data": "x"}, ""),
        ({}, ""),
    ],
)
def test_what_a_whole_body_says_of_itself(fields: dict[str, object], user_id: str) -> None:
    """Of one that is JSON the hint is what `identify` would have read, though something else is missing."""
    assert hint(body(**fields)) == ("daily.data.sleep.created", user_id)
    assert hint(body(**fields, event_type=None)) == ("", user_id)


def test_a_type_of_svix_is_one_and_no_other() -> None:
    """An operational webhook is called by its `type`, without a user; what else has one has no event type."""
    identity = identify(b'{"type": "message.attempt.exhausted", "data": {}}')
    assert (identity.type.text, identity.type.family) == ("message.attempt.exhausted", Family.OPERATIONAL)
    with pytest.raises(Rejected) as caught:
        identify(json.dumps({"type": "daily.data.sleep.created", "user_id": USER}).encode())
    assert caught.value.reason is Reason.NO_EVENT_TYPE


def test_the_longest_id() -> None:
    """So many characters are an id, one more is none."""
    longest = "x" * ID_CHARS_MAX
    assert identify(body(user_id=longest)).user_id == longest
    assert identify(body(user_id=longest + "x", data={"user_id": "u"})).user_id == "u"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


ENVELOPES = st.fixed_dictionaries(
    {},
    optional={"event_type": JSON | st.just("daily.data.sleep.created"), "user_id": JSON, "team_id": JSON, "data": JSON},
)


@given(st.binary() | st.builds(lambda value: json.dumps(value).encode(), ENVELOPES | JSON))
@example(b'{"event_type":"\\ud800","user_id":"\\udfff"}')
@example(b'{"event_type":"a","event_type":"b","user_id":"u"}')
@example(b'{"user_id":' + b"9" * 5000 + b"}")
def test_hostile_bytes_have_one_outcome(raw: bytes) -> None:
    """Any bytes at all give an identity with an owner, or Rejected without a value in its text; never anything else."""
    try:
        identity = identify(raw)
    except Rejected as error:
        detail = error.detail
    else:
        detail, owner = "", identity.owner_id
        assert 0 < len(owner) <= ID_CHARS_MAX
        assert owner.encode()  # becomes a Kafka key: must be encodable
        assert identity.type == parse_type(identity.type.text)
    assert detail in ("", "$", "$.event_type", "$.user_id, $.data.user_id")


# Published bodies that are no whole events: one page prints `data` alone, one forgot the user.
INCOMPLETE = {
    "no-event-type.walk-in-order-updated--2026-08-14": Reason.NO_EVENT_TYPE,
    "daily.data.workout_stream.created--2024-03-22": Reason.NO_USER,
}


def test_recorded_bodies_are_identified() -> None:
    """Every whole webhook body that Junction published has an event type and an owner, in all generations."""
    for name, raw in webhooks():
        if name in INCOMPLETE:
            with pytest.raises(Rejected, match=INCOMPLETE[name]):
                identify(raw)
        else:
            identity = identify(raw)
            assert name.startswith(identity.type.text), name
            assert identity.type.family is not Family.UNKNOWN, name
