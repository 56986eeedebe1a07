"""Keys of state rows: no two things share one, a user is a range, and the parts come back."""

import re
from importlib.util import find_spec

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from streams.agents.sweeps import outage
from streams.engine.positions import ledger
from streams.tables import keys, rows
from streams.tables.draft import Draft
from streams.tables.history import queue
from streams.tables.history.job import begin
from streams.tables.history.outage import Outage
from streams.tables.history.request import Request
from streams.tables.keys import KeyKind, state_key
from tests.every_event import EVENT_TYPES, of
from tests.folding import Worker

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


RULES = [
    {"name": "low", "kind": "threshold", "resource": "glucose", "below": "3.9 mmol/L"},
    {"name": "own", "kind": "deviation", "resource": "heartrate", "above_sd": 3, "days_min": 7},
    {"name": "silent", "kind": "silence", "resource": "weight", "longer_than": "3h"},
]


def kind_of(table: str, key: bytes) -> KeyKind:
    """The first kind whose shape fits. Raises StopIteration."""
    return next(kind for kind in keys.KINDS if kind.table == table and re.fullmatch(_pattern(kind.shape), key, re.S))


def _pattern(shape: str) -> bytes:
    texts = re.split(r"<([^>]*)>", shape)  # every second one is a part
    return "".join(_part(text) if n % 2 else re.escape(text) for n, text in enumerate(texts)).encode()


def _part(name: str) -> str:
    _, _, size = name.partition(":")
    return f".{{{size}}}" if size else ".*" if name == "*" else "[^|]+"


def test_what_fits() -> None:
    """A key of another table, or with a part more, is of no kind."""
    assert kind_of("samples", b"u|insulin|oura|unknown|rapid|vial|7").row is rows.BLOCK
    for table, key in (("backfills", b"u|oura"), ("connections", b"u|oura|sleep|x"), ("alerts", b"x|u"), ("x", b"u")):
        with pytest.raises(StopIteration):
            kind_of(table, key)


@given(st.data())
def test_what_the_agents_write_is_in_the_list(data: st.DataObject) -> None:
    """Each row of a table has a key of a known kind, and its value is what that kind says."""
    worker = Worker(rules=RULES)
    worker.deliver(data.draw(st.sampled_from(EVENT_TYPES).flatmap(of)))
    for table, found in worker.tables.items():
        for key, row in found.items():
            kind = kind_of(table, key)
            assert kind.row is None or rows.check(kind.row, row) == row[0]


def test_what_no_event_writes_is_in_the_list() -> None:
    """Jobs and their places, outages, the engine's offsets."""
    draft = Draft(lambda table, key: None)
    for workout in ("", "w1"):
        queue.save(draft, None, begin(Request("bf_1", "u", "oura", "workouts", 1, 9, workout_id=workout), 0))
    outage.note(draft, Outage(1, 2))
    found = [kind_of(table, key) for table, written in draft.tables.items() for key in written]
    assert [kind.table for kind in found] == ["fetches"] * 4 + ["connections"]
    assert [kind.row for kind in found].count(rows.JOB) == 2
    assert all(kind_of(table, ledger.KEY).row is rows.OFFSETS for table in ("connections", "fetches"))


@pytest.mark.parametrize("kind", keys.KINDS, ids=lambda kind: f"{kind.table}-{kind.shape}")
def test_a_writer_is_a_module(kind: KeyKind) -> None:
    """Where to look who writes a row."""
    assert all(find_spec(f"streams.{name}") for name in kind.writer.split(", "))


def test_every_kind_of_row_has_a_key() -> None:
    """The two lists name the same kinds: blocks of both contents have one key."""
    assert {kind.row for kind in keys.KINDS} - {None} == set(rows.KINDS) - {rows.NUMBERS, rows.HASHES}
