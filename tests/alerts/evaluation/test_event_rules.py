"""Rules about events and about silence."""

from random import Random
from typing import Any

import pytest
from annotated_types import Lt
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.alerts.episodes import silence
from streams.alerts.lives.timers import GRACE_MS
from streams.events.times import HOUR_US
from streams.ops.settings import Settings
from tests.alerts.stage import MINUTE_MS, USER, Stage, at, head, samples

DAY = 24 * 60
AFIB = {
    "name": "afib",
    "kind": "event",
    "resource": "electrocardiogram",
    "where": {"classification": "atrial_fibrillation"},
}
BROKEN = {"name": "broken", "kind": "event", "resource": "connections", "where": {"status": "error"}}
SILENT = {"name": "silent", "kind": "silence", "resource": "glucose", "longer_than": "3h"}


def ecg(minute: float, classification: str, id: str = "e1", late_min: float = 5) -> dict[str, Any]:
    record = head(at(minute + late_min))
    return record | {"id": id, "classification": classification, "session_start_at": at(minute) - 30_000_000,
                     "session_end_at": at(minute), "calendar_date": None}  # fmt: skip


def link(minute: float, status: str, provider: str = "oura") -> dict[str, Any]:
    at_ms = at(minute) // 1000
    return {"user_id": USER, "provider": provider, "status": status, "since": at_ms, "last_event_at": at_ms}


def lives(stage: Stage) -> list[tuple[str, str | None]]:
    return [(life, how) for _, life, how in stage.lives()]


def test_an_event_opens_and_expires() -> None:
    """It is an alert of its own, which time ends."""
    stage = Stage([AFIB])
    assert stage.see("electrocardiogram", ecg(0, "sinus_rhythm")) == []
    (opened,) = stage.see("electrocardiogram", ecg(10, "atrial_fibrillation", "e2"))
    assert (opened["evidence"][0]["entity"], opened["kind"]) == ("e2", "event")
    stage.see("electrocardiogram", ecg(20, "atrial_fibrillation", "e3"))
    assert lives(stage) == [("opened", None), ("opened", None)]
    stage.wait(25 * 60)
    assert lives(stage)[2:] == [("resolved", "expired")] * 2
    assert stage.wait(DAY) == stage.wait(DAY) == []
    assert [key for key in stage.table if key.startswith(b"t|")] == []


def test_an_event_that_is_taken_back() -> None:
    """The recording is classified anew: it was none."""
    stage = Stage([AFIB])
    stage.see("electrocardiogram", ecg(0, "atrial_fibrillation"))
    stage.see("electrocardiogram", ecg(0, "sinus_rhythm", late_min=30))
    assert lives(stage) == [("opened", None), ("resolved", "corrected")]


def test_old_events_are_history() -> None:
    """A recording of last week is not an alert of today."""
    stage = Stage([AFIB])
    stage.see("electrocardiogram", ecg(0, "atrial_fibrillation", late_min=8 * DAY))
    assert stage.alerts == []


def test_only_fresh_history_is_an_event() -> None:
    """A recording that was fetched within a day alerts once, an older one never does, nor does it take back."""
    stage = Stage([AFIB])
    fetched = ecg(0, "atrial_fibrillation", late_min=60)
    fetched["delivery"]["origin"] = "historical"
    (opened,) = stage.see("electrocardiogram", fetched)
    for late_min, classification in ((DAY + 60, "sinus_rhythm"), (3 * DAY, "atrial_fibrillation")):
        old = ecg(0, classification, "e1" if late_min < 2 * DAY else "e2", late_min=late_min)
        old["delivery"]["origin"] = "historical"
        assert stage.see("electrocardiogram", old) == []
    assert opened["life"] == "opened"


def test_an_old_sample_keeps_no_fresh_one_back() -> None:
    """Of samples that come together only the fresh ones are events, and begin a cool-down."""
    rule = {"name": "irregular", "kind": "event", "resource": "heartrate", "where": {"type": "irregular"},
            "cooldown": "3h"}  # fmt: skip
    for origin in ("incremental", "historical"):
        stage = Stage([rule])
        points = [(minute, 60.0) for minute in (-25 * 60, -23 * 60, -1)]
        stage.see("heartrate", samples(points, unit="bpm", delivered_us=at(0), type="irregular", origin=origin))
        assert [row[2] for row in stage.standing()] == [at(-23 * 60), at(-1)]


def test_cooldown_of_events() -> None:
    """Within the cool-down of one the next is no news, whichever came first."""
    for order in ((0, 30, 90), (90, 30, 0), (30, 0, 90)):
        stage = Stage([AFIB | {"cooldown": "1h"}])
        for minute in order:
            stage.see("electrocardiogram", ecg(minute, "atrial_fibrillation", f"e{minute}", late_min=120 - minute))
        stage.wait(2 * DAY)
        assert [row[2] for row in stage.standing()] == [at(0), at(90)]


def test_a_broken_connection_lasts_until_it_is_mended() -> None:
    """A state ends when another one is reported, and not by time; of two providers each has its own."""
    stage = Stage([BROKEN])
    stage.see("connections", link(0, "connected"))
    stage.see("connections", link(10, "error"))
    stage.see("connections", link(12, "error", "fitbit"))
    stage.see("connections", link(15, "error"))
    stage.wait(3 * DAY)
    assert lives(stage) == [("opened", None)] * 2
    stage.see("connections", link(4 * DAY, "connected"))
    assert lives(stage)[2:] == [("resolved", "cleared")]
    assert stage.alerts[-1]["subject"] == "oura/"
    stage.see("connections", link(4 * DAY + 5, "error"))
    assert lives(stage)[3:] == [("opened", None)]
    assert stage.alerts[0]["id"] != stage.alerts[-1]["id"]


def test_a_rule_that_is_gone_ends_its_alerts() -> None:
    """Rules change while the worker runs: open alerts of others stay, those of the one that is gone end."""
    stage = Stage([BROKEN, SILENT])
    stage.see("connections", link(0, "error"))
    stage.use([BROKEN | {"severity": "critical"}, SILENT])
    stage.wait(1)
    assert lives(stage) == [("opened", None)]
    stage.use([SILENT])
    (gone,) = stage.wait(1)
    assert (gone["life"], gone["resolution"], gone["severity"]) == ("resolved", "rule_gone", "warning")
    assert stage.wait(60) == []


def test_silence_opens_once_and_ends_with_data() -> None:
    """Nothing for longer than fixed: one alert, whose time is when the silence became too long."""
    stage = Stage([SILENT])
    for hour in range(3):
        stage.see("glucose", samples([(hour * 60, 5)], late_min=0))
    assert stage.wait(170) == []
    (opened,) = stage.wait(11)
    assert (opened["first_at"], opened["opened_at"]) == (at(120), at(300))
    assert stage.wait(60) == stage.wait(600) == []
    (resolved,) = stage.see("glucose", samples([(1000, 5)], late_min=0))
    assert (resolved["resolution"], resolved["resolved_at"], resolved["id"]) == ("cleared", at(1000), opened["id"])


def test_old_data_are_no_sign_of_life() -> None:
    """History that is fetched, or data that are old when they come, do not end a silence."""
    stage = Stage([SILENT])
    stage.see("glucose", samples([(0, 5)], late_min=0))
    stage.wait(200)
    stage.see("glucose", samples([(100, 6)], late_min=110, origin="historical"))
    stage.see("glucose", samples([(-6 * DAY, 6)], late_min=6 * DAY + 220))
    assert lives(stage) == [("opened", None)]


def test_a_silence_that_was_none() -> None:
    """A delivery of that time comes late: the user was not silent, and the alert is taken back."""
    stage = Stage([SILENT])
    stage.see("glucose", samples([(0, 5)], late_min=0))
    stage.wait(200)
    record = samples([(150, 6)], late_min=0)
    record["delivery"]["received_at"] += 60 * MINUTE_MS
    stage.see("glucose", record)
    assert lives(stage) == [("opened", None), ("resolved", "corrected")]


def test_an_outage_of_the_worker_is_no_silence() -> None:
    """Timers look at the time up to which all is processed, not at the clock."""
    stage = Stage([SILENT])
    stage.see("glucose", samples([(0, 5)], late_min=0))
    draft = stage.draft(at(600))
    draft.complete_ms = at(120) // 1000
    stage.watch.punctuate(draft)
    assert stage.commit(draft) == []


def test_timers_wait_for_what_a_door_still_holds() -> None:
    """As long as a door may wait for Kafka, whatever `publish_timeout_s` is set to."""
    (bound,) = [one.lt for one in Settings.model_fields["publish_timeout_s"].metadata if isinstance(one, Lt)]
    assert isinstance(bound, int)
    assert bound * 1000 <= GRACE_MS


def test_a_delivery_that_a_door_held_is_in_time() -> None:
    """What was received before a silence was due, and stored fourteen seconds later, keeps it from being told.

    Neither a timer that was armed for an older sign of life, nor an older delivery that comes meanwhile, is quicker.
    """
    stage = Stage([SILENT])
    stage.see("glucose", samples([(0, 5)], late_min=0))
    stage.see("glucose", samples([(30, 5)], late_min=0))  # silent at 210; the timer stays at 180
    draft = stage.draft(at(210) + 14_000_000)
    stage.watch.punctuate(draft)
    assert stage.commit(draft) == []
    late = samples([(10, 6)], late_min=0)
    late["delivery"]["received_at"] = at(210) // 1000 + 14_000
    assert stage.see("glucose", late) == []
    stage.see("glucose", samples([(209.9, 5)], late_min=0))
    stage.wait(60)
    assert stage.alerts == []


def test_a_silence_that_fell_due_as_a_record_came_is_told() -> None:
    """Too fresh to be told with the record: a timer does it."""
    stage = Stage([SILENT])
    stage.see("glucose", samples([(0, 5)], late_min=0))
    late = samples([(-10, 6)], late_min=0)
    late["delivery"]["received_at"] = at(180) // 1000 + 10_000
    assert stage.see("glucose", late) == []
    assert [one["life"] for one in stage.wait(5)] == ["opened"]


def test_behind_an_outage_of_the_door_nobody_was_silent() -> None:
    """What was created meanwhile comes in a row, with pauses: the clock of a lasting silence begins with what came."""
    stage = Stage([SILENT])
    for n in range(10):
        record = samples([(n * 60, 5)], late_min=0)
        record["delivery"]["received_at"] = at(1000 + n) // 1000
        stage.see("glucose", record)
        stage.wait(0.5)
    assert stage.wait(100) == []
    (opened,) = stage.wait(90)
    assert opened["opened_at"] == at(9 * 60 + 180)


def test_an_older_sign_of_life_does_not_end_a_silence() -> None:
    """A delivery from before the silence comes late: the silence lasts."""
    stage = Stage([SILENT])
    stage.see("glucose", samples([(0, 5)], late_min=0))
    stage.wait(200)
    record = samples([(-10, 6)], late_min=0)
    record["delivery"]["received_at"] = at(150) // 1000
    stage.see("glucose", record)
    stage.wait(60)
    assert lives(stage) == [("opened", None)]


def test_a_learned_silence() -> None:
    """A user who weighs in each morning is silent after a day and a half, one who does so weekly is not."""
    rule = {"name": "learned", "kind": "silence", "resource": "weight", "learned": True, "at_least": "6h"}
    daily, weekly = Stage([rule]), Stage([rule])
    for day in range(20):
        daily.see("weight", samples([(day * DAY, 70)], unit="kg", late_min=0))
        daily.wait(1)
    for week in range(5):
        weekly.see("weight", samples([(week * 7 * DAY, 70)], unit="kg", late_min=0))
        weekly.wait(1)
    for stage in (daily, weekly):
        assert stage.alerts == []
        stage.wait(35 * 60)
        assert stage.alerts == []
        stage.wait(12 * 60)
    assert lives(daily) == [("opened", None)]
    assert weekly.alerts == []
    for _ in range(12):
        weekly.wait(DAY)
    assert lives(weekly) == [("opened", None)]


@settings(max_examples=100)
@given(st.lists(st.integers(0, 1500), min_size=1, max_size=20, unique=True), st.randoms(use_true_random=False))
def test_silences_do_not_depend_on_the_order(minutes: list[int], chance: Any) -> None:
    """The gaps between deliveries are what they are, however the deliveries come."""

    def run(order: list[int]) -> Stage:
        stage = Stage([SILENT | {"max_age": "3d"}])
        for minute in order:
            record = samples([(minute, 5)], late_min=0)
            record["delivery"]["received_at"] = at(1500) // 1000
            stage.see("glucose", record)
        stage.wait(1)
        return stage

    shuffled = minutes * 2
    chance.shuffle(shuffled)
    assert run(shuffled).standing() == run(sorted(minutes)).standing()


signs = st.lists(st.tuples(st.integers(0, 60).map(lambda n: 97 * n), st.integers(0, 3)), min_size=20, max_size=70)


@given(signs, st.randoms(use_true_random=False))
def test_signs_of_life_are_a_set(given_signs: list[tuple[int, int]], chance: Any) -> None:
    """(minute, arrival after it): far more of them than are recent, in any order, some twice: the same is known."""

    def known(order: list[tuple[int, int]]) -> silence.Arrivals:
        arrivals = silence.Arrivals()
        for minute, later in order:
            arrivals = silence.add(arrivals, at(minute), at(minute + later))
        return arrivals

    shuffled = given_signs * 2
    chance.shuffle(shuffled)
    assert known(shuffled) == known(given_signs)


def test_a_late_sign_of_life_counts_for_the_habit() -> None:
    """Older than all recent ones: its hour had news all the same."""
    minutes = [5 * 60 + n for n in range(silence.RECENT_MAX + 1)]

    def known(order: list[int]) -> silence.Arrivals:
        arrivals = silence.Arrivals()
        for minute in order:
            arrivals = silence.add(arrivals, at(minute), at(minute))
        return arrivals

    late = known([*minutes, 0])
    assert late == known([0, *minutes])
    assert late.base == at(0) // HOUR_US
    assert silence.add(late, at(0), at(0)) is late


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(1, 400), st.booleans(), st.integers(0, 3)), min_size=1, max_size=15))
def test_timers_fire_once_over_any_schedule_of_kills(steps: list[tuple[int, bool, int]]) -> None:
    """Transactions that were not committed are done again: nothing of them is seen, nothing is told twice."""

    def run(kills: bool) -> list[dict[str, Any]]:
        stage, minute = Stage([SILENT, BROKEN, AFIB | {"resolve_after": "2h"}]), 0
        for apart, is_data, killed in steps:
            minute += apart
            for _ in range(killed if kills else 0):
                lost = stage.draft(at(minute))
                stage.watch.punctuate(lost)
                stage.watch.evaluate_record(lost, "glucose", samples([(minute, 5)], late_min=0))
            stage.now_us = max(stage.now_us, at(minute))
            stage.wait(0)
            if is_data:
                stage.see("glucose", samples([(minute, 5)], late_min=0))
                stage.see("electrocardiogram", ecg(minute, "atrial_fibrillation", f"e{minute}", late_min=0))
        stage.wait(3 * DAY)
        stage.wait(0)
        return stage.alerts

    assert run(kills=True) == run(kills=False)
    told = [(one["id"], one["revision"]) for one in run(kills=False)]
    assert len(set(told)) == len(told)


@pytest.mark.parametrize("seed", range(10))
def test_days_of_deliveries_that_overtake_each_other(seed: int) -> None:
    """Far more signs of life than are kept, each late by up to two hours: the same silences, each told once."""
    chance, minute, made = Random(seed), 0, list[tuple[int, int]]()
    for _ in range(200):
        minute += chance.choice([5, 20, 60, 170, 190, 400])
        made.append((minute, minute + chance.randint(0, 120)))

    def run(order: list[tuple[int, int]]) -> Stage:
        stage, clock = Stage([SILENT]), 0
        for created, received in order:
            clock = max(clock, received)
            record = samples([(created, 5)], late_min=0)
            record["delivery"]["received_at"] = at(clock) // 1000
            stage.now_us = max(stage.now_us, at(clock))
            stage.wait(0)
            stage.see("glucose", record)
        told = [(one["id"], one["revision"]) for one in stage.alerts]
        assert len(set(told)) == len(told)
        return stage

    assert run(sorted(made, key=lambda one: one[1])).standing() == run(made).standing()
