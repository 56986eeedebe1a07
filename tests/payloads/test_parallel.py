"""Lists that belong together are equally long in what leaves: a value stands beside its time, or nowhere."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events.schemas import schema_files
from streams.events.types import Family
from streams.payloads.decode import decode
from streams.payloads.summary import Summary
from tests.events.text.test_mend import written
from tests.folding import Worker
from tests.strategies import envelope

SOURCE = {"provider": "garmin", "type": "watch"}
RESOURCES = {"SleepCycle": "sleep_cycle", "WorkoutStream": "workout_stream"}
TIMES = [1_780_480_800, 1_780_480_801, 1_780_480_802]


def event(schema: str, columns: dict[str, Any]) -> Any:
    """`columns`: by the name of the field."""
    is_stream = schema == "WorkoutStream"
    data: dict[str, Any] = {"workout_id": "1"} if is_stream else {"id": "1", "time_zone": "Europe/Paris"}
    data["source"] = SOURCE
    for row in schema_files.parallel_fields(schema):
        if row.name in columns:
            at = data if len(row.path) == 1 else data.setdefault(row.path[0], {})
            at[row.path[-1]] = columns[row.name]
    return envelope(f"daily.data.{RESOURCES[schema]}.created", data)


def read(body: bytes, family: Family = Family.SUMMARY) -> Summary:
    found = decode(body, family)
    assert isinstance(found, Summary)
    return found


def test_which_lists_belong_together() -> None:
    """Those of one object; a list that stands alone, or that is of objects, does not."""
    found = {schema: schema_files.parallel_fields(schema) for schema in schema_files.SUMMARY_SCHEMAS}
    assert {schema: (rows[0].name, len(rows)) for schema, rows in found.items() if rows} == {
        "SleepCycle": ("stage_start_offsets_s", 3),
        "WorkoutStream": ("times", 11),
    }
    assert all(len({row.path[:-1] for row in rows}) == 1 for rows in found.values() if rows)


def test_half_an_hour_without_heart_rate() -> None:
    """The shorter column is empty, named with both lengths, and kept where unknown fields are."""
    columns = {"times": TIMES, "heartrate_bpm": [120], "latitude_deg": [46.0, 46.1, None]}
    found = read(written(event("WorkoutStream", columns)))
    assert (found.fields["heartrate_bpm"], found.fields["latitude_deg"]) == ([], [46.0, 46.1, None])
    assert found.event.problems == ["$.data.stream.heartrate: not as long as the times (1 of 3)"]
    assert found.unknown == {"stream": {"heartrate": [120]}}


def test_stages_of_a_night() -> None:
    """Both readers agree; the times are right by definition."""
    columns = {"stage_start_offsets_s": [0, 300, 900], "stage_end_offsets_s": [300, 900], "stage_types": [1]}
    body = written(event("SleepCycle", columns))
    found = read(body)
    assert found == read(body, Family.UNKNOWN)
    assert found.event.problems == [
        "$.data.stage_end_offset_second: not as long as the times (2 of 3)",
        "$.data.stage_type: not as long as the times (1 of 3)",
    ]
    assert found.unknown == {"stage_end_offset_second": [300, 900], "stage_type": [1]}


def test_lengths_are_no_items_of_drift() -> None:
    """Every workout has other lengths, and the report of drift has room for 200 items."""
    worker = Worker()
    for n in range(2, 5):
        columns = {"times": TIMES[:1], "heartrate_bpm": [120] * n}
        worker.deliver(event("WorkoutStream", columns), offset=n, id=f"m{n}")
    where = {clean.key for clean in worker.drift}
    assert where == {"shape:workout_stream $.data.stream.heartrate not as long as the times"}


@pytest.mark.parametrize("schema", RESOURCES)
def test_columns_are_as_long_as_their_times(schema: str) -> None:
    """Whatever lists come: in what is decoded, and in what leaves, each column is empty or as long as the times."""
    rows = schema_files.parallel_fields(schema)
    entries = st.integers(0, 2_000_000_000) | st.none() if schema == "WorkoutStream" else st.integers(0, 9)
    lists = st.lists(entries, max_size=4) | st.none()

    @given(st.fixed_dictionaries({}, optional={row.name: lists for row in rows}), st.sampled_from(Family))
    def law(columns: dict[str, Any], family: Family) -> None:
        said = event(schema, columns)
        found = read(written(said), family)
        n = len(found.fields[rows[0].name])
        assert {len(found.fields[row.name]) for row in rows} <= {0, n}
        for row in rows[1:]:
            given = columns.get(row.name)
            assert not given or found.fields[row.name] or any(f"{row.path[-1]}:" in p for p in found.event.problems)
        for clean in Worker().deliver(said):
            if clean.topic == RESOURCES[schema]:
                assert {len(clean.record[row.name]) for row in rows} <= {0, n}

    law()
