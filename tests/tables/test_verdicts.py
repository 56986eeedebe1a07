"""Verdicts. Every law here says one thing in a different way: state is a maximum, so order and repetition vanish."""

import struct
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.payloads.values import to_json
from streams.tables import hour_blocks, samples
from streams.tables.hour_blocks import NUMBERS
from streams.tables.verdicts import (
    EMITTED,
    FIRST_DELIVERY_MS,
    NEVER_US,
    SKEW_MS,
    EntityVerdict,
    Verdict,
    Version,
    is_ahead,
    judge,
    signed_hash,
    stored,
)
from tests.payloads.test_decode import AT, heartrate, read_series

NEW, CHANGED, SAME, STALE, CONFLICT = Verdict.NEW, Verdict.CHANGED, Verdict.SAME, Verdict.STALE, Verdict.CONFLICT


def version(updated_at_us: int, delivered_at_ms: int, content: dict[str, Any]) -> Version:
    return Version(updated_at_us, delivered_at_ms, signed_hash(to_json(content)))


def told(*says: tuple[int, int, dict[str, Any]]) -> list[EntityVerdict]:
    """Judgements of one entity's versions, one after the other."""
    state, found = None, []
    for updated_at_us, delivered_at_ms, content in says:
        judged = judge(state, version(updated_at_us, delivered_at_ms, content), to_json(content))
        state = judged.state or state
        found.append(judged)
    return found


A, B = {"steps": 1, "distance": 2.0}, {"steps": 2, "distance": 2.0}


@pytest.mark.parametrize(
    ("first", "second", "verdict", "conflict"),
    [
        ((10, 1, A), (11, 2, B), CHANGED, False),
        ((10, 1, A), (10, 1, A), SAME, False),
        ((10, 1, A), (11, 2, A), SAME, False),
        ((11, 2, A), (10, 1, A), SAME, False),
        ((11, 1, A), (10, 2, B), STALE, False),
        ((10, 1, A), (10, 2, B), CONFLICT, True),
        ((10, 2, A), (10, 1, B), STALE, True),
        ((NEVER_US, 1, A), (NEVER_US, 2, B), CHANGED, False),
        ((NEVER_US, 2, A), (NEVER_US, 1, B), STALE, False),
        ((10, 1, A), (NEVER_US, 9, B), STALE, False),
        ((NEVER_US, 9, A), (10, 1, B), CHANGED, False),
    ],
)
def test_verdict_of_a_second_version(first: Any, second: Any, verdict: Verdict, conflict: bool) -> None:
    """The table of verdicts: (updated_at, delivery time, content) of what is known, and of what comes."""
    judged = told(first, second)[1]
    assert (judged.verdict, judged.is_conflict) == (verdict, conflict)
    assert told(first)[0].verdict is NEW


@pytest.mark.parametrize("delivered_at_ms", [5, NEVER_US])
def test_a_full_tie_is_decided_by_content(delivered_at_ms: int) -> None:
    """Same updated_at and same delivery time: one content wins, whichever came first, and both are conflicts."""
    there = [judged.verdict for judged in told((10, delivered_at_ms, A), (10, delivered_at_ms, B))]
    back = [judged.verdict for judged in told((10, delivered_at_ms, B), (10, delivered_at_ms, A))]
    assert sorted([there[1], back[1]]) == [CONFLICT, STALE]


def test_same_content_advances_the_version() -> None:
    """A at 1, A again at 3, B at 2: B is older than what is known of A, although A did not change."""
    assert [judged.verdict for judged in told((1, 1, A), (3, 3, A), (2, 2, B))] == [NEW, SAME, STALE]


def test_changed_fields_are_named() -> None:
    """What came, went or changed is named; a null is a value, and absence is none."""
    before = {"steps": 1, "same": 0, "gone": None}
    judged = told((1, 1, before), (2, 2, {"steps": 2, "same": 0, "came": None}))[1]
    assert judged.changed_fields == ["came", "gone", "steps"]


def test_nothing_changed_where_nothing_was_compared() -> None:
    """Fields are named of what leaves as another content; the first word, a repetition and an older word name none."""
    judged = told((2, 2, A), (3, 3, A), (1, 1, B))
    assert [(one.verdict, one.is_conflict, one.changed_fields) for one in judged] == [
        (NEW, False, []),
        (SAME, False, []),
        (STALE, False, []),
    ]


def test_what_has_nothing_beside_its_content() -> None:
    """It stores nothing beside it, and the same once more writes nothing."""
    first, again = told((1, 1, A), (1, 1, A))
    assert first.state is not None
    assert stored(first.state) == (version(1, 1, A), to_json(A), b"")
    assert again.state is None


@pytest.mark.parametrize(
    ("ahead_ms", "delivered_at_ms", "expected"),
    [
        (SKEW_MS, FIRST_DELIVERY_MS, False),
        (SKEW_MS + 1, FIRST_DELIVERY_MS, True),
        (SKEW_MS + 1, FIRST_DELIVERY_MS - 1, False),
        (0, FIRST_DELIVERY_MS + 1, False),
    ],
)
def test_a_time_that_is_ahead(ahead_ms: int, delivered_at_ms: int, expected: bool) -> None:
    """Beyond what clocks may differ by, and only of a delivery whose time is one: from May 2014 on."""
    assert is_ahead((delivered_at_ms + ahead_ms) * 1000, delivered_at_ms) is expected


contents = st.sampled_from([A, B, {"steps": 2}, {}])
versions = st.tuples(st.sampled_from([NEVER_US, 10, 11]), st.integers(1, 3), contents)


@given(st.lists(versions, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_matter(says: list[Any], random: Any) -> None:
    """Any interleaving with any duplication ends in the same state, and the last content emitted is the state's."""
    shuffled = [*says, *random.sample(says, random.randint(0, len(says)))]
    random.shuffle(shuffled)
    ends = set()
    for order in (says, shuffled):
        state, emitted = None, None
        for updated_at_us, delivered_at_ms, content in order:
            judged = judge(state, version(updated_at_us, delivered_at_ms, content), to_json(content))
            state = judged.state or state
            emitted = content if judged.verdict in EMITTED else emitted
        assert emitted == max(says, key=lambda say: version(*say))[2]
        ends.add(state)
    assert len(ends) == 1


# Blocks: one hour of samples. A say is (delivery time, [(offset, content, tag)]).

rows = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from([1.0, 2.0]), st.sampled_from([7, 8])),
    min_size=1,
    max_size=5,
    unique_by=lambda row: row[0],
).map(sorted)
says_of_blocks = st.lists(st.tuples(st.integers(1, 3), rows), min_size=1, max_size=6)


def fold(stored: bytes | None, delivery_ms: int, rows: Sequence[tuple[int, float, int]]) -> hour_blocks.Folded:
    offsets, contents, tags = zip(*rows, strict=True)
    return hour_blocks.fold(stored, NUMBERS, delivery_ms, offsets, contents, tags)


@given(says_of_blocks, st.randoms(use_true_random=False))
def test_a_block_forgets_order_and_repetition(says: list[Any], random: Any) -> None:
    """Any interleaving with any duplication ends in the same bytes: for each time the greatest version."""
    shuffled = [*says, *random.sample(says, random.randint(0, len(says)))]
    random.shuffle(shuffled)
    expected: dict[int, tuple[int, int, float]] = {}
    for delivery_ms, rows in says:
        for offset, content, tag in rows:
            expected[offset] = max(expected.get(offset, (0, 0, 0.0)), (delivery_ms, tag, content))
    for order in (says, shuffled):
        state, emitted = None, {}
        for delivery_ms, rows in order:
            folded = fold(state, delivery_ms, rows)
            state = folded.state or state
            emitted |= {
                row[0]: row[1:] for row, verdict in zip(rows, folded.verdicts, strict=True) if verdict in EMITTED
            }
        assert state == hour_blocks.pack(NUMBERS, expected)
        assert emitted == {offset: (content, tag) for offset, (_, tag, content) in expected.items()}


@given(says_of_blocks)
def test_folding_again_changes_nothing(says: list[Any]) -> None:
    """A redelivery writes nothing and emits nothing."""
    state = None
    for say in says:
        state = fold(state, *say).state or state
    for say in says:
        folded = fold(state, *say)
        assert folded.state is None
        assert not set(folded.verdicts) & set(EMITTED)


@pytest.mark.parametrize(
    ("delivery_ms", "content", "tag", "verdict", "conflicts"),
    [
        (5, 1.0, 7, SAME, 0),
        (6, 1.0, 7, SAME, 0),
        (4, 1.0, 7, SAME, 0),
        (6, 2.0, 7, CHANGED, 0),
        (6, 1.0, 8, CHANGED, 0),
        (4, 2.0, 7, STALE, 0),
        (5, 2.0, 7, CONFLICT, 1),
        (5, 0.5, 7, STALE, 1),
    ],
)
def test_verdict_of_a_sample(delivery_ms: int, content: float, tag: int, verdict: Verdict, conflicts: int) -> None:
    """The table of verdicts, for a sample known with content 1.0, tag 7, delivered at 5."""
    folded = fold(fold(None, 5, [(0, 1.0, 7)]).state, delivery_ms, [(0, content, tag)])
    assert (folded.verdicts, folded.conflicts) == ([verdict], conflicts)


def test_a_sample_costs_twelve_bytes() -> None:
    """An hour of one delivery: one byte of format, one head of 20 bytes, 12 bytes a sample."""
    state = fold(None, 1, [(second, 1.0, 7) for second in range(240)]).state
    assert state is not None
    assert len(state) == 1 + 20 + 240 * 12


def test_bytes_of_a_block() -> None:
    """The format that is written today stays readable: these bytes are in tables and changelogs."""
    head, sample = "0500000000000000 0700000000000000 01000000", "0a000000 000000000000f03f"
    stored = bytes.fromhex(f"01 {head} {sample}")
    assert hour_blocks.unpack(stored) == {10: (5, 7, 1.0)}
    assert fold(None, 5, [(10, 1.0, 7)]).state == stored


def test_hashes_of_other_samples_are_integers() -> None:
    """Contents that are hashes must not pass through floats, where two of them could look equal."""
    big = 2**64 - 1
    state = hour_blocks.fold(None, hour_blocks.HASHES, 1, [0], [big], [7]).state
    assert state is not None
    assert hour_blocks.unpack(state) == {0: (1, 7, big)}
    assert struct.unpack_from("<d", state, 25) != (big,)


# Whole events


def judged_event(*bodies: bytes) -> list[samples.SampleVerdicts]:
    table: dict[bytes, bytes] = {}
    return [samples.judge(read_series(body), 5, table.get, table.__setitem__) for body in bodies]


def test_a_time_twice_in_one_event() -> None:
    """Ties inside one event follow the same order: the greater content wins, the loser is stale, and both conflict."""
    body = heartrate(*({"timestamp": AT, "value": value} for value in (60, 61, 61)))
    judged = judged_event(body)[0]
    assert sorted(judged.verdicts) == [NEW, SAME, STALE]
    assert judged.conflicts == 1
    assert [judged.verdicts[place] for place in judged.emitted()] == [NEW]


def test_an_event_over_several_hours() -> None:
    """Each hour is a block of its own; verdicts come back in the order of the samples."""
    times = ["2026-06-03T09:59:59Z", "2026-06-03T10:00:00Z", "2026-06-03T12:00:00Z"]
    first = heartrate(*({"timestamp": time, "value": 60} for time in times[:2]))
    second = heartrate(*({"timestamp": time, "value": 60} for time in times))
    assert [judged.verdicts for judged in judged_event(first, second)] == [[NEW, NEW], [SAME, SAME, NEW]]


def test_before_1970() -> None:
    """Hours before 1970 are negative and sort all the same."""
    times = ["1969-12-31T23:59:59.5Z", "1970-01-01T00:00:00Z"]
    judged = judged_event(heartrate(*({"timestamp": time, "value": 60} for time in times)))[0]
    assert judged.verdicts == [NEW, NEW]
