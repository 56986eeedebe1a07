"""The time that is taken where nobody names one."""

from connectors.control.recovery.gap import longest
from connectors.svix.client import SvixSpan

MINUTE_MS = 60_000


def test_the_longest_time_without_a_heartbeat_counts() -> None:
    """In any order; a closed one ends with the heartbeat after it."""
    beats = [n * MINUTE_MS for n in (0, 1, 2, 30, 31, 100, 101)]
    assert longest(reversed(beats), 102 * MINUTE_MS) == SvixSpan(31 * MINUTE_MS, 100 * MINUTE_MS)


def test_an_outage_that_goes_on_is_open() -> None:
    """From the last heartbeat until now."""
    assert longest([0, MINUTE_MS], 90 * MINUTE_MS) == SvixSpan(MINUTE_MS, None)


def test_short_times_are_none() -> None:
    """A quiet night's minutes need no recovery; nor does a gateway that never had a delivery."""
    assert longest([0, 9 * MINUTE_MS], 12 * MINUTE_MS) is None
    assert longest([], MINUTE_MS) is None
