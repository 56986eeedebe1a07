"""Keys made of parts: different parts never share one, and those of UUIDs and slugs are joined as ever."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from streams.alerts.lives.alert import alert_id
from streams.events import key_parts
from streams.events.identity import Identity
from streams.events.record_keys import key_of, owner_in, raw_key
from streams.events.types import Family, parse_type
from streams.tables.history.request import new_id
from streams.tables.keys import state_key
from tests.folding import Worker
from tests.strategies import USER, envelope

separators = st.sampled_from([":", "|", "/", "\0"])
texts = st.text(st.sampled_from([*":|/%\0", *"2357AC", "a"]), max_size=6)
parts = st.lists(texts, min_size=1, max_size=4)
# So few that what must not meet would meet often.
few = st.text(st.sampled_from([":", "|", "\0", "a"]), max_size=3)
fews = st.lists(few, min_size=1, max_size=3)
plain = st.lists(st.uuids().map(str) | st.sampled_from(["oura", "apple_health_kit", ""]), min_size=1, max_size=4)


@given(separators, parts)
@example(":", ["%3A"])
@example("|", ["a", "%7C25"])
def test_a_key_can_be_taken_apart(separator: str, said: list[str]) -> None:
    """So no other parts have the same key, also where one of them looks like an escape."""
    assert key_parts.split(separator, key_parts.join(separator, said)) == said


@given(separators, plain)
def test_ids_and_slugs_are_joined_as_they_are(separator: str, said: list[str]) -> None:
    """What was written before is found under the same key."""
    assert key_parts.join(separator, said) == separator.join(said)


@settings(max_examples=500)
@given(fews, fews)
def test_nobody_shares_a_key(one: list[str], other: list[str]) -> None:
    """Rows of tables, records, requests."""
    for made in (key_of, state_key, new_id):
        assert (made(*one) == made(*other)) == (one == other)


@settings(max_examples=500)
@given(few, few, few, few)
def test_nobody_shares_an_alert(user: str, rule: str, other_user: str, other_rule: str) -> None:
    """An id is never used for two lives."""
    same = (user, rule) == (other_user, other_rule)
    assert (alert_id(user, rule, 1, "x") == alert_id(other_user, other_rule, 1, "x")) == same
    assert (alert_id("u", "r", 1, user) == alert_id("u", "r", 1, other_user)) == (user == other_user)


@settings(max_examples=500)
@given(few, few, few, few)
def test_raw_records_of_two_owners_have_two_keys(user: str, name: str, other_user: str, other_name: str) -> None:
    """Whatever a stranger calls a resource."""
    one, other = (
        raw_key(Identity(parse_type(f"daily.data.{resource}.created"), owner, ""))
        for owner, resource in ((user, name), (other_user, other_name))
    )
    assert (one == other) == ((user, name or "other") == (other_user, other_name or "other"))


def test_two_users_of_a_compacted_topic() -> None:
    """User `a:b` at `oura` and user `a` at `b:oura` are two connections: neither may replace the other."""
    made = [
        Worker().deliver({**envelope("provider.connection.created", {"provider": provider}), "user_id": user})[0].key
        for user, provider in (("a:b", "oura"), ("a", "b:oura"), (USER, "oura"))
    ]
    assert made == ["a%3Ab:oura", "a:b%3Aoura", f"{USER}:oura"]


def test_whose_a_key_is() -> None:
    """The first part, in the one spelling of ids."""
    assert owner_in(key_of("a:b", "oura")) == "a:b"
    assert owner_in(f"{USER.upper()}:oura:sleep".encode()) == USER
    assert owner_in(None) == ""
    assert parse_type("daily.data.sleep.created").family is Family.SUMMARY
