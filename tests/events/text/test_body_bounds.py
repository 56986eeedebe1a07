"""A body that fits at the door costs a worker seconds at most: what would be minutes or gigabytes is a dead letter."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from streams.events.identity import identify
from streams.events.text import body_bounds
from streams.events.text.body_bounds import ID_CHARS_MAX
from streams.events.types import Family
from streams.ops.errors import Reason, Rejected
from streams.payloads import queries, series_tolerant, tolerant
from streams.payloads.columns import tag
from streams.payloads.decode import decode
from streams.payloads.series import PARTS_MAX, Series
from streams.payloads.summary import Summary
from tests.folding import Worker, raw
from tests.fuzz.law import stored
from tests.strategies import USER, envelope

SOURCE = {"provider": "garmin", "type": "watch"}
BEGIN = datetime(2026, 6, 3, 10, tzinfo=UTC)


def body_of(event_type: str, data: str) -> bytes:
    """`data`: JSON, which may be long."""
    return json.dumps(envelope(event_type, "@")).replace('"@"', data).encode()


def batch(samples: list[Any], **data: Any) -> bytes:
    return json.dumps(envelope("daily.data.steps.created", {"source": SOURCE, "data": samples, **data})).encode()


def sample(second: int, **more: Any) -> dict[str, Any]:
    return {"timestamp": (BEGIN + timedelta(seconds=second)).isoformat(), "value": 1, **more}


def named(n: int, value: str = "1") -> str:
    """An object with so many names."""
    return "{" + ",".join(f'"k{i}":{value}' for i in range(n)) + "}"


def refusal(body: bytes) -> Rejected:
    """Of the worker; the door takes it, with an owner."""
    assert stored(body) is not None
    with pytest.raises(Rejected) as caught:
        Worker().run(raw(body))
    return caught.value


N = body_bounds.CONTAINERS_MAX


@pytest.mark.parametrize("one", ["{}", "[]", '{"value":1}'])
@pytest.mark.parametrize(
    "event_type", ["daily.data.steps.created", "daily.data.meal.created", "labtest.order.created", "a.b.c"]
)
def test_objects_and_lists(event_type: str, one: str) -> None:
    """Three bytes each, and a hundred as values: more than Junction's largest body can hold are refused unread."""
    many = ",".join([one] * N)
    rejection = refusal(body_of(event_type, f'{{"id":"1","source":{{"provider":"x"}},"data":[{many}]}}'))
    assert (rejection.reason, rejection.detail) == (Reason.TOO_LARGE, f"$: more than {N:,} objects and lists")


def test_what_a_mended_body_may_hold() -> None:
    """The bound is asked before plain values are made of what is not strict JSON, at the door too."""
    body = body_of("a.b.c", "[" + "{}," * N + "NaN]")
    with pytest.raises(Rejected) as caught:
        identify(body)
    assert caught.value.reason is Reason.TOO_LARGE


def test_the_largest_batch_of_junction_s() -> None:
    """Samples as it sends them are fewer by far, however large the body."""
    said = sample(0, id=None, unit="count", type=None, timezone_offset=None, end=None, start=None)
    assert 16 * 1024 * 1024 // len(json.dumps(said)) * 1.5 < N


@pytest.mark.parametrize(
    ("event_type", "data"),
    [
        ("daily.data.workouts.created", '{{"id":"1","new":{}}}'),
        ("daily.data.workouts.created", "{}"),
        ("daily.data.meal.created", '{{"id":"1","data":{}}}'),
        ("daily.data.steps.created", '{{"source":{{"provider":"x"}},"new":{},"data":[]}}'),
        ("provider.connection.created", '{{"provider":"x","resource_availability":{}}}'),
        ("provider.device.created", '{{"id":"1","new":[{}]}}'),
        ("historical.data.sleep.created", "{}"),
        ("continuous_query.result_table.changed", '[{{"query_id":"q","data":{}}}]'),
        ("labtest.order.created", "{}"),
        ("checkout.quote.created", "[[{}]]"),
    ],
)
def test_names_of_one_object(event_type: str, data: str) -> None:
    """A million unknown names are no event: wherever the object stands, it is refused."""
    body = body_of(event_type, data.format(named(body_bounds.NAMES_MAX + 1)))
    assert (refusal(body).reason, refusal(body).detail) == (
        Reason.TOO_LARGE,
        f"$: an object with more than {body_bounds.NAMES_MAX:,} names",
    )


def test_names_of_the_envelope() -> None:
    """There too."""
    body = json.dumps(envelope("a.b.c", {}) | {f"k{n}": 1 for n in range(body_bounds.NAMES_MAX)}).encode()
    assert refusal(body).reason is Reason.TOO_LARGE


# Samples


@pytest.mark.parametrize("one", [{}, None, 1, {"value": 1}, {"timestamp": "2026-06-03T10:00:00Z"}])
def test_samples_of_which_none_is_usable(one: Any) -> None:
    """So many without a usable one say what the others are: they are not looked at."""
    body = batch([one] * series_tolerant.TRIED_MAX + [sample(0)])
    assert (refusal(body).reason, refusal(body).detail) == (Reason.BAD_SHAPE, "$.data.data: no usable sample")
    found = decode(batch([one] * (series_tolerant.TRIED_MAX - 1) + [sample(0)]))
    assert isinstance(found, Series)
    assert (len(found.columns), found.dropped) == (1, series_tolerant.TRIED_MAX - 1)
    assert len(found.event.problems) <= 2


def test_names_that_no_two_samples_share() -> None:
    """What is unknown leaves as lists beside the times: a few bytes a name must not become a square."""
    body = batch([sample(n, **{f"k{n}": 1}) for n in range(1500)])
    assert refusal(body).detail.startswith("$.data.data[]: more than 2,000,000 places")
    assert Worker().run(raw(batch([sample(n, **{f"k{n}": 1}) for n in range(100)])))


def test_samples_that_differ_in_a_word() -> None:
    """Each leaves as a record of its own, up to a bound; and together they do not repeat what is said once."""
    differing = [sample(n, type=f"t{n}") for n in range(PARTS_MAX + 1)]
    assert refusal(batch(differing)).detail == f"$.data.data: {PARTS_MAX + 1} records"
    assert refusal(batch(differing[:-1], new="x" * 100_000)).detail == f"$.data.data: {PARTS_MAX} records"
    assert len(Worker().run(raw(batch(differing[:-1])))) == PARTS_MAX + 1  # and one of the connection


def test_what_is_refused_is_no_row_for_the_fetcher_either() -> None:
    """Whether a batch is too much is judged by the batch: by no state, and alike by who counts its rows."""
    body = batch([sample(n, timezone_offset=n) for n in range(PARTS_MAX + 1)])
    with pytest.raises(Rejected) as caught:
        decode(json.dumps(body).encode() if isinstance(body, dict) else body)
    assert caught.value.reason is Reason.TOO_LARGE


@pytest.mark.parametrize("name", ["unit", "type", "sensor_location", "intensity"])
def test_a_word_of_samples_is_short(name: str) -> None:
    """Keys and a cache hold it: what is longer than any id is no word, and stays among the unknown."""
    long = "x" * (ID_CHARS_MAX + 1)
    for family in (Family.TIMESERIES, Family.UNKNOWN):
        found = decode(batch([sample(0, **{name: long})]), family)
        assert isinstance(found, Series)
        assert found.columns.unknowns == [{name: long}]
        assert found.event.problems == [f"$.data.data[].{name}: too long (1 times)"]
        fits = decode(batch([sample(0, **{name: long[1:]})]), family)
        assert getattr(fits.columns.attributes[0], name) == long[1:]  # type: ignore[union-attr]  # because it is a Series


def test_long_texts_are_not_remembered() -> None:
    """The cache of tags keeps its keys, 65,536 of them: large ones go past it, and the tag is the same."""
    before = tag.cache_info().currsize
    found = [decode(batch([sample(0, new=f"{n}" * 1000)])) for n in range(3)]
    assert tag.cache_info().currsize == before
    assert len({one.columns.tags[0] for one in found if isinstance(one, Series)}) == 3


# Lists of objects, rows of queries


@pytest.mark.parametrize("name", ["menstrual_flow", "contraceptive"])
def test_entries_of_a_list(name: str) -> None:
    """A null becomes an object with every field: too many cost the field, and stay unknown."""
    data = {"id": "1", "source": SOURCE, name: [None] * (tolerant.ENTRIES_MAX + 1)}
    found = decode(json.dumps(envelope("daily.data.menstrual_cycle.created", data)).encode())
    assert isinstance(found, Summary)
    assert (found.fields[name], len(found.unknown[name])) == ([], tolerant.ENTRIES_MAX + 1)
    assert found.event.problems == [f"$.data.{name}: more than {tolerant.ENTRIES_MAX:,} entries"]


@pytest.mark.parametrize(
    ("table", "detail"),
    [
        ({"group_key.0": [1] * (queries.ROWS_MAX + 1)}, f"$.data: more than {queries.ROWS_MAX:,} rows"),
        ({"group_key.0": [1] * 1000, **{f"c{n}": [1] for n in range(2000)}}, "$.data[].data: more than 2,000,000"),
        ({"group_key.0": [1] * 1000, "x" * 100_000: [1]}, "$.data[]: 1000 rows"),
        ({"group_key.0": [1] * 1000, "odd": "x" * 100_000}, "$.data[]: 1000 rows"),
    ],
)
def test_rows_of_a_query(table: dict[str, Any], detail: str) -> None:
    """Two bytes a row, and each is a thing with a state and a record that repeats the names of its columns."""
    body = json.dumps(envelope("continuous_query.result_table.changed", [{"query_id": "q", "data": table}])).encode()
    rejection = refusal(body)
    assert rejection.reason is Reason.TOO_LARGE
    assert rejection.detail.startswith(detail)


def test_years_of_rows() -> None:
    """Ten years by the day pass."""
    table = {"group_key.0": list(range(3650)), **{f"mean.{n}": list(range(3650)) for n in range(5)}}
    event = envelope("continuous_query.result_table.changed", [{"query_id": "q", "query_slug": "s", "data": table}])
    assert len(Worker().deliver(event)) == 3650
    assert USER in event["user_id"]


# Problems


def test_problems_are_few() -> None:
    """Each place is named once, however often it is wrong, and places are those of documented names."""
    names = [f"n{n}" for n in range(60)]
    event = envelope("daily.data.workouts.created", {"id": "1", "source": SOURCE, **dict.fromkeys(names, "@")})
    found = decode(json.dumps(event).replace('"@"', "[NaN,NaN]").encode())
    assert len(found.event.problems) == 50
    foods = {f"f{n}": {"name": 7, "calories": "x"} for n in range(500)}
    assert (
        len(decode(json.dumps(envelope("daily.data.meal.created", {"id": "1", "data": foods})).encode()).event.problems)
        < 6
    )


# The bounds themselves


def test_so_many_objects_and_lists_and_not_one_more() -> None:
    """The bound itself is allowed; what has too few bytes to hold more is not counted."""
    body_bounds.check(b"[" + b"{}" * (N - 1) + b"]")
    body_bounds.check(b"[" + b"{ }" * (N - 1) + b"]")
    body_bounds.check(b"[" * (2 * N))  # in a text: as JSON it would need as many bytes again
    with pytest.raises(Rejected, match=rf"^too_large: \$: more than {N:,} objects and lists$"):
        body_bounds.check(b"[" + b"{}" * N + b"]")


NAMES = body_bounds.NAMES_MAX


@pytest.mark.parametrize("wrap", [lambda it: it, lambda it: [1, [it]], lambda it: {"a": None, "b": {"c": it}}])
def test_so_many_names_and_not_one_more(wrap: Any) -> None:
    """The bound itself is allowed, wherever the object stands; a body too small to hold more is not looked at."""
    body, fits = b" " * (NAMES * 5), dict.fromkeys(map(str, range(NAMES)), 1)
    body_bounds.check_names(body, wrap(fits))
    body_bounds.check_names(body[1:], wrap(fits | {"more": 1}))
    with pytest.raises(Rejected, match=rf"^too_large: \$: an object with more than {NAMES:,} names$"):
        body_bounds.check_names(body, wrap(fits | {"more": 1}))


def test_so_many_places_of_a_table_and_not_one_more() -> None:
    """Rows times columns."""
    cells = body_bounds.CELLS_MAX
    body_bounds.check_table(cells // 100, 100, "$.x")
    with pytest.raises(Rejected, match=rf"^too_large: \$\.x: more than {cells:,} places of a table$"):
        body_bounds.check_table(cells // 100 + 1, 100, "$.x")
