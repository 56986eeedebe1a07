"""Rules about numbers: thresholds, rates of change, a user's own normal; what opens, what ends, what never alerts."""

from typing import Any

from tests.alerts.stage import LOW, USER, Stage, at, samples

OPENED, RESOLVED = ("glucose-low", "opened", None), ("glucose-low", "resolved", "cleared")


def glucose(*points: tuple[float, float], **more: Any) -> dict[str, Any]:
    return samples(points, **more)


def test_two_low_values_open_and_a_calm_one_resolves() -> None:
    """Below the bound in two samples within the time opens; above the calm bound ends; evidence names both samples."""
    stage = Stage([LOW])
    assert stage.see("glucose", glucose((0, 3.7))) == []
    (opened,) = stage.see("glucose", glucose((5, 3.6), offset=2))
    assert (opened["life"], opened["revision"], opened["severity"]) == ("opened", 1, "warning")
    assert [(proof["raw_offset"], proof["value"]) for proof in opened["evidence"]] == [(1, None), (2, None)]
    assert opened["bound"] is None
    assert stage.see("glucose", glucose((10, 4.1), offset=3)) == []
    (resolved,) = stage.see("glucose", glucose((15, 4.6), offset=4))
    assert (resolved["life"], resolved["id"], resolved["revision"]) == ("resolved", opened["id"], 2)
    assert resolved["resolved_at"] > resolved["opened_at"] > resolved["first_at"]


def test_values_leave_only_where_the_rule_says_so() -> None:
    """With values = true the evidence holds them, and the bound."""
    stage = Stage([LOW | {"values": True}])
    (opened,) = stage.see("glucose", glucose((0, 3.7), (5, 3.6)))
    assert [proof["value"] for proof in opened["evidence"]] == [3.7, 3.6]
    assert opened["bound"] == 3.9


def test_too_far_apart_is_no_run() -> None:
    """Two low samples further apart than the rule says are two beginnings."""
    stage = Stage([LOW])
    stage.see("glucose", glucose((0, 3.7), (16, 3.6)))
    assert stage.alerts == []
    stage.see("glucose", glucose((20, 3.5)))
    assert stage.lives() == [OPENED]


def test_lasting() -> None:
    """Above for a duration: the last sample beyond has to be that much later than the first, without a calm one."""
    rule = {"name": "high", "kind": "threshold", "resource": "glucose", "above": "10 mmol/L", "lasting": "30m"}
    stage = Stage([rule])
    stage.see("glucose", glucose((0, 11), (10, 9), (20, 11), (40, 12)))
    assert stage.alerts == []
    (opened,) = stage.see("glucose", glucose((50, 12)))
    assert [proof["time"] for proof in opened["evidence"]] == [opened["first_at"], opened["opened_at"]]


def test_old_samples_never_alert() -> None:
    """Samples that are old when they come, or far ahead, open nothing, fetched or delivered."""
    stage = Stage([LOW])
    stage.see("glucose", glucose((0, 3.0), (5, 3.0), late_min=300, origin="historical"))
    stage.see("glucose", glucose((0, 3.0), (5, 3.0), late_min=-600, origin="historical"))
    stage.see("glucose", glucose((0, 3.0), (5, 3.0), late_min=300))
    stage.see("glucose", glucose((0, 3.0), (5, 3.0), late_min=-600))
    assert stage.alerts == []


def test_fresh_history_is_judged_as_a_delivery() -> None:
    """Of a fetched record the samples that are fresh count, and no others; a later one corrects them."""
    stage = Stage([LOW])
    (opened,) = stage.see("glucose", glucose((-200, 3.0), (-195, 3.0), (0, 3.7), (5, 3.6), origin="historical"))
    assert [proof["time"] for proof in opened["evidence"]] == [at(0), at(5)]
    (corrected,) = stage.see("glucose", glucose((5, 5.6), late_min=4, origin="historical"))
    assert (corrected["id"], corrected["resolution"]) == (opened["id"], "corrected")


def test_old_history_is_not_counted_as_left_out() -> None:
    """A backfill is no data that came too late: the figure is about deliveries."""
    stage = Stage([LOW])
    for minutes in ([-300, -200], [-300, 0]):
        draft = stage.draft(at(1))
        record = glucose(*((minute, 5.0) for minute in minutes), origin="historical", delivered_us=at(1))
        stage.watch.evaluate_record(draft, "glucose", record)
        assert not draft.counts
        stage.commit(draft)


def test_other_units_are_not_judged() -> None:
    """A sample in another unit than the rule's is skipped, not misread."""
    stage = Stage([LOW])
    stage.see("glucose", glucose((0, 3.0), (5, 3.0), unit="mg/dL"))
    assert stage.alerts == []


def test_a_change_resolves() -> None:
    """The second low sample is corrected: the alert was never so."""
    stage = Stage([LOW])
    stage.see("glucose", glucose((0, 3.7), (5, 3.6)))
    (corrected,) = stage.see("glucose", glucose((5, 5.6), late_min=4))
    assert (corrected["life"], corrected["resolution"]) == ("resolved", "corrected")
    assert stage.standing() == []


def test_a_late_sample_in_between_takes_it_back() -> None:
    """A calm sample between the two low ones comes late: they were never in a row."""
    stage = Stage([LOW])
    stage.see("glucose", glucose((0, 3.7), (10, 3.6)))
    stage.see("glucose", glucose((5, 6.0), late_min=8))
    assert stage.lives() == [OPENED, ("glucose-low", "resolved", "corrected")]


def test_it_expires_without_data() -> None:
    """Nothing beyond for as long as the rule says: over, once, by a timer."""
    stage = Stage([LOW | {"resolve_after": "1h"}])
    stage.see("glucose", glucose((0, 3.7), (5, 3.6)))
    assert stage.wait(30) == []
    (expired,) = stage.wait(40)
    assert (expired["life"], expired["resolution"]) == ("resolved", "expired")
    assert stage.wait(60) == []
    assert stage.wait(600) == []


def test_a_late_sample_after_the_end_opens_it_again() -> None:
    """It had expired, and then a sample comes that was beyond in time: the same alert goes on."""
    stage = Stage([LOW | {"resolve_after": "30m"}])
    stage.see("glucose", glucose((0, 3.7), (5, 3.6)))
    stage.wait(40)
    stage.see("glucose", glucose((20, 3.5), late_min=30))
    first, second, third = stage.alerts
    assert [one["life"] for one in stage.alerts] == ["opened", "resolved", "opened"]
    assert first["id"] == second["id"] == third["id"]
    assert [one["revision"] for one in stage.alerts] == [1, 2, 3]


def test_cooldown() -> None:
    """After an end nothing opens for a while; what still is so then opens."""
    stage = Stage([LOW | {"cooldown": "1h"}])
    stage.see("glucose", glucose((0, 3.7), (5, 3.6), (10, 5)))
    stage.see("glucose", glucose((20, 3.7), (25, 3.6), (30, 5)))
    assert stage.lives() == [OPENED, RESOLVED]
    stage.see("glucose", glucose((75, 3.7), (80, 3.6)))
    assert stage.lives() == [OPENED, RESOLVED, OPENED]


def test_reminder() -> None:
    """With remind an update leaves for each such time that it goes on."""
    stage = Stage([LOW | {"remind": "30m"}])
    for minute in range(0, 70, 5):
        stage.see("glucose", glucose((minute, 3.5)))
    assert [life for _, life, _ in stage.lives()] == ["opened", "updated", "updated"]


def test_rate() -> None:
    """A fall of so much within a time; calm again when the change is small."""
    rule = {
        "name": "drop", "kind": "rate", "resource": "glucose", "falls": "3 mmol/L", "change_within": "30m",
        "clear": "1 mmol/L",
    }  # fmt: skip
    stage = Stage([rule])
    stage.see("glucose", glucose((0, 9.0), (10, 8.0), (20, 7.0)))
    assert stage.alerts == []
    stage.see("glucose", glucose((25, 5.9)))
    assert stage.lives() == [("drop", "opened", None)]
    stage.see("glucose", glucose((35, 5.5)))
    stage.see("glucose", glucose((58, 5.5), (60, 5.4)))
    assert stage.lives() == [("drop", "opened", None), ("drop", "resolved", "cleared")]


def test_deviation() -> None:
    """Above mean + 3 sd of the user's own days before; history feeds the baseline and never alerts."""
    day = 24 * 60
    rule = {"name": "own", "kind": "deviation", "resource": "heartrate", "above_sd": 3, "days_min": 7}
    stage = Stage([rule])
    for n in range(6):
        stage.see("heartrate", samples([(-n * day - day, 60 + n % 3)], unit="bpm", origin="historical"))
    stage.see("heartrate", samples([(0, 62)], unit="bpm"))
    assert stage.alerts == []  # six days are no baseline yet
    stage.see("heartrate", samples([(-8 * day, 61)], unit="bpm", origin="historical"))
    stage.see("heartrate", samples([(10, 62)], unit="bpm"))
    assert stage.alerts == []
    stage.see("heartrate", samples([(20, 90)], unit="bpm"))
    assert [life for _, life, _ in stage.lives()] == ["opened"]


def test_quiet_hours_hold_back() -> None:
    """What begins in the user's night is told in the morning if it lasts; what ended before is never told."""
    rule = LOW | {"quiet": "22:00-07:00", "resolve_after": "12h", "max_age": "12h"}
    night = 9 * 60  # 21:00 UTC: 22:00 for a user who is an hour east
    stage = Stage([rule])
    stage.see("glucose", glucose((night, 3.5), (night + 5, 3.5), timezone_offset_s=3600))
    assert stage.alerts == []
    stage.see("glucose", glucose((night + 60, 6.0)))
    assert stage.wait(600) == []
    stage = Stage([rule])
    stage.see("glucose", glucose((night, 3.5), (night + 5, 3.5), timezone_offset_s=3600))
    assert stage.wait(8 * 60 + 30) == []
    (opened,) = stage.wait(30)
    assert opened["life"] == "opened"


def test_floating_time() -> None:
    """Local time written as UTC is judged only when the user's zone is known, and then at the right time."""
    east = 5.5 * 60  # the local clock of Kolkata is ahead
    stage = Stage([LOW])
    low = [(east, 3.5), (east + 5, 3.5)]
    stage.see("glucose", samples(low, late_min=-east + 1, is_floating_time=True))
    assert stage.alerts == []
    draft = stage.draft(stage.now_us)
    stage.watch.set_time_zone(draft, USER, "Asia/Kolkata")
    stage.commit(draft)
    (opened,) = stage.see("glucose", samples([(x, v - 0.1) for x, v in low], late_min=-east + 2, is_floating_time=True))
    assert opened["first_at"] == stage.now_us - 7 * 60_000_000


def test_summaries() -> None:
    """A number of a summary, at the end of what it covers; a new version takes the place of the one before."""
    rule = {
        "name": "rest", "kind": "threshold", "resource": "sleep", "field": "hr_resting_bpm", "above": "100 bpm",
    }  # fmt: skip
    stage = Stage([rule])

    def sleep(value: float | None, late_min: float) -> dict[str, Any]:
        record = samples([(0, 0)], late_min=late_min)
        return {**record, "id": "s1", "bedtime_start_at": record["times"][0] - 1, "bedtime_stop_at": record["times"][0],
                "hr_resting_bpm": value, "calendar_date": 20607}  # fmt: skip

    (opened,) = stage.see("sleep", sleep(104, 30))
    assert opened["evidence"][0]["entity"] == "s1"
    assert stage.see("sleep", sleep(105, 60)) == []
    (resolved,) = stage.see("sleep", sleep(95, 90))
    assert resolved["resolution"] == "corrected"
    (again,) = stage.see("sleep", sleep(110, 95))
    assert again["id"] == opened["id"]
