"""Hypothesis strategies: valid events of the data families in both generations, and hostile JSON."""

import json
import string
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from streams import resources

USER, TEAM = "5f0c2c0e-7a41-4d5e-9c31-0d9f8b6a1e77", "b2a9d0f4-6f0c-4f1b-8a35-94f1c7e2d310"
NUMERIC = sorted(row.name for row in resources.RESOURCES.values() if row.unit and row.value is resources.Value.NUMBER)

# Few of each, so that keys meet.
providers = st.sampled_from(["oura", "garmin", "apple_health_kit", "freestyle_libre", "a|b", "x%7Cy"])
source_types = st.sampled_from(["ring", "watch", "unknown", "phone"])
moments = st.integers(0, 7200).map(lambda s: datetime(2026, 6, 3, 10, tzinfo=UTC) + timedelta(seconds=s))
finite = st.floats(-1e6, 1e6, allow_nan=False) | st.integers(-1000, 1000)


def iso(moment: datetime) -> str:
    return moment.isoformat()


@st.composite
def sources(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "provider": draw(providers),
        "type": draw(source_types),
        "app_id": draw(st.none() | st.just("com.example.app")),
        "device_id": draw(st.none() | st.just("6f5e0f2a-1c36-4c7a-8bb6-0a4f5c0f8d21")),
    }


@st.composite
def samples(draw: st.DrawFn) -> dict[str, Any]:
    """A numeric sample: a point or an interval."""
    start = draw(moments)
    sample: dict[str, Any] = {
        "id": None,
        "timestamp": iso(start),
        "value": draw(finite),
        "unit": draw(st.sampled_from(["bpm", "count", None])),
        "type": draw(st.none() | st.sampled_from(["", "automatic", "lead_1"])),
        "timezone_offset": draw(st.none() | st.sampled_from([0, 7200, -3600])),
    }
    if draw(st.booleans()):
        sample |= {"start": iso(start), "end": iso(start + timedelta(seconds=draw(st.sampled_from([0, 60, 3600]))))}
    return sample


@st.composite
def series(draw: st.DrawFn, names: st.SearchStrategy[str] = st.sampled_from(NUMERIC)) -> dict[str, Any]:  # noqa: B008  # because a strategy is a value without state
    """A timeseries event of today's generation."""
    data = {"source": draw(sources()), "data": draw(st.lists(samples(), min_size=1, max_size=12))}
    return envelope(f"daily.data.{draw(names)}.{draw(actions)}", data)


actions = st.sampled_from(["created", "updated"])

_SUMMARY_FIELDS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "activity": {
        "calendar_date": st.just("2026-06-03"),
        "steps": st.integers(0, 30000),
        "distance": finite,
        "heart_rate": st.fixed_dictionaries({"avg_bpm": finite, "max_bpm": st.none() | finite}),
        "wheelchair_use": st.none() | st.just(True),
    },
    "sleep": {
        "calendar_date": st.just("2026-06-03"),
        "bedtime_start": moments.map(iso),
        "duration": st.integers(0, 40000),
        "average_hrv": finite,
        "state": st.sampled_from(["tentative", "confirmed"]),
    },
    "workouts": {
        "time_start": moments.map(iso),
        "sport": st.just("") | st.fixed_dictionaries({"id": st.just(12), "name": st.just("Road biking")}),
        "hr_zones": st.none() | st.lists(finite, max_size=6),
        "map": st.none() | st.fixed_dictionaries({"polyline": st.text(max_size=5)}),
    },
    "body": {"weight": finite, "fat": st.none() | finite},
    "meal": {"name": st.text(max_size=5), "data": st.fixed_dictionaries({"apple": st.just({"energy": None})})},
    "menstrual_cycle": {"period_start": st.just("2026-06-01"), "menstrual_flow": st.just([])},
}


@st.composite
def summaries(draw: st.DrawFn) -> dict[str, Any]:
    """A summary event of today's generation."""
    resource = draw(st.sampled_from(sorted(_SUMMARY_FIELDS)))
    data = {name: draw(values) for name, values in _SUMMARY_FIELDS[resource].items()}
    updated = draw(moments)
    data |= {
        "id": draw(st.sampled_from(["0b7c5a3e", "e2e0eb04"])),
        "user_id": USER,
        "source": draw(sources()),
        "created_at": "2026-06-03T08:01:12+00:00",
        "updated_at": iso(updated.replace(minute=updated.minute // 30 * 30, second=0)),  # few, so that they tie
    }
    return envelope(f"daily.data.{resource}.{draw(actions)}", data)


def envelope(event_type: str, data: Any) -> dict[str, Any]:
    return {"event_type": event_type, "user_id": USER, "client_user_id": "p-1", "team_id": TEAM, "data": data}


def older(event: dict[str, Any]) -> dict[str, Any]:
    """The same event as it looked until September 2026: source with its old trio, the user in `data` too."""
    at = event["data"]["source"]
    trio = {"name": at["provider"].title(), "slug": at["provider"], "logo": "https://logo_url.com"}
    data = {**event["data"], "source": {**at, **trio}, "user_id": USER, "source_id": 1}
    return {**event, "data": data}


def seed_form(event: dict[str, Any]) -> dict[str, Any]:
    """The same event as it looked before 2024: identity in `data` only."""
    return {"event_type": event["event_type"], "data": {**older(event)["data"]}}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
_EVENT_TYPES = st.sampled_from(
    [
        *(f"daily.data.{name}.created" for name in ("heartrate", "blood_pressure", "note", "sleep", "meal", "profile")),
        *(
            "provider.connection.created",
            "provider.connection.error",
            "provider.device.created",
            "labtest.order.created",
        ),
        *("historical.data.steps.created", "continuous_query.result_table.changed", "labtest.order.created"),
    ]
)
_NAMES = st.sampled_from(
    [
        *("id", "user_id", "source", "provider", "slug", "type", "data", "timestamp", "start", "end", "value", "unit"),
        *("timezone_offset", "calendar_date", "sport", "map", "heart_rate", "steps", "created_at", "updated_at"),
        *("workout_id", "systolic", "diastolic", "hr_zones", "start_date", "end_date", "resource_availability"),
    ]
)
_odd_texts = st.sampled_from(
    [
        *("", "2026-06-03T10:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "1e400", "12.5", "NaN"),
        *("2026-06-03T10:00:00", "2026-13-99T99:99:99Z", "a" * 300, "\x00", "\U0001f600", string.printable),
    ]
)
_odd = _odd_texts | st.sampled_from([2**53 + 1, 2**63, 2**70, -(2**31) - 1, 1e308, -0.0]) | json_values
_odd_objects = st.recursive(
    _odd,
    lambda inner: st.dictionaries(_NAMES | st.text(max_size=4), inner, max_size=6) | st.lists(inner, max_size=3),
    max_leaves=20,
)


@st.composite
def hostile_events(draw: st.DrawFn) -> bytes:
    """A body whose envelope may pass and whose payload is anything."""
    names = st.fixed_dictionaries(
        {"event_type": _EVENT_TYPES, "data": st.dictionaries(_NAMES, _odd_objects, max_size=8) | _odd_objects},
        optional={"user_id": st.just(USER) | _odd, "client_user_id": _odd, "team_id": _odd, "extra": _odd},
    )
    return json.dumps(draw(names)).encode()


def mangled(bodies: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """A body with a few bytes cut out, put in or overwritten."""

    @st.composite
    def one(draw: st.DrawFn) -> bytes:
        body = bytearray(draw(bodies))
        for _ in range(draw(st.integers(0, 3))):
            at = draw(st.integers(0, len(body)))
            body[at : at + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
        return bytes(body)

    return one()
