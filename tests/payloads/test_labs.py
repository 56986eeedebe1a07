"""Lab testing: one schema, one row for each thing, the newest version; who the patient is, the payload alone says."""

import json
from typing import Any

import pytest

from streams.events.schemas import schema_files
from streams.letters.explain import explain
from tests import samples
from tests.folding import NOW_MS, Worker, raw
from tests.samples import aligned
from tests.strategies import TEAM, USER, envelope

AT, LATER = "2026-06-03T10:00:00+00:00", "2026-06-03T11:00:00+00:00"


def order(status: str, updated_at: str = AT, **data: Any) -> dict[str, Any]:
    fields = {"id": "o1", "user_id": USER, "status": status.partition(".")[0], "updated_at": updated_at}
    fields["last_event"] = {"id": 7, "created_at": updated_at, "status": status}
    return envelope("labtest.order.updated", {**fields, **data})


def result(status: str, **data: Any) -> dict[str, Any]:
    return envelope(
        "labtest.result.critical", {"order_id": "o1", "sample_id": "S/1", "status": status, "updated_at": AT, **data}
    )


def test_an_order_is_a_row_with_versions() -> None:
    """A resent order says nothing new; a later status is CHANGED; an older one that comes late is dropped."""
    worker = Worker()
    (first,) = worker.deliver(order("received.testkit.ordered"))
    assert worker.deliver(order("received.testkit.ordered"), at_ms=NOW_MS + 1, id="msg_2") == []
    (second,) = worker.deliver(order("completed.testkit.completed", LATER), id="msg_3")
    assert worker.deliver(order("collecting_sample.testkit.transit_lab"), at_ms=NOW_MS + 2, id="msg_4") == []
    assert [clean.record["verdict"] for clean in (first, second)] == ["NEW", "CHANGED"]
    assert [clean.key for clean in (first, second)] == [f"{USER}:o1"] * 2
    assert second.record["status"] == "completed.testkit.completed"
    assert second.record["changed_fields"] == ["$.data.last_event", "$.data.status"]
    assert worker.counts["verdicts", "lab", "order", "STALE"] == 1


def test_what_belongs_to_an_order_has_its_key() -> None:
    """Appointments, results and tracking of an order are in its order on the topic, each with an id of its own."""
    worker, told = Worker(), []
    own = {"order_id": "o1", "status": "confirmed", "event_status": "scheduled", "start_at": AT}
    told += worker.deliver(order("received.testkit.ordered"))
    told += worker.deliver(envelope("labtest.appointment.created", {"id": "a1", **own}))
    told += worker.deliver(result("partial"))
    told += worker.deliver(result("final"))
    told += worker.deliver(envelope("labtest.order_tracking.updated", {"order_id": "o1", "markers": []}))
    assert {clean.key for clean in told} == {f"{USER}:o1"}
    assert [(clean.record["resource"], clean.record["id"], clean.record["order_id"]) for clean in told] == [
        ("order", "o1", "o1"),
        ("appointment", "a1", "o1"),
        ("result", "o1/S%2F1/partial", "o1"),
        ("result", "o1/S%2F1/final", "o1"),
        ("order_tracking", "o1", "o1"),
    ]
    appointment = told[1].record
    assert (appointment["status"], appointment["event_status"]) == ("confirmed", "scheduled")
    assert appointment["appointment_start_at"].hour == 10


def test_a_critical_result_is_told_once() -> None:
    """The key is order, sample and status: fetched again it is the same, with another interpretation it has changed."""
    worker = Worker()
    assert len(worker.deliver(result("final", interpretation="critical"))) == 1
    again = result("final", interpretation="critical", updated_at=LATER)
    assert worker.deliver(again, at_ms=NOW_MS + 1, id="msg_2") == []
    (changed,) = worker.deliver(
        result("final", interpretation="abnormal", updated_at=LATER), at_ms=NOW_MS + 2, id="msg_3"
    )
    assert changed.record["interpretation"] == "abnormal"


def test_a_lab_resource_with_the_name_of_a_summary_is_something_else() -> None:
    """A lab event can never overwrite the state of a summary, whatever it is called."""
    worker, source = Worker(), {"provider": "garmin"}
    worker.deliver(envelope("daily.data.body.created", {"id": "1", "weight": 70, "source": source}))
    (clean,) = worker.deliver(envelope("labtest.body.created", {"id": "1", "status": "new"}))
    assert (clean.topic, clean.record["verdict"]) == ("labs", "NEW")


def test_a_match_review_belongs_to_the_team() -> None:
    """It has no user until it is resolved; the order that it was resolved to is named."""
    worker, review = Worker(), {"id": "r1", "status": "pending_ops_review", "decision_code": "no_match"}
    event = {"event_type": "labtest.match_review.created", "team_id": TEAM, "data": review}
    (first,) = worker.deliver(event)
    resolved = review | {"status": "resolved", "resolved_user_id": USER, "resolved_order_id": "o9"}
    (second,) = worker.deliver({**event, "data": resolved}, at_ms=NOW_MS + 1, id="msg_2")
    assert (first.key, second.key, first.record["user_id"]) == (f"{TEAM}:r1", f"{TEAM}:r1", None)
    found = [second.record[name] for name in ("verdict", "resolved_user_id", "resolved_order_id", "order_id")]
    assert found == ["CHANGED", USER, "o9", None]


IDENTIFYING = ("patient", "address", "phone", "email", "dob", "name", "notes", "physician", "location", "passthrough")


def test_no_column_identifies_a_patient() -> None:
    """Who the patient is, is in the payload alone; of names only that of the test has a column."""
    paths = {".".join(path) for row in schema_files.typed_fields("Lab") for path in (row.path, *row.others)}
    assert {path for path in paths if any(word in path for word in IDENTIFYING)} == {"lab_test.name"}
    details = {"first_name": "Planted", "dob": "1990-01-01", "email": "planted@example.org"}
    (clean,) = Worker().deliver(order("received.testkit.ordered", patient_details=details))
    assert json.loads(clean.record.pop("payload_json"))["patient_details"] == details
    assert "lanted" not in str(clean.record)


def test_a_field_that_does_not_fit_costs_itself() -> None:
    """The column is null, the place is a problem, and the payload has the value."""
    (clean,) = Worker().deliver(order("received.testkit.ordered", priority="very", sample_id=["x"]))
    assert (clean.record["is_priority"], clean.record["sample_id"]) == (None, None)
    assert clean.record["problems"] == ["$.data.sample_id: not a text", "$.data.priority: neither true nor false"]


PUBLISHED = {
    "lab_report.parsing_job.updated--2026-08-18": ("parsing_job", "completed", None),
    "labtest.appointment.updated--2025-02-24": ("appointment", "confirmed", "1d858640-5323-43c7-bcd5-4a0e1c4d2cb8"),
    "labtest.appointment.updated--2026-08-14": ("appointment", "confirmed", "1ed9c8d7-e1b4-4d61-8123-0f99de5ae99a"),
    "labtest.order.created--2024-02-15": ("order", "collecting_sample", None),
    "labtest.order.created--2025-02-24": ("order", "collecting_sample", None),
    "labtest.result.critical--2025-02-24": ("result", "final", "d9e41a2f-3a0b-4afb-a397-ad37b3c056a4"),
}


def test_published_bodies() -> None:
    """Every published lab body has its columns, and `explain` says its key."""
    bodies = dict(samples.webhooks())
    for name, (resource, status, order_id) in PUBLISHED.items():
        body = aligned(bodies[name])
        (clean,) = Worker().run(raw(body))
        assert (clean.record["resource"], clean.record["status"]) == (resource, status), name
        assert clean.record["order_id"] == order_id or resource == "order", name
        assert clean.record["problems"] == [], name
        told = explain(body, prefix="junction", partitions=12)
        assert (told.clean_topic, told.schema) == ("junction.labs", "Lab")
        assert told.keys[0].endswith(clean.record["id"]), name


@pytest.mark.parametrize("data", [None, 7, [], "x", {}])
def test_any_payload_leaves(data: Any) -> None:
    """A payload of any kind is passed on."""
    (clean,) = Worker().deliver(envelope("labtest.order.created", data))
    assert json.loads(clean.record["payload_json"]) == data


def test_tracking_tells_the_current_estimate() -> None:
    """When results are expected and when the sample was taken stand in objects; the first estimate stands in."""
    final = {"original_estimate": AT, "current_estimate": LATER}
    data = {"order_id": "o1", "expected_at": {"final_results": final}, "markers": [], "updates": []}
    data["collected_at"] = {"collected_at": AT, "is_inferred": True, "inferred_from": "lab"}
    (told,) = Worker().deliver(envelope("labtest.order_tracking.updated", data))
    assert (told.record["expected_at"].hour, told.record["collected_at"].hour) == (11, 10)
    data |= {"expected_at": {"final_results": {"original_estimate": AT}}, "collected_at": None}
    (told,) = Worker().deliver(envelope("labtest.order_tracking.updated", data))
    assert (told.record["expected_at"].hour, told.record["collected_at"]) == (10, None)
