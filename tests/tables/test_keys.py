"""Keys of state rows: no two things share one, a user is a range, and the parts come back."""

from hypothesis import example, given
from hypothesis import strategies as st

from streams.tables import keys
from streams.tables.keys import state_key

users = st.text(alphabet="|}%27Ca", max_size=4)
parts = st.lists(st.text(alphabet="|%27Cab", max_size=4), max_size=4)


@given(parts, parts)
@example(["%7C"], ["|"])
@example(["a%25"], ["a%"])
def test_different_keys_never_meet(one: list[str], other: list[str]) -> None:
    """Parts of a key may hold the separator and the escape: equal bytes mean equal parts."""
    assert (state_key("u", *one) == state_key("u", *other)) == (one == other)


def test_a_user_is_a_prefix() -> None:
    """A scan for `user|` finds that user and no other."""
    assert state_key("a", "x").startswith(b"a|")
    assert not state_key("a|b", "x").startswith(b"a|")


@given(users, parts)
@example("a|b", ["%7C"])
def test_a_key_is_taken_apart(user: str, rest: list[str]) -> None:
    """Also where a part holds the separator or the escape."""
    assert keys.split(state_key(user, *rest)) == [user, *rest]


@given(users, users, parts)
@example("a", "a|", ["x"])
@example("a", "a}", ["x"])
def test_a_range_holds_one_user(user: str, other: str, rest: list[str]) -> None:
    """All keys of a user that have more parts, and none of another user."""
    start, stop = keys.range_of_user(user)
    assert (start <= state_key(other, "oura", *rest) < stop) == (user == other)
