"""One of several sources is preferred, and the last word about it is right, whatever came when and how often."""

from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.tables.sources import IDS_MAX, SENSE_ORDER, Maker, Policy, Rivals
from tests.folding import Worker
from tests.strategies import USER, envelope

WATCH, RING, PHONE, NEW = (
    Maker("garmin", "watch"),
    Maker("oura", "ring"),
    Maker("apple", "phone"),
    Maker("x", "new_type"),
)
MAKERS = (WATCH, RING, PHONE, NEW)
BEST_FIRST = MAKERS  # in the order of Junction Sense
AT_MS = 1_780_480_800_000


def source(maker: Maker) -> dict[str, Any]:
    return {"provider": maker.provider, "type": maker.type}


def day(id: str, maker: Maker, date: str, steps: int = 1, updated: int = 0) -> dict[str, Any]:
    """A version of a day's activity."""
    fields = {"id": id, "calendar_date": date, "steps": steps, "updated_at": f"2026-06-03T10:00:{updated:02}+00:00"}
    return envelope("daily.data.activity.updated", {**fields, "source": source(maker)})


def steps(maker: Maker, *hours: int, value: float = 1.0) -> dict[str, Any]:
    """An interval in each of these hours."""
    rows = [
        {"start": f"2026-06-03T{hour:02}:10:00Z", "end": f"2026-06-03T{hour:02}:20:00Z", "value": value}
        for hour in hours
    ]
    return envelope("daily.data.steps.created", {"source": source(maker), "data": rows})


def flags(worker: Worker, *events: Any) -> list[tuple[str, str, bool | None]]:
    """(id, verdict, preferred) of the summaries that come out."""
    return [
        (record["id"], record["verdict"], record["preferred"])
        for n, event in enumerate(events)
        for topic, _, record in worker.deliver(event, id=f"m{n}", at_ms=AT_MS + n)
        if topic == "activity"
    ]


def test_a_better_source_takes_over() -> None:
    """The phone's day was the one to take until the watch's came: it is said again, for its flag alone."""
    worker = Worker()
    assert flags(worker, day("p", PHONE, "2026-06-03")) == [("p", "NEW", True)]
    (again, watch) = [c for c in worker.deliver(day("w", WATCH, "2026-06-03"), id="m9") if c.topic == "activity"]
    assert (again.record["id"], again.record["preferred"], again.record["changed_fields"]) == (
        "p",
        False,
        ["preferred"],
    )
    assert (watch.record["id"], watch.record["preferred"]) == ("w", True)
    assert worker.counts["preference_changes", "activity"] == 1


def test_a_lesser_source_changes_nothing() -> None:
    """What is not preferred from the start needs one record."""
    worker = Worker()
    assert flags(worker, day("w", WATCH, "2026-06-03"), day("p", PHONE, "2026-06-03")) == [
        ("w", "NEW", True), ("p", "NEW", False),
    ]  # fmt: skip


def test_days_and_resources_are_apart() -> None:
    """Another day, another user's or resource's summary is no rival."""
    worker = Worker()
    assert flags(worker, day("p", PHONE, "2026-06-03"), day("w", WATCH, "2026-06-04")) == [
        ("p", "NEW", True), ("w", "NEW", True),
    ]  # fmt: skip


def test_a_summary_that_moves_gives_its_day_back() -> None:
    """The watch's summary turns out to be of another day: the phone's is preferred again."""
    worker = Worker()
    flags(worker, day("p", PHONE, "2026-06-03"), day("w", WATCH, "2026-06-03"))
    assert flags(worker, day("w", WATCH, "2026-06-04", updated=1)) == [("p", "CHANGED", True), ("w", "CHANGED", True)]


def test_a_record_said_again_says_the_same() -> None:
    """Everything but the flag, the verdict and the time of processing is as it was, provenance included."""
    event = day("p", PHONE, "2026-06-03")
    event["data"] |= {"heart_rate": {"avg_bpm": 61.0}, "time_zone": "Europe/Berlin", "new_field": [1, {"a": None}]}
    worker = Worker()
    (first,) = [c.record for c in worker.deliver(event, id="m1", offset=7) if c.topic == "activity"]
    again, _ = (c.record for c in worker.deliver(day("w", WATCH, "2026-06-03"), id="m2") if c.topic == "activity")
    told = {"preferred": False, "verdict": "CHANGED", "changed_fields": ["preferred"]}
    assert again == first | told
    assert first["unknown_fields"] == '{"new_field":[1,{}]}'
    assert first["delivery"]["raw_offset"] == 7


def test_the_order_can_be_overridden() -> None:
    """What a setting names comes first, the rest follows in the order of Junction Sense; providers break ties."""
    policy = Policy(["phone", "app"], ["zz"])
    assert [policy.rank(name) for name in ("phone", "app", "lab", "unknown", "new_type")] == [1, 2, 3, 13, 14]
    assert policy.best([WATCH, PHONE, RING]) == PHONE
    assert policy.best([Maker("aa", "watch"), Maker("zz", "watch")]) == Maker("zz", "watch")
    assert Policy().best([Maker("bb", "watch"), Maker("aa", "watch")]) == Maker("aa", "watch")
    assert [Policy().rank(name) for name in SENSE_ORDER] == list(range(1, 14))
    worker = Worker(policy=policy)
    assert [flag for *_, flag in flags(worker, day("w", WATCH, "2026-06-03"), day("p", PHONE, "2026-06-03"))] == [
        True, False, True,
    ]  # fmt: skip
    (record,) = [c.record for c in worker.deliver(steps(PHONE, 1)) if c.topic == "steps"]
    assert record["source"]["priority"] == 1


def test_profiles_are_compared_as_a_whole() -> None:
    """A profile belongs to no day: one source's is preferred."""
    worker = Worker()
    for maker, expected in ((PHONE, [True]), (WATCH, [False, True])):
        event = envelope("daily.data.profile.created", {"id": maker.type, "height": 170, "source": source(maker)})
        found = worker.deliver(event, id=maker.type)
        assert [c.record["preferred"] for c in found if c.topic == "profile"] == expected


def test_what_has_no_day_is_not_compared() -> None:
    """A body measurement without a day, and a notice of a workout's stream, are neither preferred nor not."""
    worker = Worker()
    measured = envelope("daily.data.body.created", {"id": "1", "weight": 70, "source": source(PHONE)})
    notice = envelope("daily.data.workout_stream.created", {"workout_id": "1", "source": source(PHONE)})
    for event, topic in ((measured, "body"), (notice, "workout_stream")):
        (record,) = [c.record for c in worker.deliver(event, id=topic) if c.topic == topic]
        assert record["preferred"] is None


def test_a_day_remembers_a_bounded_number() -> None:
    """Thousands of summaries of one day do not make its row grow without end."""
    row = Rivals()
    for n in range(IDS_MAX + 10):
        row = row.adding(WATCH, f"{n:04}")
    assert len(row.of(WATCH)) == IDS_MAX


versions = st.lists(
    st.builds(
        day,
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from(MAKERS),
        st.sampled_from(["2026-06-03", "2026-06-04"]),
        st.integers(1, 2),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=8,
)


@given(versions, st.randoms(use_true_random=False))
def test_the_last_flag_is_the_one_that_the_final_set_demands(said: list[Any], random: Any) -> None:
    """Of each day the best source among the newest versions; each summary's last record says whether it is its own."""
    deliveries = [(event, AT_MS + n // 2, f"m{n}", n) for n, event in enumerate(said)]
    for order in (deliveries, _shuffled(deliveries, random)):
        worker, last = Worker(), dict[str, dict[str, Any]]()
        for event, at_ms, id, offset in order:
            for topic, _, record in worker.deliver(event, at_ms=at_ms, id=id, offset=offset):
                if topic == "activity":
                    before = last.get(record["id"])
                    assert before is None or _said(record) != _said(before), "a record that says nothing new"
                    last[record["id"]] = record
        rivals: dict[Any, set[Maker]] = defaultdict(set)
        for record in last.values():
            rivals[record["calendar_date"]].add(Maker(record["source"]["provider"], record["source"]["type"]))
        for record in last.values():
            best = min(rivals[record["calendar_date"]], key=BEST_FIRST.index)
            assert record["preferred"] == (source(best).items() <= record["source"].items())


def _said(record: dict[str, Any]) -> Any:
    return record["version"]["content_hash"], record["preferred"]


def _shuffled(deliveries: list[Any], random: Any) -> list[Any]:
    more = [*deliveries, *random.sample(deliveries, random.randint(0, len(deliveries)))]
    random.shuffle(more)
    return more


# Interval samples, hour by hour.


def test_an_hour_with_two_sources_says_which_to_take() -> None:
    """The phone's hours were to be taken; the watch has one of them too: one record says so, and so do the watch's."""
    worker = Worker()
    (phone,) = [c for c in worker.deliver(steps(PHONE, 1, 2)) if c.topic == "steps"]
    assert phone.record["preferred"] is True
    found = [c for c in worker.deliver(steps(WATCH, 2, 3), id="m2") if c.topic in ("steps", "preferences")]
    assert [(c.topic, c.key) for c in found] == [
        ("preferences", f"{USER}:steps:2026-06-03T02"),
        ("steps", f"{USER}:steps"),
    ]
    assert (found[0].record["provider"], found[0].record["type"]) == WATCH
    assert found[0].record["others"] == [PHONE._asdict()]
    assert found[1].record["preferred"] is True


def test_samples_of_hours_that_differ_leave_apart() -> None:
    """A record has one flag: the phone's samples of the watch's hour are a part of their own."""
    worker = Worker()
    worker.deliver(steps(WATCH, 2))
    found = [c.record for c in worker.deliver(steps(PHONE, 1, 2), id="m2") if c.topic == "steps"]
    assert [(r["preferred"], [at.hour for at in r["times"]], r["part"], r["parts"]) for r in found] == [
        (True, [1], 1, 2), (False, [2], 2, 2),
    ]  # fmt: skip


@pytest.mark.parametrize(("resource", "expected"), [("heartrate", None), ("workout_distance", None), ("water", True)])
def test_which_samples_are_compared(resource: str, expected: bool | None) -> None:
    """What adds up is compared; moments are not, nor what belongs to one workout."""
    event = steps(PHONE, 1) | {"event_type": f"daily.data.{resource}.created"}
    (record,) = [c.record for c in Worker().deliver(event) if c.topic == resource]
    assert record["preferred"] is expected


batches = st.lists(
    st.tuples(st.sampled_from(MAKERS), st.sets(st.integers(0, 3), min_size=1), st.sampled_from([1.0, 2.0])),
    min_size=1,
    max_size=6,
)


@given(batches, st.randoms(use_true_random=False))
def test_each_hour_has_one_source_to_take(said: list[Any], random: Any) -> None:
    """By the flags, and the records of `preferences` where there are any: the best source of those with samples."""
    deliveries = [
        (steps(maker, *sorted(hours), value=value), AT_MS + n, f"m{n}", n)
        for n, (maker, hours, value) in enumerate(said)
    ]
    present: dict[int, set[Maker]] = defaultdict(set)
    for maker, hours, _ in said:
        for hour in hours:
            present[hour].add(maker)
    for order in (deliveries, _shuffled(deliveries, random)):
        worker, flag, told = Worker(), dict[Any, bool](), dict[int, Maker]()
        for event, at_ms, id, offset in order:
            for topic, _, record in worker.deliver(event, at_ms=at_ms, id=id, offset=offset):
                if topic == "steps":
                    maker = Maker(record["source"]["provider"], record["source"]["type"])
                    flag |= {(at.hour, maker): record["preferred"] for at in record["times"]}
                elif topic == "preferences":
                    told[record["hour_at"].hour] = Maker(record["provider"], record["type"])
                    assert len(record["others"]) < len(present[record["hour_at"].hour])
        assert told.keys() == {hour for hour, makers in present.items() if len(makers) > 1}
        for hour, makers in present.items():
            taken = {maker for maker in makers if (told[hour] == maker if hour in told else flag[hour, maker])}
            assert taken == {min(makers, key=BEST_FIRST.index)}
