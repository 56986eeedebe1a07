"""An event that holds nothing is no dead letter: nothing is lost, and nobody can mend it."""

import json
from typing import Any

import pytest

from streams.events import topics
from streams.events.resources import RESOURCES, Kind
from streams.letters.explain import explain
from tests.folding import PREFIX, Worker, raw
from tests.strategies import USER, envelope

SOURCE = {"provider": "garmin", "type": "watch"}
SERIES = sorted(row.name for row in RESOURCES.values() if row.kind is Kind.TIMESERIES)
HISTORY = {"ce_origin": "historical", "ce_backfillid": "b1"}


@pytest.mark.parametrize("headers", [None, HISTORY], ids=["daily", "historical"])
@pytest.mark.parametrize("resource", SERIES)
def test_a_batch_without_samples(resource: str, headers: dict[str, str] | None) -> None:
    """Of any resource and in any form: nothing leaves, it is counted, and it implies no connection."""
    for data in ({"source": SOURCE, "data": []}, {"data": []}, {"source": SOURCE, "data": [], "new": 1}, []):
        worker = Worker()
        event = envelope(f"daily.data.{resource}.created", data)
        told = worker.run(raw(json.dumps(event).encode(), headers=headers))
        assert {clean.topic for clean in told} <= {topics.BACKFILLS}
        assert worker.counts["verdicts", "timeseries", resource, "EMPTY"] == 1
        assert not worker.tables["samples"]
        assert not worker.tables["connections"]
        assert explain(json.dumps(event).encode(), prefix=PREFIX, partitions=4).reason == ""


def test_it_is_a_delivery_of_its_backfill() -> None:
    """The fetched batch is known to have come, with no row."""
    worker = Worker()
    batch = envelope("daily.data.steps.created", {"source": SOURCE, "data": []})
    worker.run(raw(json.dumps(batch).encode(), headers=HISTORY))
    assert [key for key in worker.tables["backfills"] if USER.encode() in key]


def test_what_is_strange_about_it_is_said() -> None:
    """A field that nobody knows is found in it too."""
    worker = Worker()
    worker.deliver(envelope("daily.data.steps.created", {"source": SOURCE, "data": [], "new": 1}))
    assert [clean.key for clean in worker.drift] == ["field:steps $.data.(rare) number"]


@pytest.mark.parametrize(
    ("event_type", "data", "topic"),
    [
        ("daily.data.workouts.created", {"id": "1", "source": SOURCE, "hr_zones": []}, "workouts"),
        ("daily.data.sleep_cycle.created", {"id": "1", "source": SOURCE, "stage_type": []}, "sleep_cycle"),
        ("daily.data.menstrual_cycle.created", {"id": "1", "source": SOURCE, "menstrual_flow": []}, "menstrual_cycle"),
        ("daily.data.meal.created", {"id": "1", "source": SOURCE, "data": {}}, "meal"),
        ("daily.data.workout_stream.created", {"workout_id": "1", "source": SOURCE, "stream": {}}, "workout_stream"),
        ("daily.data.workout_stream.created", {"workout_id": "1", "source": SOURCE, "stream": None}, "workout_stream"),
        ("continuous_query.result_table.changed", [], "query_results"),
        ("continuous_query.result_table.changed", [{"query_id": "q", "data": {}}], ""),
        ("continuous_query.result_table.changed", [{"query_id": "q", "data": {"group_key.0": []}}], ""),
        ("labtest.order.updated", [], "labs"),
        ("labtest.order.updated", {}, "labs"),
        ("labtest.order.updated", {"id": "o", "events": []}, "labs"),
        ("checkout.quote.created", [], "other"),
        ("checkout.quote.created", None, "other"),
        ("provider.connection.created", {"provider": "garmin", "resource_availability": {}}, "connections"),
    ],
)
def test_other_events_with_empty_parts(event_type: str, data: Any, topic: str) -> None:
    """An empty list is a list: what stands around it leaves; a result without rows has none."""
    told = Worker().deliver(envelope(event_type, data))
    assert [clean.topic for clean in told if topic == "connections" or clean.topic != "connections"] == [
        topic for _ in range(1) if topic
    ]
