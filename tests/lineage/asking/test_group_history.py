"""When groups were seen where, in memory that is bounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.lineage.asking import group_history
from streams.lineage.asking.group_history import SIGHTS_MAX, GroupHistory

PLACE = ("t.sleep", 3)


def seen(*sights: tuple[int, int]) -> GroupHistory:
    history = GroupHistory()
    for offset, at_ms in sights:
        history.note("g", {PLACE: offset}, at_ms)
    return history


def test_the_first_look_behind_it() -> None:
    """The record at an offset has been read once the committed offset lies behind it."""
    history = seen((5, 100), (5, 200), (8, 300), (9, 400))
    assert history.passed_ms("g", *PLACE, 5) == 300
    assert history.passed_ms("g", *PLACE, 7) == 300
    assert history.passed_ms("g", *PLACE, 8) == 400


@pytest.mark.parametrize("offset", [4, 9, 10])
def test_what_nobody_saw(offset: int) -> None:
    """Passed before the first look, or not yet: no time."""
    assert seen((5, 100), (9, 400)).passed_ms("g", *PLACE, offset) == 0
    assert seen((5, 100), (9, 400)).passed_ms("other", *PLACE, 6) == 0


def test_a_group_that_was_set_back() -> None:
    """What it read before says nothing of when it will have read it again."""
    assert seen((5, 100), (9, 400), (2, 500)).passed_ms("g", *PLACE, 6) == 0


@given(st.lists(st.integers(1, 3), min_size=1, max_size=3000))
def test_memory_is_bounded_and_no_time_too_early(moves: list[int]) -> None:
    """Old looks are further apart: an answer may come later than it was, and never earlier; the newest is exact."""
    history, offset, at_ms = GroupHistory(), 0, 0
    truth: dict[int, int] = {}
    history.note("g", {PLACE: 0}, 0)
    for move in moves:
        at_ms += 10
        truth |= dict.fromkeys(range(offset, offset + move), at_ms)
        offset += move
        history.note("g", {PLACE: offset}, at_ms)
    assert all(history.passed_ms("g", *PLACE, one) >= ms for one, ms in truth.items())
    assert history.passed_ms("g", *PLACE, offset - 1) == at_ms
    assert len(history._seen["g", *PLACE]) <= SIGHTS_MAX


def test_so_many_groups_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who makes groups without end takes no memory without end."""
    monkeypatch.setattr(group_history, "SERIES_MAX", 2)
    history = GroupHistory()
    for n in range(5):
        history.note(f"g{n}", {PLACE: 1}, 1)
    assert len(history._seen) == 2
