"""The law of `test_laws` for what is hard: crowded minutes, corrections, two sources at one second, clocks that move.

A delivery says some samples of one source, and where the user's clock stands. It is newer than those before it in the
list, and whatever it says of a time of its source takes the place of what they said. The deliveries come in any order,
some of them twice; the alerts that stand in the end, with their evidence, are the same.
"""

from typing import Any, NamedTuple

from hypothesis import example, given
from hypothesis import strategies as st

from streams.alerts.episodes.silence import RECENT_MAX
from tests.alerts.stage import Stage, at, head, samples

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
        provider, kind = SOURCES[source]
        for rhythm in ("irregular", "regular"):
            part = [(minute, value) for minute, value in news if (value > 140) == (rhythm == "irregular")]
            record = samples(
                part or [(0, 0)], unit="bpm", delivered_us=at(END) + version * 1000, provider=provider,
                source_type=kind, timezone_offset_s=None if source == MUTE else offset_s, offset=version, type=rhythm,
            )  # fmt: skip
            if part:
                stage.see("heartrate", record)
    stage.wait(1)
    stage.wait(12 * 60)
    return stage


IRREGULAR: dict[str, Any] = {
    "name": "irregular", "kind": "event", "resource": "heartrate", "where": {"type": "irregular"}, "max_age": "2d",
}  # fmt: skip
moments = st.builds(
    Delivery,
    st.integers(0, 2),
    st.just(0),
    st.dictionaries(st.integers(0, 9).map(lambda n: 10 * n), st.sampled_from([60, 150]), min_size=1, max_size=5),
)


@given(st.lists(moments, min_size=1, max_size=8), st.sampled_from(["0s", "15s"]), st.randoms(use_true_random=False))
def test_events_of_samples_in_any_order(said: list[Delivery], cooldown: str, chance: Any) -> None:
    """Samples that a rule waits for, taken back or confirmed by another source: thirty, no more than are kept."""
    rule = IRREGULAR | {"cooldown": cooldown}
    in_order = list(enumerate(said))
    shuffled = [*in_order, *in_order[::2]]
    chance.shuffle(shuffled)
    assert run(shuffled, rule).standing() == run(in_order, rule).standing()


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


# Things with an id: a newer version may have another value, time or source, and takes the place of the one before.

RESTING: dict[str, Any] = {"resource": "sleep", "field": "hr_resting_bpm", "max_age": "9d", "resolve_after": "2d"}
OF_SUMMARIES: list[dict[str, Any]] = [
    {"name": "rest", "kind": "threshold", "above": "70 bpm", "clear_below": "60 bpm", **RESTING},
    {"name": "rest", "kind": "deviation", "above_sd": 1, "days": 5, "days_min": 2, **RESTING},
    {"name": "beat", "kind": "event", "resource": "electrocardiogram", "where": {"classification": "fibrillation"}},
    {"name": "beat", "kind": "event", "resource": "electrocardiogram", "where": {"classification": "fibrillation"},
     "cooldown": "1h", "resolve_after": "2h"},
]  # fmt: skip


class Version(NamedTuple):
    """Of a summary or a recording. `value`: beats a minute; below 70 the rhythm is sinus."""

    id: int
    minute: int
    value: int
    source: int


versions = st.lists(
    st.builds(
        Version,
        st.integers(0, 3),
        st.integers(-40, 20).map(lambda n: 30 * n),
        st.sampled_from([50, 65, 75, 90]),
        st.integers(0, 2),
    ),
    min_size=1,
    max_size=10,
)


def run_summaries(order: list[tuple[int, Version]], rule: dict[str, Any]) -> Stage:
    """Versions with their place in time, in the order of arrival; what is stale or known leaves no clean record."""
    stage, newest = Stage([rule]), dict[int, tuple[int, Version]]()
    for number, version in order:
        before = newest.get(version.id)
        if before is not None and before[0] >= number:
            continue
        newest[version.id] = (number, version)
        if before is not None and before[1] == version:
            continue
        provider, kind = SOURCES[version.source]
        record = head(at(601) + number * 1000, provider=provider, source_type=kind, offset=number)
        end_us = at(version.minute)
        record |= {"id": f"s{version.id}", "calendar_date": None, "hr_resting_bpm": version.value}
        record |= {"session_start_at": end_us - 1, "session_end_at": end_us}
        record |= {"bedtime_start_at": end_us - 1, "bedtime_stop_at": end_us}
        record |= {"classification": "sinus" if version.value < 70 else "fibrillation"}
        stage.see(rule["resource"], record)
    stage.wait(1)
    stage.wait(12 * 60)
    return stage


@given(versions, st.sampled_from(OF_SUMMARIES), st.randoms(use_true_random=False))
def test_versions_in_any_order_leave_the_same_alerts(said: list[Version], rule: dict[str, Any], chance: Any) -> None:
    """Summaries and recordings that are changed, moved in time, or taken over by another source."""
    in_order = list(enumerate(said))
    shuffled = [*in_order, *in_order[::2]]
    chance.shuffle(shuffled)
    assert run_summaries(shuffled, rule).standing() == run_summaries(in_order, rule).standing()


# Quiet hours are the user's, and what says where they lie may be another resource.


@given(
    st.lists(st.tuples(st.integers(0, 12).map(lambda n: 5 * n), st.sampled_from([80, 150])), max_size=6),
    st.lists(
        st.tuples(st.integers(0, 60), st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Tokyo"])), max_size=3
    ),
    st.randoms(use_true_random=False),
)
def test_zones_in_any_order_leave_the_same_alerts(
    beats: list[tuple[int, int]], zones: list[tuple[int, str]], chance: Any
) -> None:
    """Samples, and other resources that name a zone, in any order: the same quiet hours in the end."""
    rule = HIGH | {"name": "night", "quiet": "14:00-14:40", "max_age": "3h", "resolve_after": "1h"}
    said: list[tuple[str, Any]] = [("beat", one) for one in dict(beats).items()] + [("zone", one) for one in zones]

    def run_in(order: list[tuple[str, Any]]) -> Stage:
        stage = Stage([rule])
        for kind, (minute, what) in order:
            if kind == "beat":
                stage.see("heartrate", samples([(minute, what)], unit="bpm", delivered_us=at(60)))
            else:
                record = head(at(60), provider="oura", source_type="ring", time_zone=what) | {"id": f"a{minute}{what}"}
                stage.see("sleep_cycle", record | {"session_start_at": at(minute) - 1, "session_end_at": at(minute)})
        stage.wait(1)
        stage.wait(12 * 60)
        return stage

    in_order = run_in(said)
    chance.shuffle(said)
    assert run_in(said).standing() == in_order.standing()


# Signs of life, more than are recent, for a habit that is learned.


@given(
    st.sets(st.integers(0, 14 * 24), min_size=20, max_size=50),
    st.sets(st.integers(0, 40), max_size=30),
    st.randoms(use_true_random=False),
)
def test_signs_in_any_order_leave_the_same_silences(hours: set[int], late: set[int], chance: Any) -> None:
    """Of two weeks, with a burst at the end. Older silences than the oldest recent sign are final, and not compared."""
    rule = {"name": "quiet", "kind": "silence", "resource": "heartrate", "learned": True, "at_least": "2h",
            "max_age": "30d"}  # fmt: skip
    minutes = sorted({*(60 * hour for hour in hours), *(14 * 24 * 60 + minute for minute in late)})

    def run_in(order: list[int]) -> Stage:
        stage = Stage([rule])
        for minute in order:
            record = samples([(minute, 70)], unit="bpm", delivered_us=at(minute))
            record["delivery"]["received_at"] = at(15 * 24 * 60) // 1000
            stage.see("heartrate", record)
        stage.wait(1)
        stage.wait(24 * 60)
        stage.wait(10 * 24 * 60)
        return stage

    def recent(stage: Stage) -> list[tuple[Any, ...]]:
        return [row for row in stage.standing() if row[2] >= at(minutes[-RECENT_MAX:][0])]

    shuffled = minutes * 2
    chance.shuffle(shuffled)
    assert recent(run_in(shuffled)) == recent(run_in(minutes))
