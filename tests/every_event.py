"""Events of every type as Junction documents them, in both generations, made from the schemas and the documented words.

`of(event_type)` has every documented field, each now and then absent; `damaged` puts anything anywhere.
"""

import copy
import json
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck
from hypothesis import strategies as st

from streams.events import documented, resources, topics
from streams.events.resources import RESOURCES, Shape, Value
from streams.events.schemas import schema_files
from streams.events.schemas.schema_files import Field
from streams.events.types import Family, parse_type
from tests.strategies import TEAM, USER, envelope, finite, iso, json_values, moments, odd_values, older, seed_form

DATA_TYPES = [f"daily.data.{name}.{action}" for name in RESOURCES for action in ("created", "updated")]
HISTORY_TYPES = [f"historical.data.{name}.created" for name in RESOURCES]
OTHER_TYPES = [
    *("provider.connection.created", "provider.connection.error", "provider.device.created", "provider.device.updated"),
    *("continuous_query.result_table.changed", "labtest.order.created", "labtest.order.updated"),
    *("labtest.appointment.created", "labtest.appointment.updated", "labtest.result.critical"),
    *("labtest.match_review.created", "labtest.match_review.updated", "labtest.order_tracking.updated"),
    *("lab_report.parsing_job.created", "lab_report.parsing_job.updated", "checkout.quote.created"),
    *("checkout.session.created", "checkout.session.updated"),
]
MANY_TESTS = [HealthCheck.differing_executors]  # suppressed, because one law is tried by a test of each type
EVENT_TYPES = [*DATA_TYPES, *HISTORY_TYPES, *OTHER_TYPES]
TEAM_ONLY = ("labtest.match_review.", "checkout.")

_id = st.sampled_from(["0b7c5a3e", "e2e0eb04", "a/b|c%"])  # few, so that keys meet
_days = st.sampled_from(["2026-06-02", "2026-06-03"])
_texts = st.sampled_from(["x", "Morning run", "täglich"])
_times = moments.map(iso)
_whole = st.integers(0, 40_000)
_BY_TYPE: dict[str, st.SearchStrategy[Any]] = {
    "string": _texts,
    "double": finite,
    "long": _whole,
    "int": st.sampled_from([0, 7200, -34_200, 50_400]),
    "boolean": st.booleans(),
    "date": _days,
    "timestamp-micros": _times,
    "array:double": st.lists(finite, max_size=3),
    "array:long": st.lists(_whole, max_size=3),
    "array:string": st.lists(_texts, max_size=2),
    "map:double": st.dictionaries(st.sampled_from(["iron", "b12"]), finite, max_size=2),
}


def sources() -> st.SearchStrategy[dict[str, Any]]:
    provider, kind = st.sampled_from(["oura", "garmin", "quest"]), st.sampled_from(["ring", "watch", "unknown"])
    return st.fixed_dictionaries(
        {"provider": provider, "type": kind},
        optional={"app_id": _texts, "device_id": st.none() | _id, "workout_id": _id, "sport": _texts},
    )


_STREAM = "stream"  # of a workout: only fetched events have it


@st.composite
def _stream(draw: st.DrawFn) -> dict[str, Any]:
    """Parallel lists: times in seconds since 1970, and some of the columns, each with nulls."""
    names = [row.path[1] for row in schema_files.typed_fields("WorkoutStream") if row.path[0] == _STREAM]
    n = draw(st.integers(1, 3))
    columns = draw(st.lists(st.sampled_from(names), unique=True, max_size=3))
    column = st.lists(st.none() | finite, min_size=n, max_size=n)
    return {name: draw(column) for name in columns} | {"time": [1_780_480_800 + second for second in range(n)]}


@st.composite
def _parallel(draw: st.DrawFn, schema: str) -> dict[str, Any]:
    """Lists that belong together, those behind the times each now and then null."""
    times, *others = schema_files.parallel_fields(schema)
    n = draw(st.integers(0, 3))
    words = documented.FIELD_WORDS.get(schema, {})
    data = {times.path[-1]: draw(st.lists(_whole, min_size=n, max_size=n))}
    for row in others:
        entries = st.sampled_from(sorted(map(int, words[row.name]))) if row.name in words else _whole
        data[row.path[-1]] = draw(st.none() | st.lists(entries, min_size=n, max_size=n))
    return data


@st.composite
def _typed(draw: st.DrawFn, schema: str) -> dict[str, Any]:
    """An object of a schema's fields, some of them null or absent."""
    together = schema_files.parallel_fields(schema)
    data: dict[str, Any] = draw(_parallel(schema)) if together and together[0].path[0] != _STREAM else {}
    for row in schema_files.typed_fields(schema):
        if row not in together and draw(st.integers(0, 4)):
            _put(data, draw(st.sampled_from([row.path, *row.others])), row, draw(st.none() | _value(schema, row)))
    return data


def _put(data: dict[str, Any], path: tuple[str, ...], row: Field, value: Any) -> None:
    at = data
    for name in path[:-1]:
        at = at.setdefault(name, {})
    at[path[-1]] = value
    if row.unit:
        at["unit"] = row.unit


def _value(schema: str, row: Field) -> st.SearchStrategy[Any]:
    words = documented.FIELD_WORDS.get(schema, {}).get(row.name)
    kind, _, inner = row.type.partition(":")
    if inner[:1].isupper():
        entries = _typed(inner) if words is None else _dated(inner, sorted(words))
        return st.lists(entries, max_size=2) if kind == "array" else st.dictionaries(_texts, entries, max_size=2)
    if words is None:
        return _BY_TYPE[row.type]
    return st.sampled_from(sorted(words))


def _dated(schema: str, words: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    """A small type with a word of an enum."""
    (value,) = (row for row in schema_files.typed_fields(schema) if row.name == "value")
    names = st.sampled_from([value.path[-1], *(path[-1] for path in value.others)])
    return st.builds(lambda day, name, word: {"date": day, name: word}, _days, names, st.sampled_from(words))


@st.composite
def _summary(draw: st.DrawFn, resource: str) -> dict[str, Any]:
    schema = topics.schema_of(resource)
    data = {_first_name(schema): None} | draw(_typed(schema))  # a body with an id and nothing else is refused
    moment: datetime = draw(moments)
    data |= {"id": draw(_id), "user_id": USER, "source": draw(sources())}
    data["updated_at"] = iso(moment.replace(minute=moment.minute // 30 * 30, second=0))  # few, so that they tie
    if resource == "workout_stream":
        data |= {"workout_id": data.pop("id"), _STREAM: draw(st.none() | _stream())}
    return data


def _first_name(schema: str) -> str:
    """Of the first field that says something."""
    names = (row.path[0] for row in schema_files.typed_fields(schema))
    return next(name for name in names if name not in ("id", "workout_id"))


_OTHER_VALUES: dict[Value, dict[str, st.SearchStrategy[Any]]] = {
    Value.NUMBER: {"value": finite},
    Value.BLOOD_PRESSURE: {"systolic": finite, "diastolic": finite},
    Value.NOTE: {"value": _texts, "tags": st.none() | st.lists(st.sampled_from(["food", "exercise"]), max_size=2)},
    Value.INSULIN: {
        "value": finite,
        "delivery_mode": st.none() | st.sampled_from(["basal", "bolus"]),
        "delivery_form": st.none() | st.sampled_from(["standard", "extended"]),
        "bolus_purpose": st.none() | st.just("meal"),
    },
}


@st.composite
def _sample(draw: st.DrawFn, row: resources.Resource) -> dict[str, Any]:
    start: datetime = draw(moments)
    types = sorted(documented.SAMPLE_TYPES.get(row.name, ()))
    sample: dict[str, Any] = {
        "id": draw(st.none() | st.integers(1, 9)),
        "timezone_offset": draw(st.none() | _BY_TYPE["int"]),
        "type": draw(st.sampled_from(types) if types else st.none() | st.sampled_from(["hdl", "lead_1", ""])),
        "unit": row.unit,
        "timestamp": iso(start),
    }
    if row.shape is Shape.INTERVAL:
        sample |= {"start": iso(start), "end": iso(start + timedelta(seconds=draw(st.sampled_from([0, 60, 3600]))))}
    if row.name.startswith("body_temperature"):
        sample["sensor_location"] = draw(st.none() | st.sampled_from(sorted(documented.SENSOR_LOCATIONS)))
    if row.name == "workout_duration":
        sample["intensity"] = draw(st.none() | st.sampled_from(sorted(documented.INTENSITIES)))
    return sample | {name: draw(value) for name, value in _OTHER_VALUES[row.value].items()}


def _series(row: resources.Resource) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"source": sources(), "data": st.lists(_sample(row), min_size=1, max_size=4)})


_status = st.sampled_from(
    ["received.testkit.ordered", "completed.testkit.completed", "failed.walk_in_test.sample_error"]
)
_order_event = st.fixed_dictionaries({"id": st.integers(1, 9), "created_at": _times, "status": _status})
_links = {"user_id": st.just(USER), "provider": st.sampled_from(["oura", "fitbit"])}
_available = st.fixed_dictionaries({"status": st.sampled_from(["available", "unavailable"])})
_estimate = st.fixed_dictionaries({"original_estimate": st.none() | _times, "current_estimate": st.none() | _times})
_CONTROL: dict[str, st.SearchStrategy[Any]] = {
    "connection.created": st.fixed_dictionaries(
        {
            "user_id": st.just(USER),
            "provider": st.sampled_from(["oura", "fitbit"]).map(lambda slug: {"name": slug, "slug": slug, "logo": "x"}),
            "external_user_id": st.none() | _texts,
            "resource_availability": st.dictionaries(st.sampled_from(["sleep", "steps"]), _available, max_size=2),
        }
    ),
    "connection.error": st.fixed_dictionaries(
        {**_links, "message": _texts, "error_type": st.sampled_from(sorted(documented.ERROR_TYPES))}
    ),
    "device": st.fixed_dictionaries(
        {**_links, "id": _id, "source_type": st.just("scale"), "device_model": st.none() | _texts, "device_id": _texts}
    ),
    "history": st.fixed_dictionaries(
        {**_links, "start_date": _times, "end_date": _times}, optional={"is_final": st.just(True)}
    ),
    "order": st.fixed_dictionaries(
        {"id": _id, "user_id": st.just(USER), "last_event": _order_event, "updated_at": _times},
        optional={"patient_details": st.just({"first_name": "x"}), "interpretation": st.just("normal")},
    ),
    "appointment": st.fixed_dictionaries(
        {"id": _id, "order_id": _id, "user_id": st.just(USER), "status": st.just("confirmed"), "start_at": _times}
    ),
    "result": st.fixed_dictionaries(
        {"order_id": _id, "sample_id": _id, "status": st.sampled_from(["final", "partial"]), "updated_at": _times}
    ),
    "match_review": st.fixed_dictionaries({"id": _id, "status": st.just("resolved"), "updated_at": _times}),
    "order_tracking": st.fixed_dictionaries(
        {"order_id": _id, "expected_at": st.fixed_dictionaries({"final_results": _estimate}), "markers": st.just([])}
    ),
    "parsing_job": st.fixed_dictionaries({"id": _id, "status": st.just("completed"), "is_reviewed": st.booleans()}),
    "quote": st.fixed_dictionaries({"id": _id, "created_at": _times, "us_state": st.just("AZ")}),
    "session": st.fixed_dictionaries({"checkout_session_id": _id, "status": st.just("paid"), "order_id": _id}),
    "result_table": st.lists(
        st.fixed_dictionaries(
            {"query_id": _id, "query_slug": _texts, "data": st.just({"group_key.0": ["mon"], "mean.score": [7.5]})}
        ),
        min_size=1,
        max_size=2,
    ),
}


def of(event_type: str) -> st.SearchStrategy[dict[str, Any]]:
    """A valid event of this type, of today's generation."""
    kind = parse_type(event_type)
    if kind.family is Family.SUMMARY:
        data = _summary(kind.resource)
    elif kind.family is Family.TIMESERIES:
        data = _series(RESOURCES[kind.resource])
    elif kind.family is Family.BACKFILL:
        data = _CONTROL["history"]
    else:
        data = _CONTROL[f"connection.{kind.action}" if kind.family is Family.CONNECTION else kind.resource]
    if event_type.startswith(TEAM_ONLY):
        return data.map(lambda said: {"event_type": event_type, "team_id": TEAM, "data": said})
    return data.map(lambda said: envelope(event_type, said))


events = st.sampled_from(EVENT_TYPES).flatmap(of)


def generations(event: dict[str, Any]) -> list[dict[str, Any]]:
    """The event as it is, and as it was before: where it had another shape then."""
    if "user_id" not in event or type(event["data"]) is not dict:
        return [event]
    return [event, older(event), seed_form(event)]


Path = tuple[str | int, ...]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A valid event of any type and generation with one to four places made anything: replaced, renamed, taken out."""
    event = copy.deepcopy(draw(st.sampled_from(generations(draw(events)))))
    for _ in range(draw(st.integers(1, 4))):
        at, name = draw(st.sampled_from(_inner_places(event)))
        match draw(st.sampled_from(["replace", "take", "rename", "nest"])):
            case "replace":
                at[name] = draw(odd_values)
            case "nest":
                at[name] = draw(st.sampled_from([[at[name]], {"value": at[name]}]))
            case "rename" if type(at) is dict:
                at[draw(st.text(max_size=4))] = at.pop(name)
            case _:
                del at[name]
        if not _inner_places(event):
            break
    return json.dumps(event).encode()


def _inner_places(value: Any) -> list[tuple[Any, Any]]:
    """(object or list, name or index) of every place in it."""
    if not isinstance(value, dict | list):
        return []
    names = list(value) if isinstance(value, dict) else range(len(value))
    return [(value, name) for name in names] + [place for name in names for place in _inner_places(value[name])]


hostile = damaged() | json_values.map(lambda value: json.dumps(value).encode())
