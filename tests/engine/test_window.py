"""When a transaction is due."""

from hypothesis import given
from hypothesis import strategies as st

from streams.engine.work.window import BUSY_RECORDS, BYTES_MAX, RECORDS_MAX, CommitWindow


def test_idle_commits_at_once() -> None:
    """The first record after silence does not wait for company."""
    window = CommitWindow(0.1)
    window.open(5.0)
    window.add(1, 100)
    assert window.left_s(5.0, waiting=False) == 0


def test_load_takes_the_interval() -> None:
    """While more is waiting, or after a large transaction, a transaction stays open for the whole interval."""
    window = CommitWindow(0.1)
    window.open(5.0)
    window.add(BUSY_RECORDS, 100)
    assert window.left_s(5.0, waiting=True) > 0.09
    window.open(6.0)
    window.add(1, 100)
    assert window.left_s(6.0, waiting=False) > 0.09
    assert window.left_s(6.1, waiting=True) == 0


def test_dear_commits_are_shared() -> None:
    """After a commit that took long, what follows waits for company for twice that time, within the interval."""
    window = CommitWindow(0.1)
    window.open(5.0)
    window.add(1, 100)
    window.committed(5.03, 0.03)
    assert 0.02 < window.left_s(5.03, waiting=False) < 0.04
    window.open(5.04)
    window.add(1, 100)
    assert 0.05 < window.left_s(5.04, waiting=False) < 0.07
    window.committed(5.05, 3.0)
    assert window.left_s(5.14, waiting=False) == 0


def test_silence_ends_the_wait() -> None:
    """The first record after a silence longer than that does not wait."""
    window = CommitWindow(0.1)
    window.committed(5.0, 0.03)
    window.open(5.1)
    window.add(1, 100)
    assert window.left_s(5.1, waiting=False) == 0


def test_bounds() -> None:
    """A transaction that is full is due whatever the time: memory is bounded."""
    for records, size_bytes in ((RECORDS_MAX, 0), (0, BYTES_MAX)):
        window = CommitWindow(5.0)
        window.open(0.0)
        window.add(records, size_bytes)
        assert window.full
        assert window.left_s(0.0, waiting=True) == 0


@given(st.lists(st.tuples(st.integers(0, 5000), st.floats(0, 1), st.floats(0, 1)), max_size=20), st.booleans())
def test_never_longer_than_the_interval(steps: list[tuple[int, float, float]], waiting: bool) -> None:
    """Whatever came before, a transaction waits at least nothing and at most the interval."""
    window = CommitWindow(0.1)
    for records, now_s, commit_s in steps:
        window.committed(now_s, commit_s)
        window.open(now_s)
        window.add(records, 0)
        assert 0 <= window.left_s(now_s, waiting=waiting) <= 0.1 + 1e-9
