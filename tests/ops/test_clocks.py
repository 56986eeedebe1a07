"""When another clock counts as wrong."""

import pytest

from streams.ops.clocks import clock
from streams.ops.lines import State

NOW = 1_800_000_000_000.0


@pytest.mark.parametrize(
    ("off_s", "state", "words"),
    [
        (0, State.OK, "our time"),
        (29, State.OK, "within 29.0 s"),
        (-30, State.OK, "within"),
        (31, State.LOOK_AT, "31 s ahead of this machine"),
        (-45, State.LOOK_AT, "45 s behind this machine"),
        (299, State.LOOK_AT, "4 min 59 s ahead"),
        (-301, State.WRONG, "5 min 1 s behind this machine, and the gateway refuses deliveries that are 300 s off"),
    ],
)
def test_how_far_it_may_be(off_s: float, state: State, words: str) -> None:
    """Half a minute is nothing, more is to be looked at, more than a delivery may be off is wrong."""
    line = clock("Kafka", NOW + off_s * 1000, (NOW, NOW), grain_ms=0, tolerance_s=300)
    assert line.state is state
    assert words in line.found


def test_what_is_not_certain_is_no_finding() -> None:
    """A slow answer and whole seconds make a clock uncertain, not wrong."""
    took_40_s = (NOW - 20_000, NOW + 20_000)
    for off_s in (-45, 45):
        assert clock("x", NOW + off_s * 1000, took_40_s, grain_ms=0, tolerance_s=300).state is State.OK
    assert clock("x", NOW - 30_900, (NOW, NOW), grain_ms=1000, tolerance_s=300).state is State.OK
    assert clock("x", NOW - 31_100, (NOW, NOW), grain_ms=1000, tolerance_s=300).state is State.LOOK_AT
