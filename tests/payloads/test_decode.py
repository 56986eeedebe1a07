"""Decoding: both generations mean the same, one bad field costs one field, and hostile bytes have one outcome."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events import times
from streams.events.resources import RESOURCES
from streams.events.types import Family
from streams.ops.errors import Reason, Rejected
from streams.payloads import envelope as bodies
from streams.payloads import series_quick, series_tolerant, summary
from streams.payloads.decode import decode
from streams.payloads.series import Series
from streams.payloads.source import Source
from streams.payloads.summary import Summary
from streams.payloads.values import to_json
from tests.strategies import TEAM, USER, envelope, hostile_events, mangled, older, seed_form, summaries
from tests.strategies import series as series_events

AT = "2026-06-03T10:00:00+00:00"
AT_US = 1_780_480_800_000_000


def body_of(event: Any) -> bytes:
    return json.dumps(event).encode()


def heartrate(*samples: Any, **data: Any) -> bytes:
    source = {"provider": "garmin", "type": "watch"}
    return body_of(envelope("daily.data.heartrate.created", {"source": source, "data": list(samples), **data}))


def read_series(body: bytes) -> Series:
    found = decode(body, Family.TIMESERIES)
    assert isinstance(found, Series)
    return found


def read_summary(resource: str, **data: Any) -> Summary:
    found = decode(body_of(envelope(f"daily.data.{resource}.created", {"id": "1", "source": SOURCE, **data})))
    assert isinstance(found, Summary)
    return found


SOURCE = {"provider": "oura", "type": "ring"}


def refusal(body: bytes) -> Rejected:
    with pytest.raises(Rejected) as caught:
        decode(body, Family.TIMESERIES)
    return caught.value


@given(mangled(hostile_events()) | st.binary(max_size=60), st.sampled_from(Family))
def test_hostile_bytes_have_one_outcome(body: bytes, likely: Family) -> None:
    """decode returns, or raises Rejected, whatever the bytes are."""
    try:
        decode(body, likely)
    except Rejected:
        return


@pytest.mark.parametrize("depth", [100, 900, 100_000])
@pytest.mark.parametrize("kind", ["daily.data.meal.created", "daily.data.note.created", "daily.data.sleep.created"])
def test_deep_nesting_is_refused(kind: str, depth: int) -> None:
    """Deep JSON is refused by name, however deep the stack happens to be."""
    deep = '{"a":' * depth + "1" + "}" * depth
    sample = f'[{{"timestamp":"{AT}","value":"x","odd":{deep}}}]' if "note" in kind else "{}"
    body = f'{{"event_type":"{kind}","user_id":"{USER}","data":{{"id":"1","data":{sample},"odd":{deep}}}}}'
    assert refusal(body.encode()).reason is Reason.TOO_DEEP


@given(series_events())
def test_the_quick_reader_means_what_the_tolerant_one_means(event: Any) -> None:
    """Whether a body took the strict shape or the tolerant way cannot be told from the result."""
    body = body_of(event)
    assert series_quick.read(body) is not None
    assert decode(body, Family.TIMESERIES) == decode(body)


@given(series_events(), st.dictionaries(st.sampled_from(["new", "id", "grouping"]), st.sampled_from([None, "", 1, {}])))
def test_samples_of_known_types_mean_what_they_mean_one_by_one(event: Any, more: dict[str, Any]) -> None:
    """A field that Junction adds to samples changes how they are read, and not what is read."""
    given = [{**sample, **more} for sample in event["data"]["data"]]
    row = RESOURCES[event["event_type"].split(".")[2]]
    found = series_tolerant._well_typed(given, row)
    assert found is not None
    assert found == series_tolerant._one_by_one(bodies.read(body_of(event))[0], given, row)


@given(summaries())
def test_the_quick_reader_of_summaries_means_what_the_tolerant_one_means(event: Any) -> None:
    """Whether a summary took the strict shape or the tolerant way cannot be told from the result."""
    body = body_of(event)
    assert decode(body, Family.SUMMARY) == decode(body)
    if event["event_type"].split(".")[2] in (
        "activity",
        "sleep",
        "body",
        "profile",
        "sleep_cycle",
        "electrocardiogram",
    ):
        assert summary.read_quickly(body)


@pytest.mark.parametrize(
    "odd",
    [
        {"steps": 8421.0}, {"steps": "8421"}, {"steps": ""}, {"distance": -0.0}, {"steps": 2**63}, {"new": 1},
        {"calendar_date": "2026-06-03T00:00:00Z"}, {"updated_at": "2026-06-03T10:00:00"}, {"heart_rate": ""},
        {"updated_at": "0001-01-01T00:00:00+14:00"}, {"id": 7}, {"id": ""}, {"source_type": "watch"},
        {"source": {"slug": "oura"}}, {"source": {"provider": "oura", "new": 1}}, {"sleep_stream": {}},
    ],
    ids=str,
)  # fmt: skip
def test_what_the_quick_reader_refuses_or_reads(odd: dict[str, Any]) -> None:
    """What is unusual about a summary is read, or reported, in one way only."""
    data = {"id": "1", "source": {"provider": "garmin"}, "calendar_date": "2026-06-03", "updated_at": AT, "steps": 1}
    body = body_of(envelope("daily.data.activity.created", {**data, **odd}))
    quickly, tolerantly = decode(body, Family.SUMMARY), decode(body)
    assert quickly == tolerantly
    assert isinstance(quickly, Summary)
    assert isinstance(tolerantly, Summary)
    assert to_json(quickly.content) == to_json(tolerantly.content)  # 0.0 equals -0.0, but not here


@given(series_events())
def test_generations_of_a_series_mean_the_same(event: Any) -> None:
    """Old and new shape of one timeseries event give the same columns and source."""
    now, then, seed = (read_series(body_of(shape(event))) for shape in (dict, older, seed_form))
    assert now.columns == then.columns == seed.columns
    assert now.source == then.source == seed.source


@given(summaries())
def test_generations_of_a_summary_mean_the_same(event: Any) -> None:
    """Old and new shape of one summary give the same id, fields and content."""
    now, then, seed = (decode(body_of(shape(event))) for shape in (dict, older, seed_form))
    assert isinstance(now, Summary)
    assert isinstance(then, Summary)
    assert isinstance(seed, Summary)
    assert now.content == then.content == seed.content
    assert (
        (now.id, now.fields, now.source) == (then.id, then.fields, then.source) == (seed.id, seed.fields, seed.source)
    )


@pytest.mark.parametrize("family", Family)
def test_two_users_in_one_body_are_refused(family: Family) -> None:
    """A body that names two users is nobody's: health data of the wrong person is the worst error."""
    data = {"user_id": "somebody-else", "source": SOURCE, "data": [{"timestamp": AT, "value": 1}]}
    with pytest.raises(Rejected) as caught:
        decode(body_of(envelope("daily.data.heartrate.created", data)), family)
    assert caught.value.reason is Reason.USER_CONFLICT
    assert "somebody" not in str(caught.value)


def test_the_case_of_a_uuid_is_no_conflict() -> None:
    """UUIDs are equal whatever their case; the envelope's spelling is kept."""
    data = {"id": "1", "weight": 70, "source": SOURCE, "user_id": USER.upper()}
    found = decode(body_of(envelope("daily.data.body.created", data)))
    assert found.event.user_id == USER


def test_identity_of_events_without_user() -> None:
    """Match reviews and checkout belong to the team."""
    event = {"event_type": "labtest.match_review.created", "team_id": TEAM, "data": {"id": "1"}}
    assert decode(body_of(event)).event.owner_id == TEAM


@pytest.mark.parametrize(
    ("data", "source"),
    [
        ({"source": {"provider": "oura", "type": "ring", "app_id": None}}, Source("oura", "ring")),
        ({"source": {"name": "Oura", "slug": "oura", "logo": "x"}}, Source("oura")),
        ({"provider": {"name": "Oura", "slug": "oura", "logo": "x"}, "source_id": 1}, Source("oura")),
        ({"provider": "oura"}, Source("oura")),
        (
            {"source_provider": "oura", "source_type": "ring", "source_device_id": "d"},
            Source("oura", "ring", None, "d"),
        ),
        ({"source": {"provider": "x", "sport": {"id": 1, "slug": "running"}}}, Source("x", sport="running")),
        ({"source": {}}, Source()),
    ],
)
def test_source_of_every_generation(data: dict[str, Any], source: Source) -> None:
    """The provider is found wherever a generation put it; without one it is unknown, and that is a problem."""
    found = read_series(
        body_of(envelope("daily.data.steps.created", {**data, "data": [{"timestamp": AT, "value": 1}]}))
    )
    assert found.source == source
    assert found.event.problems == ([] if source.provider != "unknown" else ["$.data.source.provider: missing"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-06-03T10:00:00+00:00", AT_US),
        ("2026-06-03T10:00:00Z", AT_US),
        ("2026-06-03 12:00:00+02:00", AT_US),
        ("2026-06-03T10:00Z", AT_US),
        ("2026-06-03T10:00:00.5Z", AT_US + 500_000),
        ("2026-06-03T10:00:00.000000123456Z", AT_US),
        ("1900-01-01T00:00:00Z", -2_208_988_800_000_000),
        ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
    ],
)
def test_times(text: str, expected: int) -> None:
    """Offsets, fractions of any length, before 1970 and far ahead: exact in microseconds."""
    assert read_series(heartrate({"timestamp": text, "value": 1})).columns.times_us == [expected]


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_time_that_no_reader_can_show_is_no_time(text: str) -> None:
    """An offset may push a time out of the years 1 to 9999; the sample is dropped, the others stay."""
    found = read_series(heartrate({"timestamp": text, "value": 1}, {"timestamp": AT, "value": 2}))
    assert (found.columns.times_us, found.dropped) == ([AT_US], 1)


@pytest.mark.parametrize("time", [1e308, -1e300, 1e12, 2**70, True, "soon", [], {}])
def test_a_stream_with_a_time_that_is_none(time: Any) -> None:
    """Times of a workout's stream are seconds; what is none costs the column, and is no error."""
    found = read_summary("workout_stream", workout_id="w", stream={"time": [1_780_480_800, time]})
    assert found.fields["times"] == []
    assert len(found.event.problems) == 1


def test_a_time_without_offset_is_flagged() -> None:
    """A naive time is read as UTC, and said to be."""
    found = read_series(heartrate({"timestamp": "2026-06-03T10:00:00", "value": 1}))
    assert found.columns.times_us == [AT_US]
    assert found.event.problems == ["$.data.data[].timestamp: no offset, read as UTC (1 times)"]
    assert times.millis("2026-06-03T10:00:00Z") == AT_US // 1000


def test_start_is_preferred_to_timestamp() -> None:
    """`timestamp` is deprecated beside `start`."""
    sample = {"timestamp": "2026-06-03T11:00:00Z", "start": AT, "end": "2026-06-03T11:00:00Z", "value": 1}
    columns = read_series(heartrate(sample)).columns
    assert (columns.times_us, columns.ends_us) == ([AT_US], [AT_US + times.HOUR_US])


@pytest.mark.parametrize("value", ["12.5", 12.5, "1.25e1"])
def test_a_clean_number_in_a_string_is_a_number(value: Any) -> None:
    """Strings in numeric fields pass if they are a number and nothing else."""
    assert read_series(heartrate({"timestamp": AT, "value": value})).columns.contents == [12.5]


@pytest.mark.parametrize(
    "sample",
    [
        {"timestamp": AT},
        {"timestamp": AT, "value": None},
        {"timestamp": AT, "value": "12,5"},
        {"timestamp": AT, "value": " 12"},
        {"timestamp": AT, "value": "inf"},
        {"timestamp": AT, "value": True},
        {"timestamp": AT, "value": 10**400 // 10**80},
        {"timestamp": "soon", "value": 1},
        {"timestamp": 1, "value": 1},
        {"value": 1},
        None,
        [],
    ],
)
def test_an_unusable_sample_costs_itself(sample: Any) -> None:
    """Without a usable time or value a sample is dropped, counted and named; the batch goes on."""
    found = read_series(heartrate(sample, {"timestamp": AT, "value": 58}))
    assert (found.columns.contents, found.dropped) == ([58.0], 1)
    assert len(found.event.problems) == 1
    assert refusal(heartrate(sample)).reason is Reason.BAD_SHAPE


@pytest.mark.parametrize("data", [None, "x", {}, {"data": {}}, {"data": None}, {"data": [{}]}, {"source": SOURCE}])
def test_a_series_without_usable_samples_is_refused(data: Any) -> None:
    """No usable entity is a bad shape, where there is something."""
    assert refusal(body_of(envelope("daily.data.heartrate.created", data))).reason is Reason.BAD_SHAPE


def test_unknown_fields_are_kept() -> None:
    """A name that we do not know stays, at each level, under its path."""
    sample, source = {"timestamp": AT, "value": 1, "quality": 4}, {**SOURCE, "firmware": "2"}
    event = envelope("daily.data.heartrate.created", {"source": source, "batch": 3, "data": [sample]})
    found = read_series(body_of(event | {"trace": 7}))
    assert found.event.unknown == {"trace": 7}
    assert found.unknown == {"batch": 3, "source": {"firmware": "2"}}
    assert found.columns.unknowns == [{"quality": 4}]


def test_a_field_that_does_not_fit_stays_unknown() -> None:
    """A value of the wrong kind costs its field, is named, and is not lost."""
    found = read_summary("activity", steps="many", distance="12.5", heart_rate={"avg_bpm": [], "new": 1}, new=[1])
    assert (found.fields["steps"], found.fields["distance_m"]) == (None, 12.5)
    assert found.unknown == {"steps": "many", "heart_rate": {"avg_bpm": [], "new": 1}, "new": [1]}
    assert found.event.problems == ["$.data.steps: not a number", "$.data.heart_rate.avg_bpm: not a number"]


def test_integers_and_floats_meet() -> None:
    """8421.0 steps are 8421; 8421.5 steps are a problem; 58 bpm are 58.0."""
    assert read_summary("activity", steps=8421.0).fields["steps"] == 8421
    assert read_summary("activity", steps=8421.5).event.problems == ["$.data.steps: not a whole number"]
    assert read_summary("activity", steps=2**63).event.problems == ["$.data.steps: number too large"]


@pytest.mark.parametrize(
    ("sport", "name"), [("", None), (None, None), ({"id": 3, "name": "Run", "slug": "run"}, "Run")]
)
def test_sport_is_an_object_or_empty(sport: Any, name: str | None) -> None:
    """The declared default of `sport` is an empty string."""
    found = read_summary("workouts", sport=sport)
    assert (found.fields["sport_name"], found.event.problems) == (name, [])


def test_a_meal_is_no_series() -> None:
    """`data.data` of a meal is a map of foods; the resource decides, not the presence of `data.data`."""
    found = read_summary("meal", name="lunch", data={"apple": {"energy": {"unit": "kcal", "value": 52.0}}})
    assert found.fields["foods"]["apple"]["energy_kcal"] == 52.0
    assert found.unknown == {}


@pytest.mark.parametrize(
    ("resource", "data", "id"),
    [
        ("activity", {"calendar_date": "2023-07-04"}, "~oura/ring/2023-07-04"),
        ("sleep", {"bedtime_start": AT}, f"~oura/ring/{AT_US}"),
        ("profile", {"height": 180}, "~oura/ring"),
        ("workout_stream", {"workout_id": "w1"}, "w1"),
        ("body", {"id": 7, "weight": 70}, "7"),
    ],
)
def test_keys_without_an_id(resource: str, data: dict[str, Any], id: str) -> None:
    """Old bodies have no id: a natural key stands in, marked, and flagged unless it is the documented one."""
    found = read_summary(resource, **{"id": None, **data})
    assert found.id == id
    assert ("no_id" in found.event.problems) == id.startswith("~")


def test_a_summary_without_any_key_is_refused() -> None:
    """Nothing tells which entity it is."""
    event = envelope("daily.data.activity.created", {"source": SOURCE})
    assert refusal(body_of(event)).reason is Reason.NO_KEY


def test_versions_are_not_content() -> None:
    """`created_at`, `updated_at` and deprecated twins say nothing about the user."""
    plain = read_summary("sleep", duration=7)
    later = read_summary("sleep", duration=7, updated_at=AT, created_at=AT, date=AT, sleep_stream={"hrv": [1]})
    assert plain.content == later.content
    assert (later.updated_at_us, later.fields["date_at"]) == (AT_US, AT_US)


def test_columns_are_sorted_by_time() -> None:
    """Whatever the order in the body, columns go by time."""
    found = read_series(heartrate(*({"timestamp": f"2026-06-03T10:00:0{s}Z", "value": s} for s in (3, 1, 2))))
    assert found.columns.contents == [1.0, 2.0, 3.0]
