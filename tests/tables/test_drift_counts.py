"""Counting in steps: few exactly, many to about a tenth with few writes, the same in every replay."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.tables import drift_counts
from streams.tables.drift_counts import COMMON_USERS, EXACT, PERIOD_MS, DriftCount, seen, step_of


def counted(events: int, at_ms: int = 0, first: int = 0, every: int = 1) -> tuple[DriftCount, int]:
    """(row, how often it was written) after so many records, each `every` offsets after the one before."""
    row, writes = seen(None, at_ms, first), 1
    for n in range(1, events):
        if row is not None and (after := seen(row, at_ms, first + n * every)):
            row, writes = after, writes + 1
    assert row is not None
    return row, writes


@pytest.mark.parametrize("events", [1, 2, 63, 64])
def test_few_are_counted_exactly(events: int) -> None:
    """Up to EXACT each event counts one."""
    assert counted(events)[0].events == events
    assert [step_of(n) for n in (1, EXACT - 1, EXACT, 2 * EXACT - 1, 2 * EXACT)] == [1, 1, 2, 2, 4]


@pytest.mark.parametrize("every", [1, 2, 7, 16, 1000])
def test_many_are_estimated_with_few_writes(every: int) -> None:
    """A drift in every event writes some 32 times for each doubling, and is counted to about a tenth."""
    row, writes = counted(50_000, first=12_345, every=every)
    assert abs(row.events - 50_000) < 0.35 * 50_000
    assert writes < 64 + 11 * 64


def test_last_seen_is_true_to_a_period() -> None:
    """A row that nobody would count writes when a new period begins, and only then."""
    row = DriftCount(0, 0, 1 << 40, (0,))
    assert seen(row, PERIOD_MS - 1, 1) is None
    assert seen(row, PERIOD_MS, 1) == DriftCount(0, PERIOD_MS, 1 << 40, (0,))
    late = seen(DriftCount(5 * PERIOD_MS, 5 * PERIOD_MS, 1, (0,)), 7, 1)
    assert late == DriftCount(7, 5 * PERIOD_MS, 2, (0,))


users = st.lists(st.integers(0, 2**32 - 1), max_size=COMMON_USERS, unique=True).map(tuple)
rows = st.builds(DriftCount, st.integers(0, 10**13), st.integers(0, 10**13), st.integers(1, 2**60), users)


def test_a_row_of_the_format_before_is_read() -> None:
    """It had no users."""
    assert drift_counts.decode(b"\x01\x93\x01\x02\x03") == DriftCount(1, 2, 3)


def test_users_are_counted_up_to_the_few_that_matter() -> None:
    """Each once, and none beyond: a row stays small."""
    row = None
    for n in range(40):
        row = seen(row, 0, n, f"u{n % 8}") or row
    assert row is not None
    assert (len(row.users), row.is_common, row.events) == (COMMON_USERS, True, 40)


@given(rows)
def test_a_row_survives_its_bytes(row: DriftCount) -> None:
    """What is stored is what was counted."""
    assert drift_counts.decode(drift_counts.encode(row)) == row
    assert drift_counts.decode(None) is None
