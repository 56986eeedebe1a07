"""The published answers of the API and objects of its schemas, as the events that would have the same data."""

import json
from collections.abc import Iterator
from typing import Any

from tests.samples import sample_dir
from tests.strategies import USER

SOURCE = {"provider": "oura", "type": "ring"}

# What a file holds, by its name: the resource and the shape in which the answer has it (domain file, 6.2, 6.3).
_SUMMARIES = {
    "summary-activity": "activity", "summary-activity-current": "activity", "summary-sleep": "sleep",
    "summary-sleep-current": "sleep", "summary-body-current": "body", "summary-workouts-current": "workouts",
    "summary-meal": "meal", "summary-menstrual-cycle": "menstrual_cycle",
}  # fmt: skip
_UNGROUPED = {"ungrouped-heartrate-from-guide": "heartrate", "ungrouped-steps": "steps"}
_OBJECTS = {
    "ClientFacingAppointment": "labtest.appointment.updated",
    "ClientFacingDevice": "provider.device.created",
    "ClientFacingShallowWorkoutStream": "daily.data.workout_stream.created",
    "ClientFacingSleep": "daily.data.sleep.created",
    "ClientFacingWorkout": "daily.data.workouts.created",
    "ProviderConnectionCreated": "provider.connection.created",
}


def answers() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """(file name without .json, events) of every answer; no events where it holds no data of a user."""
    for path in sorted((sample_dir() / "api").glob("*.json")):
        yield path.stem, list(_events_of_answer(path.stem, json.loads(path.read_bytes())))


def objects() -> Iterator[tuple[str, dict[str, Any]]]:
    """(file name without .json, event) of every object."""
    for path in sorted((sample_dir() / "objects").glob("*.json")):
        data = json.loads(path.read_bytes())
        event_type = _OBJECTS.get(path.stem)
        yield path.stem, _event(event_type, data) if event_type else _samples(_resource(path.stem), [data])


def _events_of_answer(name: str, answer: Any) -> Iterator[dict[str, Any]]:
    if name in _SUMMARIES:
        rows = next(iter(answer.values()))
        yield from (_event(f"daily.data.{_SUMMARIES[name]}.created", row) for row in rows)
    elif name.startswith("grouped-"):
        resource = name.removeprefix("grouped-").removesuffix("-with-cursor").replace("-", "_")
        for groups in answer["groups"].values():
            yield from (_event(f"daily.data.{resource}.created", group) for group in groups)
    elif name in _UNGROUPED:
        yield _samples(_UNGROUPED[name], answer)
    elif name == "devices-current":
        yield from (_event("provider.device.updated", device) for device in answer)
    elif name == "order":
        yield _event("labtest.order.updated", answer)
    elif name == "samples-timezone-known":
        yield _event("daily.data.heartrate.created", answer)


def _samples(resource: str, rows: list[Any]) -> dict[str, Any]:
    return _event(f"daily.data.{resource}.created", {"source": SOURCE, "data": rows})


def _resource(title: str) -> str:
    """`ClientFacingStandHourSample` is one of `stand_hour`."""
    words = title.removeprefix("ClientFacing").removesuffix("Sample").removesuffix("Timeseries")
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in words).lstrip("_")


def _event(event_type: str, data: Any) -> dict[str, Any]:
    """With one user: examples of the documentation name several."""
    if "user_id" in data:
        data = {**data, "user_id": USER}
    return {"event_type": event_type, "user_id": USER, "client_user_id": "p-1", "team_id": "t-1", "data": data}
