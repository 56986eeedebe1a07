"""The law of `test_laws` for what is hard: crowded minutes, corrections, two sources at one second, clocks that move.

A delivery says some samples of one source, and where the user's clock stands. It is newer than those before it in the
list, and whatever it says of a time of its source takes the place of what they said. The deliveries come in any order,
some of them twice; the alerts that stand in the end, with their evidence, are the same.
"""

from typing import Any, NamedTuple

from hypothesis import example, given
from hypothesis import strategies as st

from tests.alerting.stage import Stage, at, samples

SOURCES = [("garmin", "watch"), ("apple_health_kit", "phone"), ("apple_health_kit", "watch")]
MUTE = 1  # says no offset, as some providers never do; the others always do
END = 30  # minutes; everything has come by then
COMMON: dict[str, Any] = {"resource": "heartrate", "max_age": "2d", "resolve_after": "10m"}
HIGH = {"name": "high", "kind": "threshold", "above": "140 bpm", "clear_below": "100 bpm", **COMMON}
RULES: list[dict[str, Any]] = [
    HIGH,
    HIGH | {"name": "twice", "samples": 2, "within": "2m", "clear_samples": 2, "cooldown": "3m"},
    HIGH | {"name": "lasting", "lasting": "90s", "values": True},
    {"name": "jump", "kind": "rate", "rises": "50 bpm", "change_within": "2m", "clear": "20 bpm", **COMMON},
    HIGH | {"name": "night", "quiet": "12:00-12:30", "max_age": "3h", "resolve_after": "1h"},
    {
        "name": "own",
        "kind": "deviation",
        "above_sd": 1,
        "clear_sd": 0.5,
        "days": 3,
        "days_min": 2,
        **COMMON,
        "max_age": "4d",
    },
]


class Delivery(NamedTuple):
    """`says`: (seconds after T0, value). Beats of the day before: -86400 and so on."""

    source: int
    offset_s: int
    says: dict[int, int]


seconds = st.integers(0, 30).map(lambda n: 10 * n) | st.integers(0, 20).map(lambda n: 10 * n - 86_400 * (1 + n % 2))
deliveries = st.lists(
    st.builds(
        Delivery,
        st.sampled_from([0, 0, 1, 2]),
        st.sampled_from([0, 0, 3600, -3600]),
        st.dictionaries(seconds, st.sampled_from([60, 80, 120, 150, 170, 190]), min_size=1, max_size=8),
    ),
    min_size=1,
    max_size=10,
)


def run(order: list[tuple[int, Delivery]], rule: dict[str, Any]) -> Stage:
    """Deliveries with their place in time, in the order of arrival. What is stale or known leaves no clean record."""
    stage, newest = Stage([rule]), dict[tuple[int, int], tuple[int, int, int]]()
    for version, (source, offset_s, says) in order:
        news = list[tuple[float, float]]()
        for second, value in sorted(says.items()):
            before = newest.get((source, second), (-1, 0, 0))
            if version > before[0]:
                newest[source, second] = (version, value, offset_s)
                if before[1:] != (value, offset_s):
                    news.append((second / 60, value))
        if news:
            provider, kind = SOURCES[source]
            record = samples(
                news, unit="bpm", delivered_us=at(END) + version * 1000, provider=provider, source_type=kind,
                timezone_offset_s=None if source == MUTE else offset_s, offset=version,
            )  # fmt: skip
            stage.see("heartrate", record)
    stage.wait(1)
    stage.wait(12 * 60)
    return stage


FIRST = Delivery(0, 0, {10: 60, 20: 190, 30: 170, 40: 80})


@given(deliveries, st.sampled_from(RULES), st.randoms(use_true_random=False))
@example([FIRST, Delivery(0, 0, {20: 80})], HIGH, None)
def test_deliveries_in_any_order_leave_the_same_alerts(said: list[Delivery], rule: dict[str, Any], chance: Any) -> None:
    """Corrections, sources and clocks in any order, with repetitions: the alerts and their evidence do not differ."""
    in_order = list(enumerate(said))
    shuffled = [*in_order, *in_order[::2]]
    if chance is None:
        shuffled.reverse()
    else:
        chance.shuffle(shuffled)
    assert run(shuffled, rule).standing() == run(in_order, rule).standing()
