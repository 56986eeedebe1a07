"""How long what comes too often has to wait."""

from hypothesis import given
from hypothesis import strategies as st

from connectors.webhook.limits.bucket import Bucket

WAIT_S_MAX = 3.0


def test_little_waits_for_nothing() -> None:
    """At a pace below the bucket's nothing ever waits, after a burst of `at_once` either."""
    bucket = Bucket(2.0, 5.0, WAIT_S_MAX)
    assert [bucket.take(0.0) for _ in range(5)] == [0.0] * 5
    assert [bucket.take(now_s / 2) for now_s in range(1, 1000)] == [0.0] * 999


def test_much_waits() -> None:
    """Beyond the burst each waits longer than the one before, up to the longest wait; idle time makes good for all."""
    bucket = Bucket(2.0, 5.0, WAIT_S_MAX)
    waits = [bucket.take(0.0) for _ in range(20)][5:]
    assert waits[:7] == [0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.0]
    assert waits == sorted(waits)
    assert max(waits) == WAIT_S_MAX
    # 3 s are owed, and the bucket fills in 2.5 s more.
    assert [bucket.take(5.5) for _ in range(6)] == [0.0] * 5 + [0.5]


@given(steps_s=st.lists(st.floats(0, 10), max_size=200), per_s=st.floats(0.5, 500), at_once=st.floats(1, 1000))
def test_nothing_waits_for_ever(steps_s: list[float], per_s: float, at_once: float) -> None:
    """Whatever came before: no wait is longer than the longest, and after a quiet time there is none."""
    bucket, now_s = Bucket(per_s, at_once, WAIT_S_MAX), 0.0
    for step_s in steps_s:
        now_s += step_s
        assert 0.0 <= bucket.take(now_s) <= WAIT_S_MAX + 1e-9
    assert bucket.take(now_s + WAIT_S_MAX + at_once / per_s + 1) == 0.0
