"""Connections and backfills merge in any order; the status follows from what is known."""

from functools import reduce
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.ops.errors import Reason, Rejected
from streams.tables import connections
from streams.tables.connections import EMPTY, MINUTE_MS, Connection, Created, Failed, merge, merge_data
from streams.tables.history import backfills
from streams.tables.history.backfills import HistoryNotice

times_ms = st.integers(1, 4) | st.integers(1, 4).map(lambda n: n * MINUTE_MS)
names = st.lists(st.sampled_from(["sleep", "steps"]), unique=True).map(sorted).map(tuple)
states = st.one_of(
    st.builds(Created, times_ms, names, names).map(lambda created: Connection(created=created)),
    st.builds(Failed, times_ms, st.sampled_from(["x", "y"])).map(lambda failed: Connection(failed=failed)),
    times_ms.map(lambda at_ms: merge_data(EMPTY, at_ms)),
)


@given(st.lists(states, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_matter(news: list[Connection], random: Any) -> None:
    """Late, repeated, swapped: the state is the same."""
    shuffled = [*news, *random.sample(news, random.randint(0, len(news)))]
    random.shuffle(shuffled)
    assert reduce(merge, shuffled, EMPTY) == reduce(merge, news, EMPTY)


@given(states, states, states)
def test_merge_is_a_semilattice(a: Connection, b: Connection, c: Connection) -> None:
    """Associative, commutative, idempotent, with EMPTY as the least."""
    assert merge(merge(a, b), c) == merge(a, merge(b, c))
    assert merge(a, b) == merge(b, a)
    assert merge(a, a) == a == merge(EMPTY, a)


@given(states, times_ms)
def test_data_merges_as_a_state(state: Connection, at_ms: int) -> None:
    """The shortcut for data events means the merge, and answers the very state when nothing is new."""
    once = merge_data(state, at_ms)
    assert once == merge(state, merge_data(EMPTY, at_ms))
    assert merge_data(once, at_ms) is once


@given(st.lists(states, max_size=4))
def test_states_survive_their_bytes(news: list[Connection]) -> None:
    """What is stored is what is read."""
    state = reduce(merge, news, EMPTY)
    assert connections.decode(connections.encode(state)) == state


@pytest.mark.parametrize(
    ("state", "status", "since_ms"),
    [
        (EMPTY, "unknown", 0),
        (Connection(implied_since_ms=3), "implied", 3),
        (Connection(created=Created(5), implied_since_ms=3), "connected", 5),
        (Connection(created=Created(5), failed=Failed(6)), "error", 6),
        (Connection(created=Created(7), failed=Failed(6)), "connected", 7),
        (Connection(created=Created(6), failed=Failed(6)), "error", 6),
        (Connection(failed=Failed(6), implied_since_ms=9), "error", 6),
    ],
)
def test_status(state: Connection, status: str, since_ms: int) -> None:
    """The newest of created and error; data alone imply a link, and do not mend a broken one."""
    assert (state.status, state.since_ms) == (status, since_ms)


def test_a_busy_user_is_written_once_a_minute() -> None:
    """Data events within a minute leave the state as it is."""
    state = merge_data(EMPTY, MINUTE_MS)
    assert merge_data(state, MINUTE_MS + 59_999) is state
    assert merge_data(state, 2 * MINUTE_MS).last_data_ms == 2 * MINUTE_MS


def test_what_is_merged_is_the_newest_and_the_oldest() -> None:
    """The newest `created`, error and minute with data; the oldest data and the oldest `created`."""
    old = Connection(Created(5, ("z",)), Failed(5, "z"), 5, 5, 5)
    new = Connection(Created(6, ("a",)), Failed(6, "a"), 6, 6, 6)
    assert merge(old, new) == Connection(new.created, new.failed, 5, 6, 5)
    assert merge(EMPTY, EMPTY) == EMPTY == connections.decode(None)
    assert merge(old, Connection(implied_since_ms=0, last_data_ms=0, first_created_ms=0))[2:] == (0, 5, 0)


@pytest.mark.parametrize(
    ("known", "at_ms", "told"),
    [
        (Connection(), MINUTE_MS + 1, (MINUTE_MS + 1, MINUTE_MS)),
        (Connection(implied_since_ms=70_000, last_data_ms=MINUTE_MS), 70_000, (70_000, MINUTE_MS)),
        (Connection(implied_since_ms=70_000, last_data_ms=MINUTE_MS), 69_999, (69_999, MINUTE_MS)),
        (Connection(implied_since_ms=70_000, last_data_ms=MINUTE_MS), 2 * MINUTE_MS, (70_000, 2 * MINUTE_MS)),
        (Connection(implied_since_ms=0, last_data_ms=0), 1, (0, 0)),
        (Connection(implied_since_ms=3), 5, (3, 0)),
        (Connection(last_data_ms=MINUTE_MS), 5, (5, MINUTE_MS)),
    ],
)
def test_what_a_data_event_adds(known: Connection, at_ms: int, told: tuple[int, int]) -> None:
    """The oldest moment as it is, the newest floored to its minute."""
    state = merge_data(known, at_ms)
    assert (state.implied_since_ms, state.last_data_ms) == told


def test_what_others_are_told_of() -> None:
    """The status, since when, and the two events that made it; not the times of data, which change all the time."""
    state = Connection(Created(5), Failed(6, "x"), 1, 2, 3)
    assert state.visible == ("error", 6, Created(5), Failed(6, "x"))


@pytest.mark.parametrize("status", ["available", "unavailable"])
def test_resources_are_bounded(status: str) -> None:
    """The first RESOURCES_MAX by name; names that are none, and what is no object, are left out."""
    names = [f"r{n:04}" for n in range(connections.RESOURCES_MAX + 1)]
    said = {name: {"status": status} for name in reversed(names)} | {"": {"status": status}, "x" * 999: {}, "n": None}
    _, state = connections.read_event("created", {"provider": "oura", "resource_availability": said}, 5)
    kept = tuple(names[:-1])
    expected = Created(5, kept, ()) if status == "available" else Created(5, (), kept)
    assert state == Connection(created=expected, first_created_ms=5)


@pytest.mark.parametrize(("data", "place"), [([], "$.data: not an object"), ({}, "$.data.provider")])
def test_a_refusal_names_its_place(data: Any, place: str) -> None:
    """Where to look."""
    with pytest.raises(Rejected) as caught:
        connections.read_event("created", data, 5)
    assert (caught.value.reason, caught.value.detail) == (Reason.BAD_SHAPE, place)


AVAILABILITY = {"sleep": {"status": "available"}, "body": {"status": "unavailable"}, "new": {"status": "?"}, "x": 1}


@pytest.mark.parametrize(
    ("action", "data", "provider", "state"),
    [
        ("created", {"provider": {"slug": "fitbit"}}, "fitbit", Connection(created=Created(5), first_created_ms=5)),
        ("created", {"source": {"slug": "fitbit"}}, "fitbit", Connection(created=Created(5), first_created_ms=5)),
        (
            "created",
            {"provider": {"slug": "fitbit"}, "resource_availability": AVAILABILITY},
            "fitbit",
            Connection(created=Created(5, ("sleep",), ("body",)), first_created_ms=5),
        ),
        ("error", {"provider": "oura"}, "oura", Connection(failed=Failed(5))),
        ("error", {"provider": "oura", "error_type": "new_one"}, "oura", Connection(failed=Failed(5, "new_one"))),
        ("paused", {"provider": "oura"}, "oura", EMPTY),
    ],
)
def test_events(action: str, data: Any, provider: str, state: Connection) -> None:
    """The provider is an object in `created`, a text in `error`, and only in `source` in old bodies."""
    assert connections.read_event(action, data, 5) == (provider, state)


@pytest.mark.parametrize("data", [None, [], {}, {"provider": {}}, {"provider": 1, "source": "oura"}])
def test_an_event_without_provider_is_refused(data: Any) -> None:
    """Nobody knows which link is meant."""
    for read in (connections.read_event, lambda _, data, at_ms: backfills.read_event(data, at_ms, "", [])):
        with pytest.raises(Rejected) as caught:
            read("created", data, 5)
        assert caught.value.reason is Reason.BAD_SHAPE


notices = st.builds(
    HistoryNotice, times_ms, st.sampled_from(["a", "b"]), st.integers(0, 1), st.integers(2, 3), st.just(True)
)


@given(st.lists(notices, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_notices_merge_in_any_order(news: list[HistoryNotice], random: Any) -> None:
    """The newest notice counts, each distinct one is counted once."""
    shuffled = [*news, *random.sample(news, random.randint(0, len(news)))]
    random.shuffle(shuffled)
    ends = []
    for order in (news, shuffled):
        state = backfills.EMPTY
        for notice in order:
            state = backfills.merge(state, notice)
        assert backfills.decode(backfills.encode(state)) == state
        ends.append(state)
    assert ends[0] == ends[1]
    assert len(ends[0].seen) == len({(notice.at_ms, notice.delivery_id) for notice in news})


def test_a_range_that_runs_backwards_is_swapped() -> None:
    """Published examples have one; it is swapped and flagged."""
    data = {"provider": "oura", "start_date": "2020-01-01T00:00:00Z", "end_date": "1996-01-01T00:00:00Z"}
    _, notice = backfills.read_event(data, 5, "id", [])
    assert notice.start_us < notice.end_us
    assert notice.is_swapped


def test_a_range_that_is_none_is_a_problem() -> None:
    """The notice counts all the same: the resource's history is there."""
    problems: list[str] = []
    _, notice = backfills.read_event({"provider": "oura", "start_date": "soon"}, 5, "id", problems)
    assert not notice.has_range
    assert problems == ["$.data.start_date, $.data.end_date: not a time"]
