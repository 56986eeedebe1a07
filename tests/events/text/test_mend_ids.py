"""What is broken tells nothing apart: ids, users, groups and names that differ in it alone."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events.identity import identify
from streams.events.text import mend
from streams.ops.errors import Reason, Rejected
from streams.payloads.decode import decode
from tests.events.text.test_mend import HALF, MARK, SOURCE, workout, written
from tests.folding import Worker, raw
from tests.strategies import USER, envelope

MANY = {f"n{n}": n for n in range(70)}  # an object whose names are not shown


@pytest.mark.parametrize("more", [{}, MANY])
def test_an_id_is_known_by_its_name_shown_or_not(more: dict[str, int]) -> None:
    """Names that are hidden in problems decide nothing: an id with a broken character is none in any company."""
    with pytest.raises(Rejected) as caught:
        decode(written(workout(id=MARK, time_start=None, **more), f'"w{HALF}"'))
    assert caught.value.reason is Reason.NO_KEY
    for read_it in (identify, decode):
        with pytest.raises(Rejected) as caught:
            read_it(written({**workout(), "user_id": MARK, **more}, f'"{USER}{HALF}"'))
        assert caught.value.reason is Reason.NO_USER


@pytest.mark.parametrize("more", [{}, MANY])
@pytest.mark.parametrize("is_in_data", [True, False])
def test_a_broken_user_beside_a_good_one_is_another(is_in_data: bool, more: dict[str, int]) -> None:
    """Whichever of the two is broken: whose the data are, nobody guesses."""
    event = workout(user_id=MARK if is_in_data else USER)
    event = {**event, "user_id": USER if is_in_data else MARK, **more}
    with pytest.raises(Rejected) as caught:
        decode(written(event, f'"{USER[:-1]}{HALF}"'))
    assert caught.value.reason is Reason.USER_CONFLICT


def test_groups_that_differ_in_what_is_broken_lose_no_row() -> None:
    """Such rows have no key: the event leaves whole, by its delivery id."""
    table = {"query_id": "q", "query_slug": "s", "data": {"group_key": [MARK, MARK], "v": [1, 2]}}
    event = {**envelope("continuous_query.result_table.changed", {}), "data": [table]}
    (clean,) = Worker().run(raw(written(event, f'"a{HALF}"', '"a\\ud83d"')))
    assert json.loads(clean.record["payload_json"])[0]["data"]["v"] == [1, 2]


def test_a_start_that_is_broken_is_none() -> None:
    """Two nights may differ in it alone."""
    night = {"source": SOURCE, "bedtime_start": MARK, "duration": 1}
    with pytest.raises(Rejected) as caught:
        decode(written(envelope("daily.data.sleep.created", night), f'"2026-06-03T0{HALF}"'))
    assert caught.value.reason is Reason.NO_KEY


def test_names_that_differ_in_what_is_broken_are_not_one() -> None:
    """The second is left out, and that is said."""
    body = b'{"a":{"x\\ud83c":1,"x\\ud83d":2,"x":3}}'
    found = mend.mended(body)
    assert found
    assert json.loads(found.body) == {"a": {"x\ufffd": 1, "x": 3}}
    assert found.problems == ["$.a: a name's broken character, replaced", "$.a: a name's broken character, left out"]


@given(st.integers(1, 95), st.integers(1, 64), st.integers(1, 200))
def test_what_is_told_of_damage_is_short(depth: int, length: int, texts: int) -> None:
    """However deep it stands and however often: places and their number are bounded, so that none costs its depth."""
    name = "a" * length
    body = b'{"%s":' % name.encode() * depth + b"[" + b",".join([b'"\\ud83c"'] * texts) + b"]" + b"}" * depth
    found = mend.mended(body)
    assert found
    assert len(found.problems) <= mend.PLACES_MAX
    assert all(len(problem) <= 320 for problem in found.problems)


def test_many_values_are_read_once() -> None:
    """Python takes sixty bytes for a number of two: a large body of them is not read a second time."""
    body = b'{"a":NaN,"b":[' + b",".join([b"1"] * (mend.COMMAS_MAX + 1)) + b"]}"
    with pytest.raises(Rejected) as caught:
        mend.mended(body)
    assert caught.value.reason is Reason.TOO_LARGE
