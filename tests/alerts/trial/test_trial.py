"""A trial says what it looked at and what it left out: nobody shall take "not judged" for "nothing wrong"."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.alerts.lives.user import PersonalBounds
from streams.alerts.rules.parser import rules_of
from streams.alerts.rules.rule_set import RuleSet
from streams.alerts.trial.data_span import RATE_SPAN_MS, DataSpan, per_user_and_week
from streams.alerts.trial.replay import TimedRecord, timed_records
from streams.alerts.trial.runner import TrialOutcome
from streams.alerts.trial.trial import Trial
from streams.cli.show.alert_trial import print_trial, sentences
from streams.events.times import DAY_US
from tests.alerts.evaluation.test_event_rules import AFIB, ecg
from tests.alerts.stage import LOW, T0_US, USER, Stage, samples

T0_MS, HOUR_MS, DAY_MS = T0_US // 1000, 3_600_000, DAY_US // 1000
SILENT = {"name": "silent", "kind": "silence", "resource": "glucose", "longer_than": "2d"}
OTHER = "11111111-9c3b-4b8e-8f0a-1d2f3a4b5c6d"


def _glucose(minute: int, n: int, *, unit: str, is_floating: bool, late_min: int) -> dict[str, Any]:
    points = [(minute + place, 3.0) for place in range(n)]
    return samples(points, unit=unit, late_min=late_min, is_floating_time=is_floating, offset=minute)


RECORDS = st.builds(
    _glucose,
    st.integers(0, 5000),
    st.integers(1, 4),
    unit=st.sampled_from(["mmol/L", "mg/dL"]),
    is_floating=st.booleans(),
    late_min=st.sampled_from([1, 300]),
)


def _arrivals(records: list[dict[str, Any]]) -> list[TimedRecord]:
    return sorted(
        (TimedRecord(one["delivery"]["received_at"], "glucose", one) for one in records), key=lambda one: one[0]
    )


def _skipped(stage: Stage, records: list[TimedRecord], since_ms: int) -> dict[str, int]:
    """What a worker counts for records from `since_ms` on."""
    total: dict[str, int] = {}
    for at_ms, topic, record in records:
        draft = stage.draft(at_ms * 1000)
        stage.watch.evaluate_record(draft, topic, record)
        stage.commit(draft)
        for name, n in draft.counts.items():
            if name[0] == "alert_skipped" and at_ms >= since_ms:
                total[name[1]] = total.get(name[1], 0) + n
    return total


@given(st.lists(RECORDS, max_size=8), st.integers(0, 5000))
def test_a_trial_counts_what_a_worker_counts(records: list[dict[str, Any]], since_min: int) -> None:
    """For every reason for which a worker does not judge, a trial counts as much, from the asked time on."""
    arrivals, since_ms = _arrivals(records), T0_MS + since_min * 60_000
    trial = Trial(RuleSet.of(rules_of([LOW])), {}, {}, since_ms)
    trial.feed(arrivals)
    assert dict(trial.skipped) == _skipped(Stage([LOW]), arrivals, since_ms)


@given(st.lists(st.tuples(st.integers(-300, 200), st.integers(0, 1), st.integers(1, 400), st.booleans()), max_size=8))
def test_a_trial_judges_history_as_a_worker_does(given_records: list[tuple[int, int, int, bool]]) -> None:
    """Stored records of deliveries and of fetched pages, some fresh, some old: the same alerts stand."""
    records = [
        samples([(minute - 5, 3.0), (minute, 3.0 + 2 * calm)], late_min=late_min, offset=n,
                origin="historical" if is_page else "incremental")
        for n, (minute, calm, late_min, is_page) in enumerate(given_records)
    ]  # fmt: skip
    rules, stage = RuleSet.of(rules_of([LOW])), Stage([LOW])
    max_age_us = rules.by_topic["glucose"].max_age_us
    found = [timed for one in records for timed in timed_records("glucose", one, history=False, max_age_us=max_age_us)]
    trial = Trial(rules, {}, {})
    trial.feed(sorted(found, key=lambda one: one.at_ms))
    for _, topic, record in _arrivals(records):
        stage.see(topic, record)
    stage.wait(12 * 60)
    trial.wait(T0_MS + 48 * HOUR_MS)
    stands = [(one.opened_us, one.ended_us or 0) for one in trial.fired() if not one.is_taken_back]
    assert sorted(stands) == sorted((row[3], row[4]) for row in stage.standing())


@pytest.mark.parametrize(
    ("record", "skipped"),
    [
        (samples([(0, 3.0), (1, 3.0)], is_floating_time=True), {"floating_time": 2}),
        (samples([(0, 55), (1, 55), (2, 55)], unit="mg/dL"), {"unit": 3}),
        (samples([(0, 3.0), (1, 3.0)], late_min=300), {"too_old": 2}),
        (samples([(0, 3.0)]), {}),
    ],
)
def test_what_is_not_judged_is_counted_in_values(record: dict[str, Any], skipped: dict[str, int]) -> None:
    """Each value that rules did not look at counts one, whatever the reason."""
    trial = Trial(RuleSet.of(rules_of([LOW])), {}, {})
    trial.feed([TimedRecord(record["delivery"]["received_at"], "glucose", record)])
    assert dict(trial.skipped) == skipped


def test_silence_is_judged_without_a_zone() -> None:
    """Where only silence is asked about, local times of an unknown zone are no omission."""
    record = samples([(0, 3.0)], is_floating_time=True)
    trial = Trial(RuleSet.of(rules_of([SILENT])), {}, {})
    trial.feed([TimedRecord(record["delivery"]["received_at"], "glucose", record)])
    assert not trial.skipped


def test_what_cannot_be_kept_ends_no_trial() -> None:
    """More own bounds than a user may have are counted, as a worker refuses them; the others count."""
    own = {(USER, f"rule-{n}"): PersonalBounds(bound=1.0) for n in range(502)}
    assert Trial(RuleSet.of(rules_of([LOW])), own, {}).skipped == {"too_large": 2}


def test_an_event_that_is_too_old_is_counted() -> None:
    """Event rules, too, say what they left out."""
    record = ecg(0, "atrial_fibrillation", late_min=9 * 24 * 60)
    trial = Trial(RuleSet.of(rules_of([AFIB])), {}, {})
    trial.feed([TimedRecord(record["delivery"]["received_at"], "electrocardiogram", record)])
    assert trial.skipped == {"too_old": 1}


def _outcome(since_ms: int, times_ms: list[int], rules: list[dict[str, Any]], until_ms: int) -> TrialOutcome:
    """A trial of low samples, one at each time."""
    parsed = RuleSet.of(rules_of(rules))
    looked, trial = DataSpan(since_ms), Trial(parsed, {}, {}, since_ms)
    records = []
    for n, at_ms in enumerate(times_ms):
        record = samples([((at_ms - T0_MS) / 60_000 - 1, 3.0)], offset=n)
        records.append(TimedRecord(at_ms, "glucose", {**record, "user_id": USER if n % 2 else OTHER}))
        looked.add(at_ms, records[-1].record["user_id"])
    trial.feed(records)
    trial.wait(until_ms)
    outcome = TrialOutcome(parsed, since_ms * 1000, until_ms, {"glucose": looked})
    outcome.fired = [one for one in trial.fired() if one.opened_us >= since_ms * 1000]
    outcome.earliest_ms = {"glucose": min(times_ms)} if times_ms else {}
    outcome.records = len(records)
    return outcome


ONE_LOW = {key: LOW[key] for key in ("name", "kind", "resource", "below")} | {"resolve_after": "30m"}


def _row(outcome: TrialOutcome, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    print_trial(outcome, show_all=False, as_json=True)
    rows: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["rules"]
    return rows[0]


@pytest.mark.parametrize("asked_days", [3, 7, 30, 365])
def test_a_rate_goes_by_the_data_and_not_by_the_question(asked_days: int, capsys: pytest.CaptureFixture[str]) -> None:
    """However far back one asks, a rate is of the span from the first record to the last."""
    end_ms = T0_MS + 2 * DAY_MS
    times_ms = [T0_MS + hour * HOUR_MS for hour in range(0, 49, 2)]
    row = _row(_outcome(end_ms - asked_days * DAY_MS, times_ms, [ONE_LOW], end_ms), capsys)
    assert (row["alerts"], row["of"], row["over"]) == (25, 2, 2 * 86400)
    assert row["per user and week"] == round(25 / 2 / (2 / 7), 2)


@given(st.lists(st.integers(T0_MS, T0_MS + 30 * DAY_MS), max_size=20), st.integers(0, 400), st.integers(0, 400))
def test_what_was_looked_at_does_not_depend_on_the_question(times_ms: list[int], one: int, two: int) -> None:
    """Two questions that both reach behind the first record have the same users over the same span."""
    said = set()
    for days in (one, two):
        looked = DataSpan(T0_MS - days * DAY_MS)
        for n, at_ms in enumerate(times_ms):
            looked.add(at_ms, f"user-{n % 3}")
        said.update((kind, looked.of_kind(kind, T0_MS + 31 * DAY_MS)) for kind in {rule.kind for rule in _both()})
    assert len(said) == 2


def _both() -> list[Any]:
    return list(RuleSet.of(rules_of([LOW, SILENT])).by_name.values())


@pytest.mark.parametrize("times_ms", [[], [T0_MS], [T0_MS, T0_MS + 12 * 60_000], [T0_MS, T0_MS + RATE_SPAN_MS - 1]])
def test_minutes_are_no_week(times_ms: list[int], capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing, one record, or a span of hours gives no rate, and the sentence says so."""
    outcome = _outcome(T0_MS - 30 * DAY_MS, times_ms, [ONE_LOW], T0_MS + DAY_MS)
    assert _row(outcome, capsys)["per user and week"] is None
    assert "no rate of glucose-low: it needs data over 20 h at least" in list(sentences(outcome))


def test_the_learning_time_is_no_part_of_the_rate() -> None:
    """Users and time from before the question, which are read only to learn from, count for nothing."""
    looked = DataSpan(T0_MS)
    looked.add(T0_MS - 20 * DAY_MS, OTHER)
    looked.add(T0_MS, USER)
    looked.add(T0_MS + DAY_MS, USER)
    assert looked.of_kind(_both()[0].kind, T0_MS + 9 * DAY_MS) == (1, DAY_MS)


def test_silence_is_looked_at_without_a_record() -> None:
    """A silence rule looks at everybody who was ever heard, until the end of the trial."""
    looked = DataSpan(T0_MS)
    looked.add(T0_MS - 20 * DAY_MS, OTHER)
    assert looked.of_kind(_both()[1].kind, T0_MS + 9 * DAY_MS) == (1, 9 * DAY_MS)
    looked = DataSpan(T0_MS)
    looked.add(T0_MS + DAY_MS, OTHER)
    assert looked.of_kind(_both()[1].kind, T0_MS + 9 * DAY_MS) == (1, 8 * DAY_MS)


@given(st.lists(st.integers(0, 100).map(lambda n: T0_MS + n * HOUR_MS), max_size=12), st.randoms(use_true_random=False))
def test_partitions_may_be_looked_at_in_any_order(times_ms: list[int], chance: Any) -> None:
    """Users and spans are those of all records: (0, 0) without any, else from the first to the last, or to the end."""
    looked, users = DataSpan(T0_MS + 50 * HOUR_MS), {at_ms: f"user-{at_ms % 7}" for at_ms in times_ms}
    for at_ms in chance.sample(times_ms, len(times_ms)):
        looked.add(at_ms, users[at_ms])
    low, silent = _both()
    end_ms, late = T0_MS + 60 * HOUR_MS, [at_ms for at_ms in times_ms if at_ms >= looked.since_ms]
    expected = (len({users[one] for one in late}), max(late) - min(late)) if late else (0, 0)
    assert looked.of_kind(low.kind, end_ms) == expected
    began_ms = max(looked.since_ms, min(times_ms, default=0))
    heard = (len(set(users.values())), max(0, end_ms - began_ms)) if times_ms else (0, 0)
    assert looked.of_kind(silent.kind, end_ms) == heard


def test_a_rate_begins_at_the_least_span() -> None:
    """Exactly the least span is enough."""
    assert per_user_and_week(1, 1, RATE_SPAN_MS) == pytest.approx(7 * 24 / 20)
    assert per_user_and_week(1, 1, RATE_SPAN_MS - 1) is None
    assert per_user_and_week(0, 0, RATE_SPAN_MS) is None


def test_how_far_back_the_topics_reach() -> None:
    """Who asks for more than the topics keep is told from when on there are records; else nothing is said of it."""
    far = _outcome(T0_MS - 30 * DAY_MS, [T0_MS, T0_MS + DAY_MS], [ONE_LOW], T0_MS + DAY_MS)
    assert [one for one in sentences(far) if one.startswith("asked since")] == [
        "asked since 2026-05-04T12:00:00Z, but the earliest records that are kept: glucose 2026-06-03T12:00:00Z"
    ]
    far.earliest_ms = {}
    assert any(one.endswith("that are kept: glucose has none") for one in sentences(far))
    near = _outcome(T0_MS, [T0_MS, T0_MS + DAY_MS], [ONE_LOW], T0_MS + DAY_MS)
    assert list(sentences(near)) == ["2 records read. Nothing was sent."]


def test_what_was_left_out_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """A person and a machine are told how much was not judged, and why."""
    outcome = _outcome(T0_MS, [T0_MS, T0_MS + DAY_MS], [ONE_LOW], T0_MS + DAY_MS)
    outcome.skipped.update(floating_time=1, unit=1200, history=2, unreadable=1)
    print_trial(outcome, show_all=False, as_json=False)
    said = capsys.readouterr().out
    for sentence in (
        "1 value was not judged: local time of an unknown zone",
        "1,200 values were not judged: another unit than the rule's",
        "2 records were not judged: history, too old when it came",
        "1 record was not judged: unreadable",
    ):
        assert sentence in said
    assert "1 d 0 h" in said
    print_trial(outcome, show_all=False, as_json=True)
    skipped = json.loads(capsys.readouterr().out)["skipped"]
    assert skipped == {"floating_time": 1, "unit": 1200, "history": 2, "unreadable": 1, "too_old": 0, "too_large": 0}
