"""Laws: the order of deliveries and their repetition change nothing in the end; inside the band nothing moves.

Precisely: the alerts that stand (all but those taken back as corrected), with their times and evidence, are a function
of the set of samples, each in its newest version, as long as every sample is fresh when it comes and none comes after
MARKS_MAX newer ones. Old history changes a baseline, but is judged with the next fresh sample only.
"""

from collections.abc import Iterable
from random import Random
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.alerts.stage import LOW, Stage, at, samples

DAY = 24 * 60
RULES: list[dict[str, Any]] = [
    LOW | {"max_age": "2d"},
    LOW | {"name": "once", "samples": 1, "within": "0s", "clear_samples": 2, "max_age": "2d", "cooldown": "20m"},
    {"name": "lasting", "kind": "threshold", "resource": "glucose", "above": "4.9 mmol/L", "lasting": "15m",
     "max_age": "2d", "resolve_after": "20m"},
    {"name": "fall", "kind": "rate", "resource": "glucose", "falls": "1 mmol/L", "change_within": "12m",
     "clear": "0.5 mmol/L", "max_age": "2d"},
    {"name": "quiet", "kind": "threshold", "resource": "glucose", "below": "3.9 mmol/L", "max_age": "2d",
     "quiet": "12:00-13:00", "resolve_after": "4h"},
]  # fmt: skip

# (minutes, value, version): a sample may be corrected by a greater version.
Sample = tuple[int, float, int]
sample_sets = st.lists(
    st.tuples(
        st.integers(0, 30).map(lambda n: 5 * n),
        st.sampled_from([3.5, 3.7, 4.1, 4.3, 4.6, 5.0, 5.5]),
        st.integers(0, 1),
    ),
    min_size=1,
    max_size=24,
    unique_by=lambda one: (one[0], one[2]),
)  # fmt: skip
END = 200  # everything has come by then


def run(deliveries: Iterable[Sample], rules: list[dict[str, Any]], end: int = END) -> Stage:
    """One sample a delivery, in this order; what is stale or known does not leave the agents, so it does not come."""
    stage, newest = Stage(rules), dict[int, Sample]()
    for minute, value, version in deliveries:
        before = newest.get(minute)
        if before is not None and (before[2] >= version or before[1] == value):
            if before[2] < version:
                newest[minute] = (minute, value, version)
            continue
        newest[minute] = (minute, value, version)
        stage.see("glucose", samples([(minute, value)], late_min=end - minute))
    stage.wait(0.1)
    stage.wait(12 * 60)
    return stage


@settings(max_examples=150)
@given(sample_sets, st.randoms(use_true_random=False), st.sampled_from(RULES))
@example([(0, 3.5, 0), (10, 3.5, 0), (5, 5.0, 0)], Random(1), RULES[0])
def test_order_and_repetition_change_nothing(given_samples: list[Sample], chance: Any, rule: dict[str, Any]) -> None:
    """Any interleaving with duplicates ends with the same standing alerts as the order of time."""
    shuffled = given_samples + chance.sample(given_samples, len(given_samples) // 2)
    chance.shuffle(shuffled)
    in_order = run(sorted(given_samples, key=lambda one: (one[2], one[0])), [rule])
    assert run(shuffled, [rule]).standing() == in_order.standing()


OWN = {
    "name": "own", "kind": "deviation", "resource": "glucose", "above_sd": 1, "clear_sd": 0.5, "days": 3, "days_min": 2,
    "max_age": "20d", "resolve_after": "3d",
}  # fmt: skip


@settings(max_examples=100)
@given(
    st.lists(
        st.tuples(st.integers(0, 30).map(lambda n: 290 * n), st.sampled_from([5.0, 5.2, 6.0, 9.0]), st.integers(0, 1)),
        min_size=3,
        max_size=30,
        unique_by=lambda one: (one[0], one[2]),
    ),
    st.randoms(use_true_random=False),
)
def test_a_user_s_own_normal_does_not_depend_on_the_order(given_samples: list[Sample], chance: Any) -> None:
    """Live samples of several days, each in the baseline of the days behind it: the same alerts stand."""
    shuffled = given_samples + chance.sample(given_samples, len(given_samples) // 2)
    chance.shuffle(shuffled)
    in_order = run(sorted(given_samples, key=lambda one: (one[2], one[0])), [OWN], end=9000)
    assert run(shuffled, [OWN], end=9000).standing() == in_order.standing()


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("rule", RULES[:4], ids=lambda rule: rule["name"])
def test_a_day_of_samples_that_overtake_each_other(seed: int, rule: dict[str, Any]) -> None:
    """Far more samples than a window holds and more alerts than are remembered, each late by up to forty minutes."""
    chance, rule = Random(seed), rule | {"max_age": "2h", "resolve_after": "40m"}
    late = [(5 * n, chance.choice([3.5, 3.7, 4.1, 4.6, 5.0, 5.5]), chance.randint(1, 40)) for n in range(300)]

    def run_in(order: list[tuple[int, float, int]]) -> Stage:
        stage, clock = Stage([rule]), 0
        for minute, value, late_min in order:
            clock = max(clock, minute + late_min)
            stage.see("glucose", samples([(minute, value)], late_min=clock - minute))
        stage.now_us = max(stage.now_us, at(1600))
        stage.wait(12 * 60)
        told = [(one["id"], one["revision"]) for one in stage.alerts]
        assert len(set(told)) == len(told)
        return stage

    by_arrival = sorted(late, key=lambda one: one[0] + one[2])
    assert run_in(by_arrival).standing() == run_in(late).standing()


@settings(max_examples=60)
@given(sample_sets, st.randoms(use_true_random=False))
def test_a_replay_says_the_same(given_samples: list[Sample], chance: Any) -> None:
    """The same log again, from nothing: the same records, ids and revisions included."""
    chance.shuffle(given_samples)
    first, second = run(given_samples, RULES), run(given_samples, RULES)
    assert first.alerts == second.alerts


@settings(max_examples=60)
@given(sample_sets, st.randoms(use_true_random=False))
def test_a_life_has_an_order(given_samples: list[Sample], chance: Any) -> None:
    """Of each alert: revisions from 1 without gaps, opened first, and in the end it is over."""
    chance.shuffle(given_samples)
    by_id: dict[str, list[dict[str, Any]]] = {}
    for alert in run(given_samples, RULES).alerts:
        by_id.setdefault(alert["id"], []).append(alert)
    for life in by_id.values():
        assert [one["revision"] for one in life] == list(range(1, len(life) + 1))
        assert life[0]["life"] == "opened"
        assert life[-1]["life"] == "resolved"


@settings(max_examples=60)
@given(st.lists(st.floats(3.91, 4.39), min_size=1, max_size=30), st.booleans())
def test_nothing_moves_inside_the_band(values: list[float], is_open: bool) -> None:
    """Between the bound and the calm bound neither opens nor ends anything."""
    stage = Stage([LOW])
    if is_open:
        stage.see("glucose", samples([(-10, 3.5), (-5, 3.5)]))
    before = len(stage.alerts)
    for n, value in enumerate(values):
        stage.see("glucose", samples([(n * 5, value)]))
    assert len(stage.alerts) == before


@settings(max_examples=60)
@given(sample_sets, st.sampled_from(RULES))
def test_no_alert_from_old_data(given_samples: list[Sample], rule: dict[str, Any]) -> None:
    """Samples older than the rule allows, fetched or delivered: nothing, whatever they are."""
    stage = Stage([rule])
    for minute, value, version in given_samples:
        stage.see("glucose", samples([(minute, value)], late_min=2 * DAY + 1, origin="historical"))
        stage.see("glucose", samples([(minute, value + version / 100)], late_min=2 * DAY + 1))
    stage.wait(12 * 60)
    assert stage.alerts == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["name"])
def test_the_end_leaves_nothing_behind(rule: dict[str, Any]) -> None:
    """When all is over and old no timer is armed and no standing stored: only the marks stay."""
    stage = run([(5 * n, value, 0) for n, value in enumerate([5.5, 5.5, 5.5, 5.5, 3.5, 3.5, 3.5, 4.6, 4.6])], [rule])
    stage.see("glucose", samples([(3 * DAY, 4.6), (3 * DAY + 5, 4.6)]))
    stage.wait(30 * DAY)
    stage.wait(30 * DAY)
    assert [key[:2] for key in stage.table if key[:2] in (b"t|",)] == []
