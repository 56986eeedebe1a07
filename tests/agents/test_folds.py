"""The agents, whole: stored bytes in, tables and clean records out."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.agents import assembly
from streams.agents.steps.sample_chunks import SAMPLES_MAX, TEXT_BYTES_MAX
from streams.events import topics
from streams.ops.errors import Reason, Rejected
from streams.tables import rows
from streams.tables.summaries import packed_row
from streams.tables.verdicts import version_of
from tests.folding import CODEC, NOW_MS, PREFIX, Clean, Worker, raw
from tests.strategies import TEAM, USER, envelope, labs, older, other_series, seed_form, series, summaries

AT = "2026-06-03T10:00:00+00:00"
SOURCE = {"provider": "garmin", "type": "watch"}


def heartrate(*values: float, **data: Any) -> dict[str, Any]:
    """One sample a second."""
    rows = [{"timestamp": f"2026-06-03T10:00:{s:02}Z", "value": v, "unit": "bpm"} for s, v in enumerate(values)]
    return envelope("daily.data.heartrate.created", {"source": SOURCE, "data": rows, **data})


def body_event(weight: float, updated_at: str = AT, **data: Any) -> dict[str, Any]:
    fields = {"id": "b1", "weight": weight, "updated_at": updated_at, "source": SOURCE}
    return envelope("daily.data.body.updated", {**fields, **data})


def link_event(kind: str, provider: str = "garmin") -> dict[str, Any]:
    given_as: Any = {"slug": provider} if kind == "created" else provider
    return envelope(f"provider.connection.{kind}", {"provider": given_as, "error_type": "token_refresh_failed"})


DEVICE = {"provider": "withings", "source_type": "scale", "device_model": "Body+", "device_id": "a1b2c3"}


def named(topic: str, clean: list[Clean]) -> list[dict[str, Any]]:
    return [record for name, _, record in clean if name == topic]


def test_every_source_topic_has_a_fold() -> None:
    """An event of any type has an agent that takes it."""
    assert set(assembly.folds(CODEC, PREFIX)) == set(topics.SOURCES)


def test_a_sample_event_leaves_with_what_is_news() -> None:
    """Of three samples one changed and one is new: one record with those two, and the counts of all."""
    worker = Worker()
    worker.deliver(heartrate(60, 61), at_ms=1000)
    (record,) = named("heartrate", worker.deliver(heartrate(60, 99, 62), at_ms=2000, id="msg_2"))
    assert record["values"] == [99.0, 62.0]
    assert [time.second for time in record["times"]] == [1, 2]
    assert record["ends"] == []
    assert record["verdict"] == "CHANGED"
    assert record["counts"] == {"new": 1, "changed": 1, "same": 1, "stale": 0, "conflict": 0, "dropped": 0}
    assert record["connection"] == {"status": "implied", "connected_at": None}
    assert worker.counts["verdicts", "timeseries", "heartrate", "NEW"] == 3
    assert worker.counts["clean_records", "heartrate"] == 2


def test_a_redelivery_leaves_nothing() -> None:
    """The same delivery again: no record, no write."""
    worker = Worker()
    for event in (heartrate(60), body_event(70), link_event("created")):
        assert worker.deliver(event)
    before = worker.state
    for event in (heartrate(60), body_event(70), link_event("created")):
        assert worker.deliver(event) == []
    assert worker.state == before


def test_a_late_event_does_not_overwrite() -> None:
    """Created earlier, delivered later: stale, counted, not emitted."""
    worker = Worker()
    worker.deliver(heartrate(61), at_ms=2000)
    assert named("heartrate", worker.deliver(heartrate(60), at_ms=1000, id="msg_2")) == []
    assert worker.counts["verdicts", "timeseries", "heartrate", "STALE"] == 1


def test_a_conflict_is_counted_on_either_side() -> None:
    """Two contents of one version: whoever comes second, it is one conflict, and the same content wins."""
    winners = []
    for first, second in ((60, 61), (61, 60)):
        worker = Worker()
        clean = worker.deliver(heartrate(first)) + worker.deliver(heartrate(second), id="msg_2")
        winners.append(named("heartrate", clean)[-1]["values"])
        assert worker.counts["conflicts", "timeseries", "heartrate"] == 1
    assert winners == [[61.0], [61.0]]


def test_samples_that_differ_in_kind_leave_apart() -> None:
    """Unit, type, offset and intervals are said once a record, so each combination is a part of its own."""
    rows = [
        {"timestamp": AT, "value": 1, "type": "lead_1"},
        {"timestamp": AT, "value": 2, "type": "lead_2"},
        {"timestamp": "2026-06-03T10:00:01Z", "value": 3, "type": "lead_1"},
    ]
    event = envelope("daily.data.electrocardiogram_voltage.created", {"source": SOURCE, "data": rows})
    records = named("electrocardiogram_voltage", Worker().deliver(event))
    assert [(r["type"], r["values"], r["part"], r["parts"]) for r in records] == [
        ("lead_1", [1.0, 3.0], 1, 2),
        ("lead_2", [2.0], 2, 2),
    ]
    assert {r["unit"] for r in records} == {"mV"}


def test_a_large_event_leaves_in_parts() -> None:
    """No clean record holds more than SAMPLES_MAX samples."""
    n = SAMPLES_MAX + 1
    start = datetime(2026, 6, 1, tzinfo=UTC)
    rows = [{"timestamp": (start + timedelta(seconds=s)).isoformat(), "value": s} for s in range(n)]
    event = envelope("daily.data.heartrate.created", {"source": SOURCE, "data": rows})
    records = named("heartrate", Worker().deliver(event))
    assert [(len(r["values"]), r["part"], r["parts"]) for r in records] == [(SAMPLES_MAX, 1, 2), (1, 2, 2)]


def test_samples_with_texts_leave_in_parts_by_their_size() -> None:
    """Long notes: no record holds more than TEXT_BYTES_MAX of them, the order stays, and a single one always leaves."""
    long = TEXT_BYTES_MAX // 4
    rows = [{"timestamp": f"2026-06-03T10:00:{s:02}Z", "value": f"{s}" + "x" * long} for s in range(6)]
    rows.append({"timestamp": "2026-06-03T11:00:00Z", "value": "y" * TEXT_BYTES_MAX})
    event = envelope("daily.data.note.created", {"source": SOURCE, "data": rows})
    records = named("note", Worker().deliver(event))
    assert [[value[0] for value in r["values"]] for r in records] == [["0", "1", "2"], ["3", "4", "5"], ["y"]]
    assert [(r["part"], r["parts"]) for r in records] == [(1, 3), (2, 3), (3, 3)]


def test_blood_pressure_leaves_as_two_columns() -> None:
    """Only the readings that are news, as parallel lists; the shared words are said once."""
    rows = [
        {"timestamp": AT, "systolic": 124.0, "diastolic": 78, "unit": "mmHg", "timezone_offset": 7200},
        {"timestamp": "2026-06-03T11:00:00Z", "systolic": 120.0, "diastolic": "80", "timezone_offset": 7200, "odd": 1},
    ]
    worker = Worker()
    worker.deliver(envelope("daily.data.blood_pressure.created", {"source": SOURCE, "data": rows[:1]}))
    event = envelope("daily.data.blood_pressure.updated", {"source": SOURCE, "data": rows})
    (record,) = named("blood_pressure", worker.deliver(event, at_ms=NOW_MS + 1, id="msg_2"))
    assert (record["systolic"], record["diastolic"], record["ends"]) == ([120.0], [80.0], [])
    assert (record["unit"], record["timezone_offset_s"], record["counts"]["same"]) == ("mmHg", 7200, 1)
    assert json.loads(record["unknown_fields"]) == {"data[]": {"odd": [1]}}


def test_insulin_and_notes_leave_as_columns() -> None:
    """What each sample has of its own is a list beside `times`, with null where it says nothing."""
    span = {"start": AT, "end": "2026-06-03T10:05:00Z"}
    doses = [
        {**span, "value": 4.5, "type": "rapid_acting", "delivery_mode": "bolus", "delivery_form": "standard"},
        {**span, "value": 2, "type": "rapid_acting", "delivery_form": "extended", "bolus_purpose": "meal"},
    ]
    event = envelope("daily.data.insulin_injection.created", {"source": SOURCE, "data": doses})
    (record,) = named("insulin_injection", Worker().deliver(event))
    assert (record["values"], record["type"], record["unit"]) == ([4.5, 2.0], "rapid_acting", "unit")
    assert record["delivery_modes"] == ["bolus", None]
    assert record["delivery_forms"] == ["standard", "extended"]
    assert record["bolus_purposes"] == [None, "meal"]
    assert [end.minute for end in record["ends"]] == [5, 5]
    notes = [
        {**span, "value": "skipped dessert", "tags": ["food"]},
        {**span, "start": "2026-06-03T10:01:00Z", "value": "x"},
    ]
    event = envelope("daily.data.note.created", {"source": SOURCE, "data": notes})
    (record,) = named("note", Worker().deliver(event))
    assert (record["values"], record["tags"], record["unit"]) == (["skipped dessert", "x"], [["food"], []], "text")


@pytest.mark.parametrize("lacking", ["systolic", "diastolic"])
def test_half_a_reading_is_none(lacking: str) -> None:
    """A sample without one of its values is dropped and counted; the others stay."""
    whole = {"timestamp": AT, "systolic": 120, "diastolic": 80}
    half = {**whole, "timestamp": "2026-06-03T11:00:00Z", lacking: None}
    event = envelope("daily.data.blood_pressure.created", {"source": SOURCE, "data": [half, whole]})
    (record,) = named("blood_pressure", Worker().deliver(event))
    assert (len(record["times"]), record["counts"]["dropped"]) == (1, 1)


def test_a_typed_summary() -> None:
    """Typed fields, versions, delivery and the connection, in one record; what changed is named."""
    worker = Worker()
    worker.deliver(link_event("created"), at_ms=500)
    worker.deliver(body_event(70), at_ms=1000)
    clean = worker.deliver(body_event(71, "2026-06-03T11:00:00Z", new=1), at_ms=2000, id="msg_2")
    (record,) = named("body", clean)
    assert clean[-1].key == f"{USER}:body:b1"
    assert (record["weight_kg"], record["verdict"]) == (71.0, "CHANGED")
    assert record["changed_fields"] == ["$.data.new", "weight_kg"]
    assert json.loads(record["unknown_fields"]) == {"new": 1}
    assert record["connection"]["status"] == "connected"
    assert record["source"]["priority"] == 3
    assert record["delivery"]["id"] == "msg_2"
    assert (record["delivery"]["raw_topic"], record["delivery"]["raw_partition"]) == ("junction.raw.summaries", 3)
    assert record["version"]["updated_at"].hour == 11


def test_connection_records_follow_the_visible_state() -> None:
    """Data imply a link; created and error move it; an older error changes nothing that others see."""
    worker = Worker()
    clean = worker.deliver(heartrate(60), at_ms=1_000_000)
    clean += worker.deliver(link_event("created"), at_ms=3_000_000, id="msg_2")
    clean += worker.deliver(heartrate(60, 61), at_ms=3_100_000, id="msg_3")
    clean += worker.deliver(link_event("error"), at_ms=4_000_000, id="msg_4")
    clean += worker.deliver(link_event("error"), at_ms=3_500_000, id="msg_5")
    records = named("connections", clean)
    assert [record["status"] for record in records] == ["implied", "connected", "error"]
    assert [record["delivery_id"] for record in records] == ["msg_1", "msg_2", "msg_4"]
    assert records[-1]["error_type"] == "token_refresh_failed"
    assert worker.counts["verdicts", "connection", "connection", "STALE"] == 1


def test_no_words_for_humans_in_a_connection() -> None:
    """The error's message and the user's id at the provider may be an e-mail address: they stay in the raw topic."""
    event = link_event("error")
    said = dict.fromkeys(("message", "error_details", "external_user_id"), "marker@example.org")
    event = {**event, "data": event["data"] | said}
    assert "marker" not in str(Worker().deliver(event))


def test_devices_are_state() -> None:
    """One record a change, keyed by user and device."""
    worker = Worker()
    event = envelope("provider.device.created", {"id": "d1", **DEVICE})
    first = worker.deliver(event)
    assert [clean.key for clean in first] == [f"{USER}:d1"]
    assert first[0].record["source"]["type"] == "scale"
    assert (first[0].record["device_model"], first[0].record["provider_device_id"]) == ("Body+", "a1b2c3")
    assert worker.deliver({**event, "event_type": "provider.device.updated"}, at_ms=NOW_MS + 9, id="msg_2") == []


def test_backfills_are_state() -> None:
    """A notice is state; Garmin's is early; a reconnect's notice is counted; a redelivery is not."""
    data = {"provider": "garmin", "start_date": "2026-01-01T00:00:00Z", "end_date": AT, "is_final": True}
    event, worker = envelope("historical.data.steps.created", data), Worker()
    first = worker.deliver(event)
    assert worker.deliver(event) == []
    second = worker.deliver(event, at_ms=NOW_MS + 1, id="msg_2")
    assert [clean.record["notices"] for clean in first + second] == [1, 2]
    assert second[0].key == f"{USER}:garmin:steps"
    assert second[0].record["is_early_notice"]


@pytest.mark.parametrize(
    ("event_type", "data", "topic", "key", "id"),
    [
        ("labtest.order.created", {"x": 1}, "labs", f"{USER}:msg_1", None),
        ("labtest.new_kind.created", 7, "labs", f"{USER}:msg_1", None),
        ("continuous_query.result_table.changed", [{"query_id": "q1"}], "query_results", f"{USER}:msg_1", None),
        ("checkout.session.created", {"checkout_session_id": "c1", "order_id": "o1"}, "other", f"{USER}:c1", "c1"),
        ("new.kind.of.event", {"x": 1}, "other", f"{USER}:msg_1", None),
        ("daily.data.newthing.created", 7, "other", f"{USER}:msg_1", None),
    ],
)
def test_other_events_leave_once(event_type: str, data: Any, topic: str, key: str, id: str | None) -> None:
    """Checkout, the unknown, labs and queries without a key: one record a delivery id, payload as JSON."""
    worker = Worker()
    (clean,) = worker.deliver(envelope(event_type, data))
    assert (clean.topic, clean.key, clean.record["id"]) == (topic, key, id)
    assert json.loads(clean.record["payload_json"]) == data
    assert worker.deliver(envelope(event_type, data)) == []


def test_a_team_event_has_no_user() -> None:
    """The team stands in for the user in keys, and the record says that there is none."""
    event = {"event_type": "labtest.match_review.created", "team_id": TEAM, "data": {"id": "r1", "status": "resolved"}}
    (clean,) = Worker().deliver(event)
    assert clean.key == f"{TEAM}:r1"
    assert clean.record["user_id"] is None


def test_unknown_types_are_counted_by_a_bounded_label() -> None:
    """A stranger's words become one label, not many."""
    worker = Worker()
    for number, event_type in enumerate(["new.kind", "Odd Words!", "é" * 90]):
        worker.deliver(envelope(event_type, {}), id=f"msg_{number}")
    assert worker.counts["unknown_types", "new.kind"] == 1
    assert worker.counts["unknown_types", "malformed"] == 2
    assert sum(n for (name, *_), n in worker.counts.items() if name == "verdicts") == 3


@pytest.mark.parametrize("event_type", ["checkout.session.created", "labtest.order.created", "new.kind"])
def test_without_key_and_delivery_id_an_event_is_refused(event_type: str) -> None:
    """Nothing else tells it from its redelivery."""
    with pytest.raises(Rejected) as caught:
        Worker().deliver(envelope(event_type, {"x": 1}), id="")
    assert caught.value.reason is Reason.NO_DELIVERY_ID


@pytest.mark.parametrize("topic", topics.RAW)
def test_an_event_on_the_wrong_topic_is_refused(topic: str) -> None:
    """A record that a door put into another family's topic becomes a dead letter, not a crash."""
    body = json.dumps(heartrate(60) if topic != "raw.timeseries" else body_event(70)).encode()
    with pytest.raises(Rejected):
        Worker().run(raw(body, topic=f"{PREFIX}.{topic}"))


@pytest.mark.parametrize("value", [b"", None])
def test_an_empty_record_is_refused(value: bytes | None) -> None:
    """Raw topics have no tombstones."""
    record = raw(b'{"event_type":"x","user_id":"u"}')._replace(value=value)
    with pytest.raises(Rejected):
        Worker().run(record)


def test_floating_time_is_flagged() -> None:
    """Two providers send local time as if it were UTC."""
    (record,) = named("heartrate", Worker().deliver(heartrate(60, source={"provider": "freestyle_libre"})))
    assert record["is_floating_time"]
    assert record["source"]["priority"] == 13


@pytest.mark.parametrize(
    ("headers", "at_ms"),
    [
        ([("ce_time", b"2025-06-22T11:38:54.195Z"), ("svix-timestamp", b"1")], 1_750_592_334_195),
        ([("ce_id", b"msg_2yrUlCpRDNpetRYyyYH3mpMxXBf")], 1_750_592_334_195),
        ([("ce_id", b"odd"), ("ce_time", b"soon"), ("svix-timestamp", b"1750592334")], 1_750_592_334_000),
        ([("svix-timestamp", b"-1")], 7),
        ([], 7),
    ],
)
def test_delivery_time(headers: list[tuple[str, bytes]], at_ms: int) -> None:
    """The door's time, else the id's, else the attempt's, else the record's."""
    record = raw(json.dumps(heartrate(60)).encode())._replace(headers=headers, timestamp=7)
    (clean,) = named("heartrate", Worker().run(record))
    assert round(clean["version"]["delivered_at"].timestamp() * 1000) == at_ms


data_events = series(st.sampled_from(["heartrate", "steps", "stress_level"])) | other_series() | summaries() | labs()
events = st.lists(data_events, min_size=1, max_size=6)
shapes = st.sampled_from([dict, older, seed_form])


@settings(max_examples=40)
@given(events, st.lists(shapes, min_size=6, max_size=6), st.randoms(use_true_random=False))
def test_arrival_order_does_not_matter(said: list[Any], shape: list[Any], random: Any) -> None:
    """Duplicate and shuffle deliveries, mix generations: tables end the same, and so does each key's last content."""
    deliveries = [(event, 1000 * (1 + n // 2), f"msg_{n}") for n, event in enumerate(said)]
    straight = _end(deliveries)
    again = [
        (shape[n](event), at_ms, id) for n, (event, at_ms, id) in enumerate(deliveries)
    ]  # the same record in another generation
    shuffled = [*again, *random.sample(deliveries, random.randint(0, len(said)))]
    random.shuffle(shuffled)
    assert _end(shuffled) == straight


def _end(deliveries: list[Any]) -> Any:
    """(tables, what is said last of each key, which source's samples to take)."""
    worker, last = Worker(), {}
    takes, told = {}, {}
    for event, at_ms, id in deliveries:
        for topic, key, record in worker.deliver(event, at_ms=at_ms, id=id):
            if topic == "preferences":
                told[key] = (record["provider"], record["type"], record["others"])
            elif "times" in record:
                last |= {(topic, *sample_key, at): said for sample_key, at, said in _samples(record)}
                hours = {f"{record['user_id']}:{topic}:{at.isoformat()[:13]}" for at in record["times"]}
                takes |= {(hour, record["source"]["provider"], record["source"]["type"]): record for hour in hours}
            elif topic != "connections":
                last[key, record["resource"], record["id"]] = record["version"]["content_hash"], record.get("preferred")
    taken = {
        at: record["preferred"] if at[0] not in told else told[at[0]][:2] == at[1:] for at, record in takes.items()
    }
    return _comparable(worker.state), last, told, taken


def _comparable(state: dict[str, dict[bytes, bytes]]) -> Any:
    """Without what a summary's state keeps of the delivery, whose generations differ in what they name."""
    kept = {
        key: _content(row) if row[0] == rows.SUMMARY.writes else row for key, row in state.pop("summaries", {}).items()
    }
    return state, kept


def _content(row: bytes) -> tuple[Any, ...]:
    packed = packed_row.decode(row)
    of_source = packed_row.maker_of(packed)
    return version_of(row, rows.SUMMARY), of_source, packed.has_id, packed.numbers, packed.others, packed.more


def _samples(record: dict[str, Any]) -> Iterator[tuple[tuple[Any, ...], Any, Any]]:
    """(what its key adds to the time, its time, what it says) of each sample."""
    n, at_source = len(record["times"]), (record["source"]["provider"], record["source"]["type"])
    lists = {name: value for name, value in record.items() if isinstance(value, list) and len(value) == n}
    columns = {name: value for name, value in lists.items() if name not in ("problems", "changed_fields")}
    for place in range(n):
        said = {name: column[place] for name, column in columns.items()} | {"unit": record["unit"]}
        extra = (record["type"], said.get("delivery_forms")) if record["resource"] == "insulin_injection" else ()
        yield (*at_source, *extra), said["times"], said | {"type": record["type"]}
