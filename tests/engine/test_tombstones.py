"""How old a database may be to be taken up again."""

from hypothesis import given
from hypothesis import strategies as st

from streams.engine.store.tombstones import is_too_old

NOW_MS, DAY_MS = 1_780_500_000_000, 24 * 3600 * 1000


def test_half_of_what_kafka_keeps() -> None:
    """Up to half of `delete.retention.ms`; a time in the future is no better known; an unknown one is trusted."""
    assert not is_too_old(NOW_MS - 3 * DAY_MS, NOW_MS, 7 * DAY_MS)
    assert is_too_old(NOW_MS - 4 * DAY_MS, NOW_MS, 7 * DAY_MS)
    assert is_too_old(NOW_MS + 4 * DAY_MS, NOW_MS, 7 * DAY_MS)
    assert not is_too_old(None, NOW_MS, 0)


@given(st.integers(0, 100 * DAY_MS), st.integers(0, 100 * DAY_MS), st.integers(0, 100 * DAY_MS))
def test_longer_kept_is_never_worse(away_ms: int, kept_ms: int, more_ms: int) -> None:
    """A directory that may be taken up may also be where Kafka keeps tombstones for longer."""
    assert is_too_old(NOW_MS - away_ms, NOW_MS, kept_ms) or not is_too_old(NOW_MS - away_ms, NOW_MS, kept_ms + more_ms)
