"""The drift report: what is documented is silent; what is not is named by its place. No value and no user is in it."""

from collections import defaultdict
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.agents.steps.drift import FINDINGS_MAX, ITEMS_MAX
from streams.events import documented
from streams.events.resources import RESOURCES
from streams.ops import metrics
from streams.payloads import drift
from streams.payloads.drift import ODD, RARE
from streams.tables.drift_counts import COMMON_USERS
from tests.folding import NOW_MS, PREFIX, Worker
from tests.strategies import USER, envelope, json_values

SOURCE = {"provider": "garmin", "type": "watch"}
AT = "2026-06-03T10:00:00+00:00"


def drifted(event_type: str, data: Any, **envelope_too: Any) -> list[str]:
    """`kind:where` of each finding of one event, once so many users have had the same that words are told."""
    worker, before = Worker(), 0
    for n in range(COMMON_USERS):
        before = len(worker.drift)
        worker.deliver({**envelope(event_type, data), **envelope_too, "user_id": f"user-{n}"}, offset=n, id=f"msg_{n}")
    return [clean.key for clean in worker.drift[before:]]


def summary(resource: str, **data: Any) -> list[str]:
    return drifted(f"daily.data.{resource}.created", {"id": "1", "calendar_date": None, "source": SOURCE, **data})


def sample(resource: str, **said: Any) -> list[str]:
    one = {"timestamp": AT, "value": 1, **said}
    return drifted(f"daily.data.{resource}.created", {"source": SOURCE, "data": [one]})


@pytest.mark.parametrize("event_type", ["daily.data.skin_glow.created", "sense.insight.created", "labtest.kit.lost"])
def test_an_unknown_event_type(event_type: str) -> None:
    """A type that Junction does not document is named, whatever becomes of its event."""
    assert drifted(event_type, {"id": "1", "order_id": "2"}) == [f"event_type:{event_type}"]


DOCUMENTED = """
checkout.quote.created checkout.session.created checkout.session.updated continuous_query.result_table.changed
lab_report.parsing_job.created lab_report.parsing_job.updated labtest.appointment.created labtest.appointment.updated
labtest.match_review.created labtest.match_review.updated labtest.order.created labtest.order.updated
labtest.order_tracking.updated labtest.result.critical provider.connection.created provider.connection.error
provider.device.created provider.device.updated
"""
ONCE_DOCUMENTED = """
daily.data.hypnogram.created daily.timeseries.hypnogram.updated daily.workout_stream.created
daily.data.workout_stream.unavailable daily.data.device.created historical.data.device.created testkit.order.updated
daily.data.meals.updated raw.garmin.dailies
"""


def test_documented_event_types() -> None:
    """The catalogue has 180 data types and 18 others; with their old spellings they are no drift."""
    data = [f"daily.data.{name}.{action}" for name in RESOURCES for action in ("created", "updated")]
    data += [f"historical.data.{name}.created" for name in RESOURCES]
    others = (DOCUMENTED + ONCE_DOCUMENTED).split()
    assert [name for name in data + others if not documented.is_event_type(name)] == []
    for strange in ("provider.connection.updated", "daily.data.sleep.unavailable", "historical.data.sleep.updated"):
        assert not documented.is_event_type(strange)


def test_unknown_fields_by_their_path() -> None:
    """Each level has its path; the kind of value is said, the value is not; [] is each entry of a list."""
    found = summary("activity", new=[1], heart_rate={"peak": {"anna": 1}}, trace="x")
    assert found == [
        "field:activity $.data.new array of number",
        "field:activity $.data.heart_rate.peak object",
        "field:activity $.data.trace string",
    ]
    flow = [{"date": "2026-06-01", "flow": "light", "by": "user"}, {"date": "2026-06-02", "by": None}]
    assert summary("menstrual_cycle", menstrual_flow=flow) == [
        "field:menstrual_cycle $.data.menstrual_flow[].by string"
    ]
    assert sample("steps", quality=4) == ["field:steps $.data.data[].quality number"]
    assert drifted(
        "daily.data.steps.created", {"source": {**SOURCE, "os": "x"}, "data": [{"start": AT, "value": 1}]}
    ) == ["field:steps $.data.source.os string"]
    assert drifted("checkout.quote.created", {"id": "q"}, trace=True) == ["field:checkout $.trace boolean"]
    assert drifted(
        "historical.data.sleep.created", {"provider": "oura", "start_date": AT, "end_date": AT, "job": 1}
    ) == ["field:backfill $.data.job number"]


def test_names_of_maps_are_values() -> None:
    """What somebody ate, and what a customer calls a column, is in no path."""
    food = {"energy": {"unit": "kcal", "value": 1}, "origin": "x", "macros": {"carbs": "much", "fats": {"trans": 1}}}
    found = summary("meal", data={"Secret soup": food, "anna": food}, micros={"minerals": {"anna": "much"}})
    assert found == [
        "shape:meal $.data.data{}.macros.carbs not a number",
        "shape:meal $.data.micros.minerals not a number",
        "field:meal $.data.data{}.origin string",
        "field:meal $.data.data{}.macros.fats.trans number",
    ]
    table = {"query_id": "q", "data": {"group_key.0": ["x"], "anna": [[1]], "soup": "x"}, "took_ms": 3}
    assert drifted("continuous_query.result_table.changed", [table]) == [
        "shape:query $.data[].data{} not a list of numbers or texts",
        "field:query $.data[].took_ms",
    ]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (summary("sleep", type="siesta", state="final"), ["sleep $.data.type siesta", "sleep $.data.state final"]),
        (summary("profile", sex="Anna Smith"), [f"profile $.data.sex {ODD}"]),
        (
            summary("sleep_cycle", stage_start_offset_second=[0, 9], stage_type=[1, 7]),
            ["sleep_cycle $.data.stage_type 7"],
        ),
        (summary("body", source={"provider": "new_one"}), ["body $.data.source.provider new_one"]),
        (sample("weight", unit="lb"), ["weight $.data.data[].unit lb"]),
        (sample("respiratory_rate", unit="bpm"), []),
        (sample("stand_hour", type="sat"), ["stand_hour $.data.data[].type sat"]),
        (sample("igg", type="peanut"), []),
        (sample("insulin_injection", delivery_form="split"), ["insulin_injection $.data.data[].delivery_form split"]),
        (sample("note", value="x", tags=["food", "mood"]), ["note $.data.data[].tags mood"]),
        (sample("body_temperature", sensor_location="knee"), ["body_temperature $.data.data[].sensor_location knee"]),
        (
            drifted("provider.connection.error", {"provider": "oura", "error_type": "gone"}),
            ["connection $.data.error_type gone"],
        ),
        (
            drifted(
                "provider.connection.created",
                {"provider": {"slug": "oura"}, "resource_availability": {"aura": {"status": "soon"}}},
            ),
            ["connection $.data.resource_availability{} aura", "connection $.data.resource_availability{}.status soon"],
        ),
        (drifted("labtest.order.updated", {"id": "o", "status": "lost"}), ["lab.order $.data.last_event.status lost"]),
        (drifted("labtest.result.critical", {"interpretation": "odd"}), ["lab.result $.data.interpretation odd"]),
        (drifted("historical.data.sleep.created", {"provider": "new_one"}), ["backfill $.data.provider new_one"]),
    ],
)
def test_unknown_words(found: list[str], expected: list[str]) -> None:
    """A word that an open enum does not list is named; what does not look like a word may be a value."""
    assert [one.removeprefix("enum:") for one in found if one.startswith("enum:")] == expected


def test_shapes_that_did_not_fit() -> None:
    """Each place that could not be read as expected, whoever's it is, without how often."""
    assert summary("activity", steps="many", heart_rate=7) == [
        "shape:activity $.data.steps not a number",
        "shape:activity $.data.heart_rate not an object",
    ]
    event = {"source": SOURCE, "data": [{"timestamp": AT, "value": 1}, {"timestamp": AT, "value": "x"}, 5]}
    assert drifted("daily.data.steps.created", event) == [
        "shape:steps $.data.data[].value not a number",
        "shape:steps $.data.data[] not an object",
    ]


def test_each_kind_is_counted_from_the_start() -> None:
    """A counter that begins at 1 never increased for Prometheus."""
    kinds = {labels[0] for labels in metrics.DRIFT._metrics}
    assert kinds == {drift.EVENT_TYPE, drift.FIELD, drift.ENUM, drift.SHAPE}


def test_a_record_of_drift() -> None:
    """It says what, where, how often, and where to look at an example; it is no user's."""
    worker = Worker()
    event = envelope("daily.data.body.created", {"id": "1", "source": SOURCE, "mood": "planted"})
    for n in range(COMMON_USERS):
        worker.deliver({**event, "user_id": f"{USER}{n}"}, offset=n, at_ms=NOW_MS + n, id=f"msg_{n}")
    record = worker.drift[-1].record
    assert (record["kind"], record["scope"], record["path"], record["found"]) == (
        *("field", "body", "$.data.mood", "string"),
    )
    assert (record["count"], record["last_seen_at"] - record["first_seen_at"]) == (5, timedelta(milliseconds=4))
    assert (record["raw_topic"], record["raw_partition"], record["raw_offset"]) == (f"{PREFIX}.raw.summaries", 3, 4)
    told = repr(worker.drift) + repr(worker.tables["drift"])
    assert USER not in told
    assert "planted" not in told
    assert worker.counts["drift", "field"] == COMMON_USERS


def test_one_event_cannot_say_everything() -> None:
    """Of a body with thousands of unknown names the first few are noted."""
    worker = Worker()
    worker.deliver(
        envelope("daily.data.body.created", {"id": "1", "source": SOURCE, **{f"x{n}": n for n in range(999)}})
    )
    assert len(worker.drift) == FINDINGS_MAX


def test_more_items_than_are_kept() -> None:
    """Whoever invents a new name with every event fills no table: from ITEMS_MAX on they are counted together."""
    worker = Worker()
    for n in range(ITEMS_MAX + 5):
        worker.deliver(envelope("daily.data.body.created", {"id": "1", "source": SOURCE, f"x{n}": n}), offset=n)
    assert len(worker.tables["drift"]) == ITEMS_MAX + 2  # the number of items, and the row of those without one
    last = worker.drift[-1].record
    assert (last["kind"], last["scope"], last["count"]) == ("overflow", "raw.summaries", 6)  # (rare) took a row, too
    worker.deliver(envelope("daily.data.steps.created", {"data": [{"timestamp": AT, "value": 1}]}), offset=9)
    assert worker.drift[-1].record["kind"] == "shape"  # another raw topic has room of its own


def body(user: str, **data: Any) -> dict[str, Any]:
    return {**envelope("daily.data.sleep.created", {"id": "1", "source": SOURCE, **data}), "user_id": user}


deliveries = st.lists(st.tuples(st.integers(0, 7), st.sampled_from(["bipolar_episode", "pregnant"])), max_size=40)


@given(deliveries)
def test_a_word_is_told_once_several_users_have_it(said: list[tuple[int, str]]) -> None:
    """Until then neither topic nor table holds it, as a value or as a name, however often it comes; all is counted."""
    worker, users = Worker(), defaultdict[str, set[int]](set)
    for n, (user, word) in enumerate(said):
        worker.deliver(body(f"u{user}", type=word, **{f"{word}_1970": 1}), offset=n, id=f"msg_{n}")
        users[word].add(user)
    common = {word for word in users if len(users[word]) >= COMMON_USERS}
    assert {word for word in users if word in repr(worker.drift)} == common
    assert not [word for word in users if word in repr(worker.tables["drift"])]
    newest = {clean.key: clean.record["count"] for clean in worker.drift}
    for word in common:
        times = sum(1 for _, other in said if other == word)
        assert newest[f"enum:sleep $.data.type {word}"] == newest[f"field:sleep $.data.{word}_1970 number"] == times
    rare = sum(1 for n, (_, word) in enumerate(said) if len({u for u, w in said[: n + 1] if w == word}) < COMMON_USERS)
    assert newest.get(f"enum:sleep $.data.type {RARE}", 0) == rare


def test_words_that_an_older_build_told_are_taken_back() -> None:
    """Its row and its record go, when the word comes again; how often it was seen counts on."""
    worker = Worker()
    old = b"enum:sleep $.data.type bipolar_episode"
    worker.tables["drift"] = {old: b"\x01" + msgspec.msgpack.encode((1, 2, 41)), b"items:junction.raw.summaries": b"1"}
    worker.deliver(body("u", type="bipolar_episode"))
    assert old not in worker.tables["drift"]
    tombstones = [emit.key for emit in worker.emits if emit.value is None and emit.topic.endswith(".drift")]
    assert tombstones == [old]
    assert [clean.record["found"] for clean in worker.drift if clean.record] == [RARE]
    for n in range(1, COMMON_USERS):
        worker.deliver(body(f"u{n}", type="bipolar_episode"), offset=n, id=f"msg_{n}")
    assert (worker.drift[-1].key, worker.drift[-1].record["count"]) == (old.decode(), 41 + COMMON_USERS)


@pytest.mark.parametrize("name", ["jane.doe", "jane.doe[]", "jane{}", "a.b.c"])
def test_a_dot_in_a_name_is_no_path(name: str) -> None:
    """Else its first half would be taken for one of our places, and told."""
    for event in (body("u", **{name: 1}), body("u", score=1, source={**SOURCE, name: 1})):
        worker = Worker()
        worker.deliver(event)
        assert "jane" not in repr(worker.drift) + repr(worker.tables["drift"])


@given(json_values)
def test_a_kind_of_value_says_no_value(value: Any) -> None:
    """Six words and their lists; no name, no length."""
    words = set(drift.json_type(value).split()) - {"of"}
    assert words <= {"null", "boolean", "number", "string", "array", "object"}
