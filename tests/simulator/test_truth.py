"""The oracle: it does not care for order, it passes what is right, and it finds what is wrong."""

import json
import random
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.simulator.delivery.schedule import Faults, schedule
from streams.simulator.truth.truth import Clean, Truth
from streams.simulator.world.world import Event, Generation
from tests.simulator.perfect import Perfect
from tests.simulator.worlds import events


@pytest.fixture(scope="module")
def truth() -> Truth:
    return Truth.of(events())


@pytest.fixture(scope="module")
def clean() -> list[Clean]:
    return Perfect().process(events())


@settings(max_examples=20, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(0, 200))
def test_the_truth_is_independent_of_order_and_repetition(shuffle: random.Random, repeated: int) -> None:
    """Any order of the events, with any of them twice, gives the same truth."""
    some = list(events()[:600])
    mixed = some + shuffle.choices(some, k=repeated)
    shuffle.shuffle(mixed)
    assert Truth.of(mixed).newest == Truth.of(some).newest


@pytest.mark.parametrize("generation", list(Generation))
@pytest.mark.parametrize("seed", range(3))
def test_a_perfect_processor_is_right(seed: int, generation: Generation) -> None:
    """Newest wins, told once: then nothing is lost, repeated or wrong, whatever the deliveries do."""
    world = events(generation=generation)
    faults = Faults(seed, duplicates=0.3, late=0.2, lost_ack=0.1, reorder_window_s=20_000)
    delivered: list[Event] = [attempt.event for attempt in schedule(world, faults)]
    report = Truth.of(world).compare(Perfect().process(delivered))
    assert report.is_right, report
    assert report.checked > 1000


def test_both_generations_of_a_world_mean_the_same() -> None:
    """A world of old bodies and the same world of new bodies have one truth, message ids aside."""
    old, new = (Truth.of(events(generation=one)).newest for one in (Generation.OLD, Generation.NEW))
    said = [{k: fact.content for k, fact in one.items() if k[0] != "other"} for one in (old, new)]
    assert said[0] == said[1]


TOPICS = [
    "activity",
    "meal",
    "workout_stream",
    "heartrate",
    "steps",
    "blood_pressure",
    "glucose",
    "note",
    "labs",
    "query_results",
]
STATES = ["connections", "backfills", "devices"]
DELIVERED = ["other"]  # a record of each delivery, under one key


@pytest.mark.parametrize("topic", TOPICS + STATES + DELIVERED)
def test_a_lost_key_is_found(truth: Truth, clean: list[Clean], topic: str) -> None:
    """All records of one key gone: lost, and the example names the topic."""
    _, key, record = next(row for row in clean if row[0] == topic)
    left = [row for row in clean if (row[0], row[1]) != (topic, key)] if topic not in DELIVERED else [*clean]
    if topic in DELIVERED:
        left.remove((topic, key, record))
    report = truth.compare(left)
    assert report.lost
    assert not report.wrong + report.repeated + report.unexpected
    assert topic in report.examples[0]


@pytest.mark.parametrize("topic", TOPICS + STATES + DELIVERED)
def test_a_repeated_record_is_found(truth: Truth, clean: list[Clean], topic: str) -> None:
    """The last record of a key once more: repeated."""
    again = next(row for row in reversed(clean) if row[0] == topic)
    report = truth.compare([*clean, again])
    assert report.repeated
    assert not report.lost + report.wrong + report.unexpected


def changed(record: Any) -> dict[str, Any]:
    """The record with one thing different."""
    numbers = next((name for name in ("values", "systolic") if name in record), "")
    if numbers:
        return {**record, numbers: [value * 2 + 1 for value in record[numbers]]}
    if "payload_json" in record:
        return {**record, "payload_json": json.dumps(json.loads(record["payload_json"]) | {"invented": 1})}
    if "numbers" in record:
        return {**record, "numbers": record["numbers"] | {"invented": 1}}
    if "foods" in record:
        return {**record, "foods": {name: food | {"carbs_g": 0.5} for name, food in record["foods"].items()}}
    if "steps" in record:
        return {**record, "steps": record["steps"] + 1}
    if "device_version" in record:
        return {**record, "device_version": "invented"}
    if "status" in record:
        return {**record, "status": "paused"}
    return {**record, "range_end": record["range_end"] + timedelta(microseconds=1)}


@pytest.mark.parametrize(
    "topic", ["activity", "meal", "heartrate", "steps", "blood_pressure", "labs", "query_results", *STATES]
)
def test_a_wrong_value_is_found(truth: Truth, clean: list[Clean], topic: str) -> None:
    """The last record of a key with another value: wrong."""
    name, key, record = next(row for row in reversed(clean) if row[0] == topic)
    report = truth.compare([*clean, (name, key, changed(record))])
    assert report.wrong
    assert not report.lost + report.repeated + report.unexpected


def test_an_older_version_at_the_end_is_found(truth: Truth, clean: list[Clean]) -> None:
    """An older state that overwrites a newer one: wrong."""
    rows = [row for row in clean if row[0] == "activity"]
    old = next(row for row in rows if sum(row[1] == other[1] for other in rows) > 1)
    assert truth.compare([*clean, old]).wrong == 1


@pytest.mark.parametrize(
    ("topic", "broken"), [("meal", {"foods": 1}), ("labs", {"payload_json": "{"}), ("backfills", {}), ("heartrate", {})]
)
def test_an_unreadable_record_is_wrong(truth: Truth, clean: list[Clean], topic: str, broken: dict[str, Any]) -> None:
    """A clean record without the fields of its schema is counted as wrong, and the comparison goes on."""
    assert truth.compare([*clean, (topic, b"key", broken)]).wrong == 1


def test_invented_keys_are_found(truth: Truth, clean: list[Clean]) -> None:
    """A record under a key that nobody sent, for example another user's: unexpected."""
    name, key, record = next(row for row in clean if row[0] == "activity")
    assert truth.compare([*clean, (name, b"x" + key, record)]).unexpected == 1


def test_tombstones_and_values_stay_out_of_the_report(truth: Truth, clean: list[Clean]) -> None:
    """Tombstones say nothing; examples name keys, a few of them, and no values."""
    assert truth.compare([*clean, ("activity", b"k", None)]).is_right
    report = truth.compare([])
    assert report.lost == report.checked
    assert len(report.examples) == 10


def flipped(row: Clean) -> Clean:
    topic, key, record = row
    assert record is not None
    return topic, key, {**record, "preferred": not record["preferred"]}


def test_a_wrong_flag_is_found(truth: Truth, clean: list[Clean]) -> None:
    """A summary whose last record calls the wrong source preferred: wrong; said right after that, it is right."""
    last = next(row for row in reversed(clean) if row[0] == "activity")
    report = truth.compare([*clean, flipped(last)])
    assert (report.wrong, report.repeated, report.lost, report.unexpected) == (1, 0, 0, 0)
    assert truth.compare([*clean, flipped(last), last]).is_right


def test_a_wrong_flag_of_samples_is_found(truth: Truth, clean: list[Clean]) -> None:
    """Samples of an hour with one source, called not preferred: wrong."""
    told = {(record["resource"], record["hour_at"]) for topic, _, record in clean if record and topic == "preferences"}
    place = next(
        n
        for n, (topic, _, record) in reversed([*enumerate(clean)])
        if record and record.get("preferred") and "times" in record
        if (topic, record["times"][0].replace(minute=0, second=0, microsecond=0)) not in told
    )
    report = truth.compare([*clean[:place], flipped(clean[place]), *clean[place + 1 :]])
    assert (report.wrong, report.repeated, report.lost, report.unexpected) == (1, 0, 0, 0)


def test_what_is_said_of_an_hour_is_compared(truth: Truth, clean: list[Clean]) -> None:
    """Of an hour with two sources: said of neither, of the wrong one, of an hour with one source, or twice."""
    name, key, record = next(row for row in clean if row[0] == "preferences")
    assert record is not None
    without = [row for row in clean if (row[0], row[1]) != (name, key)]
    assert truth.compare(without).lost == 1
    other = record["others"][0]
    swapped = record | other | {"others": [{"provider": record["provider"], "type": record["type"]}]}
    assert truth.compare([*clean, (name, key, swapped)]).wrong > 1  # each sample of both sources, too
    moved = record | {"hour_at": record["hour_at"] - timedelta(days=9999)}
    assert truth.compare([*clean, (name, b"moved", moved)]).unexpected == 1
    assert truth.compare([*clean, (name, key, record)]).repeated == 1
