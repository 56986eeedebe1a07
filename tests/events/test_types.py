"""What an event is called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events.resources import ALIASES, RESOURCES, Kind
from streams.events.types import Family, parse_type

CONTROL = {
    "provider.connection.created": (Family.CONNECTION, "connection", "created"),
    "provider.connection.error": (Family.CONNECTION, "connection", "error"),
    "provider.device.created": (Family.DEVICE, "device", "created"),
    "provider.device.updated": (Family.DEVICE, "device", "updated"),
    "continuous_query.result_table.changed": (Family.QUERY, "result_table", "changed"),
    "labtest.order.updated": (Family.LAB, "order", "updated"),
    "labtest.appointment.created": (Family.LAB, "appointment", "created"),
    "labtest.result.critical": (Family.LAB, "result", "critical"),
    "labtest.match_review.created": (Family.LAB, "match_review", "created"),
    "labtest.order_tracking.updated": (Family.LAB, "order_tracking", "updated"),
    "lab_report.parsing_job.created": (Family.LAB, "parsing_job", "created"),
    "checkout.quote.created": (Family.CHECKOUT, "quote", "created"),
    "checkout.session.updated": (Family.CHECKOUT, "session", "updated"),
    "raw.garmin.dailies": (Family.UNKNOWN, "other", "dailies"),
    "message.attempt.exhausted": (Family.OPERATIONAL, "other", "exhausted"),
    "endpoint.disabled": (Family.OPERATIONAL, "other", "disabled"),
    "endpoint": (Family.UNKNOWN, "other", "endpoint"),
    # Old spellings that occur in older pages and in stored events.
    "daily.workout_stream.created": (Family.SUMMARY, "workout_stream", "created"),
    "daily.workout_stream.unavailable": (Family.SUMMARY, "workout_stream", "unavailable"),
    "daily.data.workout_stream.unavailable": (Family.SUMMARY, "workout_stream", "unavailable"),
    "daily.timeseries.hypnogram.created": (Family.TIMESERIES, "hypnogram", "created"),
    "historical.timeseries.hypnogram.created": (Family.BACKFILL, "hypnogram", "created"),
    "daily.data.device.updated": (Family.DEVICE, "device", "updated"),
    "historical.data.device.created": (Family.BACKFILL, "device", "created"),
    "daily.data.meals.updated": (Family.SUMMARY, "meal", "updated"),
    "testkit.order.updated": (Family.LAB, "order", "updated"),
    # Actions that nobody documents, of things that we know.
    "provider.connection.updated": (Family.UNKNOWN, "connection", "updated"),
    "provider.connection.deleted": (Family.UNKNOWN, "connection", "deleted"),
    "provider.device.deleted": (Family.UNKNOWN, "device", "deleted"),
    "daily.data.workouts.deleted": (Family.UNKNOWN, "workouts", "deleted"),
    "daily.data.meals.deleted": (Family.UNKNOWN, "meal", "deleted"),
    "daily.data.body_weight.deleted": (Family.UNKNOWN, "weight", "deleted"),
    "daily.data.workouts.unavailable": (Family.UNKNOWN, "workouts", "unavailable"),
    "daily.workout_stream.deleted": (Family.UNKNOWN, "workout_stream", "deleted"),
    "daily.data.device.deleted": (Family.UNKNOWN, "device", "deleted"),
    "historical.data.sleep.updated": (Family.UNKNOWN, "sleep", "updated"),
    "labtest.order.deleted": (Family.UNKNOWN, "order", "deleted"),
    "labtest.result.updated": (Family.UNKNOWN, "result", "updated"),
    "continuous_query.result_table.deleted": (Family.UNKNOWN, "result_table", "deleted"),
    "continuous_query.kit.created": (Family.UNKNOWN, "kit", "created"),
    "provider.connection.error.created": (Family.UNKNOWN, "other", "created"),
    # A thing that we do not know, with actions that we do.
    "labtest.kit.created": (Family.LAB, "kit", "created"),
    "historical.data.brain_waves.created": (Family.BACKFILL, "brain_waves", "created"),
    # What only looks like one of ours.
    "daily.hello.created": (Family.UNKNOWN, "other", "created"),
    "daily.data.sleep": (Family.UNKNOWN, "other", "sleep"),
    "weekly.data.sleep.created": (Family.UNKNOWN, "other", "created"),
    "daily.data.brain_waves.created": (Family.UNKNOWN, "brain_waves", "created"),
    "ping": (Family.UNKNOWN, "other", "ping"),
    "": (Family.UNKNOWN, "other", ""),
}


@pytest.mark.parametrize(("text", "expected"), CONTROL.items())
def test_event_types_are_read_by_their_structure(text: str, expected: tuple[Family, str, str]) -> None:
    """Family, resource and action follow from the parts of the name; what does not fit is UNKNOWN."""
    parsed = parse_type(text)
    assert (parsed.family, parsed.resource, parsed.action) == expected
    assert parsed.text == text


@pytest.mark.parametrize("name", RESOURCES)
@pytest.mark.parametrize("action", ["created", "updated"])
def test_every_resource_has_its_family(name: str, action: str) -> None:
    """`daily` events are data of the row's kind; `historical` ones announce a finished pull, whatever the resource."""
    daily = parse_type(f"daily.data.{name}.{action}")
    family = {Kind.SUMMARY: Family.SUMMARY, Kind.TIMESERIES: Family.TIMESERIES}[RESOURCES[name].kind]
    assert (daily.family, daily.resource, daily.action) == (family, name, action)
    assert parse_type(f"historical.data.{name}.created").family is Family.BACKFILL


@pytest.mark.parametrize(("old", "name"), ALIASES.items())
def test_old_spellings_mean_the_same_resource(old: str, name: str) -> None:
    """An event under an old resource name lands beside those under the new one, and keeps its own text."""
    parsed = parse_type(f"daily.data.{old}.created")
    assert parsed.resource == name
    assert parsed.text == f"daily.data.{old}.created"


@given(st.text())
def test_no_event_type_is_an_error(text: str) -> None:
    """A stranger's word is UNKNOWN at worst; the parts that we name are never empty but for the action."""
    parsed = parse_type(text)
    assert parsed.text == text
    assert parsed.resource
