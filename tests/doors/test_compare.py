"""Two doors compared: what counts as the same event, and what it means that one lacks it."""

import json
from statistics import median
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.doors.compare import DoorDiff
from streams.doors.judging import RETRIES_MS, Presence
from streams.events.times import DAY_MS, HOUR_MS, MINUTE_MS
from streams.ops.errors import Misconfigured
from tests.doors.memory_log import GRACE_MS, NOW_MS, SINCE_MS, MemoryLog, compared, event, heartrate, notice, sleep

OLD_MS = NOW_MS - RETRIES_MS - HOUR_MS  # since then Junction tries no more
AGO_MS = NOW_MS - 4 * HOUR_MS


def told(found: DoorDiff) -> dict[str, Any]:
    """What is told of two doors, without places and names."""
    report = found.report
    return {
        "both": report.both, "lead": report.lead_ms, "kept": +report.kept_lacks, "others": +report.others_lack,
        "matter": found.matter, "unknown": found.unknown, "complete": report.is_complete,
    }  # fmt: skip


def one_side(door: str, body: Any, received_ms: int, keep: str, **more: Any) -> tuple[Presence, bool]:
    """What an event that came by one door alone counts as; whether the kept door is said to be complete."""
    log = MemoryLog()
    log.both(sleep("other"))
    log.put(door, body, received_ms, **more)
    report = compared(log, keep).report
    (presence,) = [*report.kept_lacks, *report.others_lack]
    return presence, report.is_complete


def test_the_same_event_by_both_doors() -> None:
    """It counts once, and the median says which door was first and by how much."""
    log = MemoryLog()
    for n, late_ms in enumerate((100, 300, 9000)):
        log.both(sleep(f"s{n}"), late_ms=late_ms)
    assert told(compared(log)) == {
        "both": 3, "lead": -300, "kept": {}, "others": {}, "matter": 0, "unknown": 0, "complete": True,
    }  # fmt: skip
    assert compared(log, "webhook").report.lead_ms == 300
    assert log.read_again == 0


@given(st.lists(st.integers(-90_000, 90_000), min_size=1, max_size=9))
@settings(max_examples=40)
def test_the_median_lead(leads_ms: list[int]) -> None:
    """As the library has it; from a minute on a second more or less is none."""
    log = MemoryLog()
    for n, lead_ms in enumerate(leads_ms):
        log.both(sleep(f"s{n}"), late_ms=-lead_ms)
    found, wanted = compared(log).report.lead_ms, median(leads_ms)
    assert found is not None
    assert abs(found - wanted) <= (0 if max(map(abs, leads_ms)) < MINUTE_MS else 500)


@pytest.mark.parametrize(
    ("webhook", "pipeline"),
    [
        (
            b'{"event_type":"x.y.z","user_id":"u","data":{"a":1,"b":null}}',
            b'{"data": {"a": 1.0}, "user_id": "u", "event_type": "x.y.z"}',
        ),
        (
            b'{"event_type":"x.y.z","user_id":"u","data":{"t":"\xc3\xa9"}}',
            b'{"event_type":"x.y.z","user_id":"u","data":{"t":"\\u00e9"}}',
        ),
    ],
)
def test_bytes_may_differ_that_say_the_same(webhook: bytes, pipeline: bytes) -> None:
    """Order of names, blanks, nulls, escapes and whole numbers are no difference."""
    log = MemoryLog()
    log.put("webhook", webhook)
    log.put("rabbitmq", pipeline)
    assert told(compared(log))["both"] == 1


def test_another_value_another_user_another_type_is_another_event() -> None:
    """Each of the three decides."""
    bodies = [
        sleep(),
        sleep(score=81),
        sleep(user="6f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e77"),
        event("x.y.z", sleep()["data"]),
    ]
    log = MemoryLog()
    for n, body in enumerate(bodies):
        log.put("webhook" if n else "pubsub", body, OLD_MS)
    found = told(compared(log))
    assert (found["both"], found["kept"], found["others"]) == (0, {"missing": 3}, {"missing": 1})


def test_a_repetition_that_is_written_otherwise_is_no_miss() -> None:
    """A webhook that comes again in other bytes, long after both doors had the event."""
    log = MemoryLog()
    log.both(sleep())
    log.put("webhook", json.dumps(sleep(), indent=1).encode(), OLD_MS)
    assert told(compared(log))["kept"] == {}


@pytest.mark.parametrize(
    "body", [b"{", b'{"event_type":"x.y.z","user_id":"u","data":' + b"[" * 200 + b"]" * 200 + b"}"]
)
def test_what_nobody_can_read_is_compared_as_it_is(body: bytes) -> None:
    """And ends nothing. What has no identity is a dead letter, in no raw topic."""
    log = MemoryLog()
    log.both(sleep())
    log.put("webhook", body, OLD_MS)
    found = told(compared(log))
    assert found["both"] == 1
    assert found["matter"] == found["kept"].get("missing", 0)


@pytest.mark.parametrize(
    ("door", "keep", "received_ms", "presence"),
    [
        ("pubsub", "pubsub", NOW_MS - 3 * HOUR_MS, Presence.LATE),
        ("pubsub", "webhook", NOW_MS - 3 * HOUR_MS, Presence.LATE),
        ("pubsub", "webhook", OLD_MS, Presence.MISSING),
        ("webhook", "webhook", NOW_MS - 3 * HOUR_MS, Presence.MISSING),
        ("webhook", "pubsub", NOW_MS - 3 * HOUR_MS, Presence.MISSING),
        ("webhook", "pubsub", NOW_MS - GRACE_MS, Presence.MISSING),
        ("webhook", "pubsub", NOW_MS - GRACE_MS + 1, Presence.WAITING),
        ("pubsub", "webhook", NOW_MS - MINUTE_MS, Presence.WAITING),
    ],
)
def test_late_is_not_missing(door: str, keep: str, received_ms: int, presence: Presence) -> None:
    """Webhooks are tried for 27 h 35 min; a pipeline that lacks something after the grace has lost it."""
    found, is_complete = one_side(door, sleep(), received_ms, keep)
    assert found is presence
    assert is_complete is (presence is not Presence.MISSING or door == keep)


def test_what_was_sent_before_that_time_is_not_judged() -> None:
    """A webhook that came at its last try: the pipeline had it before the time that was asked for."""
    presence, is_complete = one_side("webhook", sleep(), OLD_MS, "pubsub", sent_ms=SINCE_MS - 1)
    assert (presence, is_complete) == (Presence.EARLY, True)


@pytest.mark.parametrize(
    "body", [sleep(updated_ms=NOW_MS - 60 * DAY_MS), heartrate(60, 61, at_ms=NOW_MS - 60 * DAY_MS)]
)
def test_pushed_history_is_apart(body: dict[str, Any]) -> None:
    """Old data by a pipeline alone, and then the notice of that user, provider and resource: webhooks lack nothing."""
    resource = body["event_type"].split(".")[2]
    log = MemoryLog()
    log.put("pubsub", body, OLD_MS)
    log.both(notice(resource), OLD_MS + HOUR_MS)
    assert told(compared(log, "webhook")) | {"lead": 0} == {
        "both": 1, "lead": 0, "kept": {"history": 1}, "others": {}, "matter": 0, "unknown": 0, "complete": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("door", "body", "announced", "announced_ms"),
    [
        ("pubsub", sleep(updated_ms=OLD_MS - DAY_MS), notice(), OLD_MS + 1000),  # a live night
        ("pubsub", sleep(updated_ms=OLD_MS - 60 * DAY_MS), notice(), OLD_MS - 1000),  # behind its notice
        ("pubsub", sleep(updated_ms=OLD_MS - 60 * DAY_MS), notice("activity"), OLD_MS + 1000),
        ("pubsub", sleep(updated_ms=OLD_MS - 60 * DAY_MS), notice(provider="fitbit"), OLD_MS + 1000),
        ("webhook", sleep(updated_ms=OLD_MS - 60 * DAY_MS), notice(), OLD_MS + 1000),
        ("pubsub", event("x.y.z", {"at": "2020-01-01"}), notice(), OLD_MS + 1000),
    ],
)
def test_what_is_no_history(door: str, body: dict[str, Any], announced: dict[str, Any], announced_ms: int) -> None:
    """Neither a notice alone nor age alone makes a miss one that webhooks never get."""
    log = MemoryLog()
    log.put(door, body, OLD_MS)
    log.both(announced, announced_ms)
    other = "webhook" if door == "pubsub" else "pubsub"
    assert told(compared(log, other))["kept"] == {"missing": 1}


def test_the_pipeline_that_is_there_is_kept() -> None:
    """With two of them a person says which; without one, and without anything to compare, a sentence says so."""
    log = MemoryLog()
    with pytest.raises(Misconfigured, match="nothing came"):
        compared(log)
    log.put("webhook", sleep())
    log.put("api", sleep("fetched"))
    with pytest.raises(Misconfigured, match="--keep"):
        compared(log)
    with pytest.raises(Misconfigured, match="webhook alone"):
        compared(log, "webhook")
    log.put("azure", sleep())
    assert compared(log).report.terms.kept == "azure"
    log.put("rabbitmq", sleep())
    with pytest.raises(Misconfigured, match="rabbitmq and azure"):
        compared(log)
    assert compared(log, "rabbitmq").report.terms.others == ("webhook", "azure")


def test_a_door_that_brought_nothing_lacks_everything() -> None:
    """Who names the door to be kept is told, even where it was never seen."""
    log = MemoryLog()
    log.put("webhook", sleep(), OLD_MS)
    assert told(compared(log, "rabbitmq"))["kept"] == {"missing": 1}


_bodies = st.sampled_from(
    [
        *(sleep(f"s{n}", score=score) for n in range(2) for score in (80, 81)),
        sleep(updated_ms=NOW_MS - 60 * DAY_MS), heartrate(60, 61), heartrate(60), notice(), event("x.y.z", {"a": None}),
    ]
)  # fmt: skip
_times = st.sampled_from([SINCE_MS - MINUTE_MS, OLD_MS, OLD_MS + HOUR_MS, AGO_MS, NOW_MS - MINUTE_MS, NOW_MS + 1000])
_written = st.sampled_from([None, 1])
_deliveries = st.lists(
    st.tuples(st.sampled_from(["webhook", "pubsub"]), _bodies, _times, _written), min_size=1, max_size=12
).filter(lambda found: len({door for door, *_ in found}) == 2)


def log_of(deliveries: list[tuple[str, dict[str, Any], int, int | None]], order: int = 0) -> MemoryLog:
    log = MemoryLog(order=order)
    for door, body, received_ms, indent in deliveries:
        log.put(door, json.dumps(body, indent=indent).encode(), received_ms, id="")
    return log


@given(_deliveries, st.integers(1, 1000))
@settings(max_examples=60)
def test_the_order_of_reading_does_not_matter(deliveries: list[Any], order: int) -> None:
    """Partitions are read in any order, and so are records that are read again."""
    assert told(compared(log_of(deliveries, order), "pubsub")) == told(compared(log_of(deliveries), "pubsub"))


@given(_deliveries)
@settings(max_examples=60)
def test_both_sides_swapped_is_the_same_the_other_way_round(deliveries: list[Any]) -> None:
    """Which door is to be kept changes what it is called, not what is there."""
    one, other = (told(compared(log_of(deliveries), keep)) for keep in ("pubsub", "webhook"))
    assert (one["both"], one["kept"], one["others"]) == (other["both"], other["others"], other["kept"])
    assert one["lead"] == (None if other["lead"] is None else -other["lead"])


@given(_deliveries, st.data())
@settings(max_examples=60)
def test_a_redelivery_changes_nothing(deliveries: list[Any], data: st.DataObject) -> None:
    """The same event once more, later, in whatever bytes: nobody lacks more or less."""
    door, body, received_ms, _ = data.draw(st.sampled_from(deliveries))
    again = (door, body, received_ms + data.draw(st.sampled_from([0, 1, HOUR_MS])), data.draw(_written))
    once, twice = (told(compared(log_of(found), "pubsub")) for found in (deliveries, [*deliveries, again]))
    uncounted = {"both": 0, "lead": 0}  # what both doors brought in the same two spellings may count as two events
    assert once | uncounted == twice | uncounted
    alike: list[Any] = [(door, body, at_ms, None) for door, body, at_ms, _ in (*deliveries, again)]
    assert told(compared(log_of(alike), "pubsub")) == told(compared(log_of(alike[:-1]), "pubsub"))
