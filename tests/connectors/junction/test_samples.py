"""Every published answer of Junction's API is read, and comes out as these tables say."""

import json
from typing import Any, NamedTuple

import pytest

from connectors.history.reconcile import reports
from connectors.history.reconcile.reports import ResourceReport
from connectors.junction import Refused, bodies, connections, http_status, introspection, users, workout_stream
from connectors.junction.answer_json import read_plain
from connectors.junction.connections import Device, ProviderInfo, UserConnection
from connectors.junction.pages import Page, read
from connectors.junction.users import JunctionUser, UserPage
from streams.ops.errors import Rejected
from streams.payloads.decode import decode
from streams.payloads.series import Series
from streams.payloads.summary import Summary
from streams.payloads.values import time_us
from tests import samples
from tests.strategies import USER


class Data(NamedTuple):
    """`resource` of the endpoint; `rows` and `cursor` of the page; `source` and `key` (or number of samples) of what
    its one event decodes to."""

    resource: str
    rows: int
    cursor: str | None
    source: str
    key: str | int


DATA = {
    "grouped-blood-pressure-with-cursor": Data("blood_pressure", 1, "next_cursor", "oura ring", 1),
    "grouped-blood-pressure": Data("blood_pressure", 1, None, "oura ring", 1),
    "grouped-body-temperature": Data("body_temperature", 1, None, "oura ring", 1),
    "grouped-calories-active": Data("calories_active", 1, None, "oura ring", 1),
    "grouped-glucose": Data("glucose", 1, None, "oura ring", 1),
    "grouped-handwashing": Data("handwashing", 1, None, "oura ring", 1),
    "grouped-heart-rate-alert": Data("heart_rate_alert", 1, None, "oura ring", 1),
    "grouped-heartrate-with-cursor": Data("heartrate", 1, "next_cursor", "oura ring", 1),
    "grouped-heartrate": Data("heartrate", 1, None, "oura ring", 1),
    "grouped-hrv": Data("hrv", 1, None, "oura ring", 1),
    "grouped-igg": Data("igg", 1, None, "oura ring", 1),
    "grouped-insulin-injection": Data("insulin_injection", 1, None, "oura ring", 1),
    "grouped-mindfulness-minutes": Data("mindfulness_minutes", 1, None, "oura ring", 1),
    "grouped-note-with-cursor": Data("note", 1, "next_cursor", "oura ring", 1),
    "grouped-sleep-breathing-disturbance": Data("sleep_breathing_disturbance", 1, None, "oura ring", 1),
    "grouped-steps-with-cursor": Data("steps", 1, "next_cursor", "oura ring", 1),
    # Without groups nobody is named; the endpoint is gone since September 2026.
    "ungrouped-heartrate-from-guide": Data("heartrate", 5, None, "unknown unknown", 5),
    "ungrouped-steps": Data("steps", 1, None, "unknown unknown", 1),
    "summary-activity-current": Data("activity", 1, None, "provider unknown", "a1b2c3d4-e5f6-7890-abcd-ef1234567890"),
    "summary-activity": Data("activity", 1, None, "garmin unknown", "~garmin/unknown/2022-08-04"),
    "summary-body-current": Data("body", 1, None, "provider unknown", "8be1306e-01fc-46b1-b5d1-a9e39052db09"),
    "summary-meal": Data("meal", 1, None, "my_fitness_pal unknown", "497f6eca-6276-4993-bfeb-53cbbbba6f08"),
    "summary-menstrual-cycle": Data(
        "menstrual_cycle", 1, None, "apple_health_kit app", "e1274c3e-c035-4bd7-86aa-2eb15d6d0137"
    ),
    "summary-sleep-current": Data("sleep", 1, None, "oura unknown", "e2e0eb04-6641-4858-9de5-649efb41b346"),
    "summary-sleep": Data("sleep", 1, None, "oura unknown", "6f9d156f-a497-47b2-b940-d13771c7c937"),
    "summary-workouts-current": Data("workouts", 1, None, "strava unknown", "185d0f34-dfc0-429f-84f9-b24030914bdd"),
}


def at(text: str) -> int:
    return time_us(text)


def pulls(body: bytes) -> tuple[dict[reports.Key, ResourceReport], str | None]:
    page = introspection.read(body)
    return reports.read(page.data, []), page.next_cursor


def ingestion(body: bytes) -> tuple[dict[reports.Key, ResourceReport], str | None]:
    page = introspection.read(body)
    return reports.read([], page.data), page.next_cursor


def names(body: bytes) -> list[str]:
    """Names of an answer that is an object."""
    return list(read_plain(body))


_OMRON = ("7aec8422-8174-4464-a4b2-b04c5939be0d", "omron")
_OMRON_DAYS = {"distance": 0, "steps": 0, "activity": 0, "heartrate": 1, "blood_pressure": 1, "weight": 1, "fat": 1}
_OMRON_RANGE = (at("2023-11-05T00:00:00Z"), at("2023-12-05T00:00:00Z"))
_OMRON_SAYS = {name: ResourceReport("success", "", *_OMRON_RANGE, days) for name, days in _OMRON_DAYS.items()}
_FITBIT_RANGE = (at("2023-07-24T00:00:00Z"), at("2023-10-24T00:00:00Z"))
_FITBIT_SAYS = {
    ("", "fitbit", "activity"): ResourceReport("success", "", *_FITBIT_RANGE, 70),
    ("", "fitbit", "sleep"): ResourceReport("retrying", "provider_rate_limit_exceeded", *_FITBIT_RANGE, 70),
    ("", "fitbit", "blood_oxygen"): ResourceReport("not_pulled"),
}
_ATTEMPT = {"attempt_us": at("2023-10-24T13:13:27Z"), "attempt": "success"}
_OLD, _NEW_US = at("2023-06-21T00:00:00Z"), at("2023-10-24T00:00:00Z")
_NEW = "e209947b-323e-4108-8e18-1518b80da0bd"
_ORDER = (
    "id team_id user_id patient_details priority patient_address details lab_test sample_id notes created_at "
    "updated_at status events origin order_transaction"
)
_FILLER = JunctionUser(
    "56bd81c9-6219-4000-a775-ae85526eba18",
    "ZTEwZjNjMjctOTI2ZS00M2Vm",
    "56bd81c9-6219-4000-a775-ae85526eba18",
    at("2026-03-03T18:24:18Z"),
    ("oura",),
    "Europe/London",
    "ingestion_start",
    "ingestion_end",
)
_GUIDE = JunctionUser(
    "409d9870-21fb-443a-8daa-c5222659f40e",
    "d734e32e-dd43-4b77-ab56-692524279531",
    "3aac677c-557f-40b7-9251-0315c1f48e77",
    providers=("oura",),
)

# name → (reader, what it answers)
REST: dict[str, tuple[Any, Any]] = {
    "introspect-historical-pull-omron": (pulls, ({(*_OMRON, name): one for name, one in _OMRON_SAYS.items()}, None)),
    "introspect-historical-pull": (pulls, (_FITBIT_SAYS, None)),  # its cursor is the text "None"
    "introspect-resources": (
        ingestion,
        (
            {("", "fitbit", "activity"): ResourceReport(oldest_us=_OLD, newest_us=_NEW_US, sent=231, **_ATTEMPT)},
            "next_cursor",
        ),
    ),
    "users-list-current": (users.read_users, UserPage((_FILLER,), 1)),
    "users-list": (users.read_users, UserPage((_GUIDE,), 1)),
    "user-current": (users.read_user, _FILLER),
    "user": (users.read_user, _GUIDE._replace(time_zone="Europe/London")),
    "user-created": (users.read_user, JunctionUser(_NEW, "5269f80a-fb0b-432a-b311-c3eac1a46260")),
    "user-providers": (
        connections.read_connections,
        (
            UserConnection(
                "fitbit", "connected", at("2010-01-23T12:34:56Z"), available=("body",), unavailable=("sleep",)
            ),
        ),
    ),
    "providers": (connections.read_providers, (ProviderInfo("oura", "Oura", "oauth", ("workouts", "sleep")),)),
    "devices-current": (
        connections.read_devices,
        (Device("00000000-0000-0000-0000-000000000000", "fitbit", "scale", "Aria Air"),),
    ),
    # Answers that nothing of ours asks for: `Client.get` gives them as plain values.
    "captured-lab-accounts-empty": (names, ["data"]),
    "captured-lab-tests": (names, ["data", "next_cursor"]),
    "lab-results": (names, ["metadata", "results", "order_transaction"]),
    "link-password-state": (names, ["state", "redirect_url", "error_type", "error"]),
    "order": (names, _ORDER.split()),
    "order-transaction": (names, ["id", "team_id", "status", "orders"]),
    "stream-sleep-current": (names, ["hrv", "heartrate", "hypnogram", "respiratory_rate"]),
    "user-refresh": (names, ["success", "user_id", "refreshed_sources", "failed_sources"]),
}
APART = {"stream-workout", "user-create-conflict-400", "samples-timezone-known"}  # a test of their own
ANSWERS = dict(samples.api_answers()) if samples.HERE else {}


def test_no_answer_is_left_out() -> None:
    """Each published file stands in exactly one table."""
    samples.sample_dir()
    assert sorted([*DATA, *REST, *APART]) == sorted(ANSWERS)


@pytest.mark.parametrize("name", DATA)
def test_data_is_read(name: str) -> None:
    """Rows and cursor of the page, source and key of the event that it becomes; nothing is dropped."""
    samples.sample_dir()
    expected, page = DATA[name], read(DATA[name].resource, ANSWERS[name])
    assert (page.rows, page.next_cursor, page.body_bytes) == (expected.rows, expected.cursor, len(ANSWERS[name]))
    (body,) = bodies(page, owner(page))
    found = decode(body)
    assert isinstance(found, Series | Summary)
    assert f"{found.source.provider} {found.source.type}" == expected.source
    assert (found.id if isinstance(found, Summary) else len(found.columns)) == expected.key


def owner(page: Page) -> str:
    """The user of a published object, or any."""
    said = json.loads(bytes(page.objects[0])) if page.objects else {}
    return str(said.get("user_id", USER))


@pytest.mark.parametrize("name", REST)
def test_the_rest_is_read(name: str) -> None:
    """Users, connections, providers, introspection: as typed values."""
    samples.sample_dir()
    reader, expected = REST[name]
    assert reader(ANSWERS[name]) == expected


def test_a_workout_stream_is_read() -> None:
    """Nine columns as long as the times; the vendor's own times run backwards once."""
    samples.sample_dir()
    found = workout_stream.read(ANSWERS["stream-workout"])
    assert found.times_s == [1626625123, 1626625140, 1626625145, 1626625150, 162662560]
    assert set(found.columns) == set(workout_stream.COLUMNS) - {"temperature"}
    assert found.columns["heartrate"] == [120.0, 125.0, 125.0, 130.0, 135.0]
    assert (found.problems, found.unknown) == ([], {})


def test_a_conflict_is_a_bad_request() -> None:
    """400: never again, and nothing of its values is said."""
    samples.sample_dir()
    body = ANSWERS["user-create-conflict-400"]
    with pytest.raises(Refused) as caught:
        http_status.check(http_status.ApiAnswer(400, {}, body), 0)
    assert str(caught.value) == "Junction's API: bad_request, HTTP 400"


def test_a_group_without_values_is_read_and_refused_later() -> None:
    """One member of a grouped answer, published to show the offset: a page can hold it, no event can be made of it."""
    samples.sample_dir()
    group = ANSWERS["samples-timezone-known"]
    page = read("heartrate", b'{"groups":{"apple_health_kit":[' + group + b"]}}")
    (body,) = bodies(page, USER)
    with pytest.raises(Rejected, match="no usable sample"):
        decode(body)
