"""Events under names and shapes of older pages: they lie in raw topics for years, and a replay must understand them."""

import pytest

from tests.folding import NOW_MS, Worker
from tests.strategies import USER, envelope

SOURCE = {"provider": "garmin", "type": "watch"}
AT = "2026-06-03T10:00:00+00:00"


@pytest.mark.parametrize("event_type", ["daily.data.workout_stream.unavailable", "daily.workout_stream.unavailable"])
def test_a_stream_that_is_not_there(event_type: str) -> None:
    """Until 2024 an event said that a workout has no stream; it changes what a notice before it said."""
    worker, data = Worker(), {"workout_id": "w1", "provider": "garmin", "message": "no stream"}
    (_, first) = worker.deliver(envelope("daily.data.workout_stream.created", data))
    (second,) = worker.deliver(envelope(event_type, data), id="msg_2", at_ms=NOW_MS + 1)
    assert [clean.record["is_available"] for clean in (first, second)] == [True, False]
    assert second.record["changed_fields"] == ["is_available"]


def test_devices_under_their_old_name() -> None:
    """daily.data.device.* is what is provider.device.* today."""
    worker, data = Worker(), {"id": "d1", "provider": "garmin", "source_type": "watch"}
    (old,) = worker.deliver(envelope("daily.data.device.created", data))
    assert (old.topic, old.key, old.record["resource"]) == ("devices", f"{USER}:d1", "device")
    assert worker.deliver(envelope("provider.device.created", data), id="msg_2") == []


def test_a_connection_event_of_an_unknown_word_changes_nothing() -> None:
    """provider.connection.updated is in older pages; what it means nobody says: passed on, the state stays."""
    worker = Worker()
    data = {"provider": {"slug": "garmin"}, "resource_availability": {"sleep": {"status": "available"}}}
    worker.deliver(envelope("provider.connection.created", data))
    before = dict(worker.tables["connections"])
    (told,) = worker.deliver(envelope("provider.connection.updated", data), id="msg_2", at_ms=NOW_MS + 1)
    assert (told.topic, told.record["action"]) == ("other", "updated")
    assert worker.tables["connections"] == before


def test_a_test_kit_is_an_order() -> None:
    """testkit.order.updated came before labtest.order.updated."""
    (told,) = Worker().deliver(envelope("testkit.order.updated", {"id": "o1", "status": "completed"}))
    assert (told.topic, told.key) == ("labs", f"{USER}:o1")
    assert (told.record["resource"], told.record["status"]) == ("order", "completed")


@pytest.mark.parametrize(
    ("old", "topic"),
    [
        ("daily.data.active_energy_burned.created", "calories_active"),
        ("daily.data.basal_energy_burned.updated", "calories_basal"),
        ("daily.data.distance_running_walking.created", "distance"),
        ("daily.timeseries.hypnogram.created", "hypnogram"),
        ("daily.data.body_weight.created", "weight"),
        ("daily.data.body_fat.created", "fat"),
    ],
)
def test_samples_under_an_old_name(old: str, topic: str) -> None:
    """They leave on the topic of today's name, and are the same samples as those under it."""
    worker, data = Worker(), {"source": SOURCE, "data": [{"timestamp": AT, "value": 1}]}
    told = worker.deliver(envelope(old, data))[-1]
    assert (told.topic, told.record["delivery"]["event_type"]) == (topic, old)
    assert worker.deliver(envelope(f"daily.data.{topic}.created", data), id="msg_2") == []


def test_meals_are_a_meal() -> None:
    """The API's plural was an event's name once."""
    data = {"id": "m1", "source": SOURCE, "name": "lunch"}
    told = Worker().deliver(envelope("daily.data.meals.created", data))[-1]
    assert (told.topic, told.record["name"]) == ("meal", "lunch")
