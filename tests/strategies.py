"""Hypothesis strategies: valid events of the data families in both generations, and hostile JSON."""

import json
import string
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from streams.events import resources

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


def _dated(name: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"date": st.sampled_from(["2026-06-01", "2026-06-02"]), name: values})


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
    "meal": {
        "name": st.text(max_size=5),
        "timestamp": moments.map(iso),
        "energy": st.none() | st.fixed_dictionaries({"unit": st.just("kcal"), "value": finite}),
        "macros": st.fixed_dictionaries({"carbs": finite, "fats": st.fixed_dictionaries({"total": finite})}),
        "micros": st.fixed_dictionaries({"minerals": st.dictionaries(st.sampled_from(["sodium", "iron"]), finite)}),
        "data": st.dictionaries(st.sampled_from(["apple", "soup, hot"]), st.just({"energy": None, "new": 1})),
    },
    "menstrual_cycle": {
        "period_start": st.just("2026-06-01"),
        "is_predicted": st.booleans(),
        "menstrual_flow": st.lists(_dated("flow", st.sampled_from(["light", "heavy"])), max_size=2),
        "intermenstrual_bleeding": st.none() | st.lists(_dated("extra", st.none() | st.just("x")), max_size=2),
        "basal_body_temperature": st.lists(_dated("value", finite), max_size=2),
    },
    "sleep_cycle": {
        "sleep_id": st.just("s1"),
        "session_start": moments.map(iso),
        "stage_type": st.lists(st.integers(-1, 5), max_size=4),
        "stage_start_offset_second": st.lists(st.integers(0, 40000), max_size=4),
    },
    "electrocardiogram": {
        "session_start": moments.map(iso),
        "voltage_sample_count": st.integers(0, 9000),
        "heart_rate_mean": st.none() | st.integers(40, 180),
        "classification": st.sampled_from(["sinus_rhythm", "new_word", None]),
    },
    "profile": {
        "height": st.integers(100, 210),
        "birth_date": st.none() | st.just("1980-03-14"),
        "sex": st.just("other"),
    },
    "workout_stream": {"workout_id": st.sampled_from(["w1", "w2"]), "message": st.text(max_size=5)},
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


_MOMENT = {"unit": st.none(), "timezone_offset": st.none() | st.just(7200)}
_OTHER_SAMPLES: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "blood_pressure": {"systolic": finite, "diastolic": finite},
    "insulin_injection": {
        "value": finite,
        "type": st.sampled_from(["rapid_acting", "long_acting"]),
        "delivery_mode": st.none() | st.just("bolus"),
        "delivery_form": st.none() | st.sampled_from(["standard", "extended"]),
    },
    "note": {"value": st.sampled_from(["a", "b"]), "tags": st.none() | st.lists(st.just("food"), max_size=2)},
}


@st.composite
def other_series(draw: st.DrawFn) -> dict[str, Any]:
    """A timeseries event whose samples are no numbers."""
    name = draw(st.sampled_from(sorted(_OTHER_SAMPLES)))
    sample = st.fixed_dictionaries({"timestamp": moments.map(iso), **_MOMENT, **_OTHER_SAMPLES[name]})
    data = {"source": draw(sources()), "data": draw(st.lists(sample, min_size=1, max_size=5))}
    return envelope(f"daily.data.{name}.{draw(actions)}", data)


@st.composite
def labs(draw: st.DrawFn) -> dict[str, Any]:
    """A lab event of a user: few orders, so that versions meet."""
    status = draw(st.sampled_from(["received.testkit.ordered", "completed.testkit.completed"]))
    data = {"user_id": USER, "status": status, "interpretation": draw(st.sampled_from([None, "normal", "critical"]))}
    if draw(st.booleans()):
        data["updated_at"] = iso(draw(moments).replace(minute=0, second=0))
    kind = draw(st.sampled_from(["labtest.order.updated", "labtest.appointment.updated", "labtest.result.critical"]))
    id = draw(st.sampled_from(["1", "2"]))
    return envelope(kind, {**data, "id": id, "order_id": f"o{id}", "sample_id": "S-1"})


@st.composite
def tables(draw: st.DrawFn) -> dict[str, Any]:
    """One table of a continuous query: two columns of groups, two of results."""
    groups = st.tuples(st.sampled_from(["mon", "a/b", "~", None, 1.5]), st.sampled_from(["x", "%2F", ""]))
    rows = draw(st.lists(st.tuples(groups, st.tuples(finite, st.none() | st.just("y"))), min_size=1, max_size=4))
    names = ("group_key.0", "group_key.1", "mean.value", "newest.word")
    columns = zip(*((*group, *result) for group, result in rows), strict=True)
    data = {name: list(column) for name, column in zip(names, columns, strict=True)}
    return {"query_id": draw(st.sampled_from(["q1", "q/2"])), "query_slug": "weekly", "data": data}


def envelope(event_type: str, data: Any) -> dict[str, Any]:
    return {"event_type": event_type, "user_id": USER, "client_user_id": "p-1", "team_id": TEAM, "data": data}


def older(event: dict[str, Any]) -> dict[str, Any]:
    """The same event as it looked until September 2026: source with its old trio, the user in `data` too."""
    if "source" not in event["data"]:
        return {**event, "data": {**event["data"], "user_id": USER}}
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
_DATA_NAMES = (
    *("heartrate", "blood_pressure", "insulin_injection", "note", "sleep", "sleep_cycle", "meal", "menstrual_cycle"),
    *("electrocardiogram", "profile", "workout_stream"),
)
_EVENT_TYPES = st.sampled_from(
    [
        *(f"daily.data.{name}.created" for name in _DATA_NAMES),
        *(
            "provider.connection.created",
            "provider.connection.error",
            "provider.device.created",
            "labtest.order.created",
        ),
        *("historical.data.steps.created", "continuous_query.result_table.changed", "labtest.result.critical"),
    ]
)
_NAMES = st.sampled_from(
    [
        *("id", "user_id", "source", "provider", "slug", "type", "data", "timestamp", "start", "end", "value", "unit"),
        *("timezone_offset", "calendar_date", "sport", "map", "heart_rate", "steps", "created_at", "updated_at"),
        *("workout_id", "systolic", "diastolic", "hr_zones", "start_date", "end_date", "resource_availability"),
        *("energy", "macros", "fats", "micros", "minerals", "menstrual_flow", "date", "flow", "stage_type", "tags"),
        *("order_id", "sample_id", "status", "last_event", "query_id", "group_key.0"),
    ]
)
_odd_texts = st.sampled_from(
    [
        *("", "2026-06-03T10:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "1e400", "12.5", "NaN"),
        *("2026-06-03T10:00:00", "2026-13-99T99:99:99Z", "a" * 300, "\x00", "\U0001f600", string.printable),
    ]
)
odd_values = _odd_texts | st.sampled_from([2**53 + 1, 2**63, 2**70, -(2**31) - 1, 1e308, -0.0]) | json_values
_odd_objects = st.recursive(
    odd_values,
    lambda inner: st.dictionaries(_NAMES | st.text(max_size=4), inner, max_size=6) | st.lists(inner, max_size=3),
    max_leaves=20,
)


@st.composite
def hostile_events(draw: st.DrawFn) -> bytes:
    """A body whose envelope may pass and whose payload is anything."""
    names = st.fixed_dictionaries(
        {"event_type": _EVENT_TYPES, "data": st.dictionaries(_NAMES, _odd_objects, max_size=8) | _odd_objects},
        optional={
            "user_id": st.just(USER) | odd_values,
            **dict.fromkeys(("client_user_id", "team_id", "extra"), odd_values),
        },
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
