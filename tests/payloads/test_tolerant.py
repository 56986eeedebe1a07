"""Typed fields driven by a schema: nested objects, lists and maps of objects, stand-ins, units; nothing is lost."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events.schemas import schema_files
from streams.payloads import tolerant
from tests.strategies import json_values

MEAL = {
    "id": "m1",
    "energy": {"unit": "kcal", "value": 400.0},
    "macros": {"carbs": 75, "fats": {"total": 100, "omega3": 0, "trans": 2}, "protein": "10.5"},
    "micros": {"minerals": {"sodium": 500.0, "iron": None}, "vitamins": {}},
    "data": {"Coffee": {"energy": {"unit": "kcal", "value": 0}, "origin": "x"}, "Bread": None},
}


def read(schema: str, data: Any) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    problems: list[str] = []
    return *tolerant.read(data, schema, problems), problems


def test_a_meal() -> None:
    """Nutrients of the meal as columns, its foods as a map of the same columns, unknown names under their path."""
    fields, unknown, problems = read("Meal", MEAL)
    assert (fields["energy_kcal"], fields["carbs_g"], fields["fats_total_g"], fields["protein_g"]) == (
        400,
        75,
        100,
        10.5,
    )
    assert (fields["minerals_mg"], fields["vitamins"], fields["trace_elements"]) == ({"sodium": 500.0}, {}, None)
    assert fields["foods"]["Coffee"]["energy_kcal"] == 0
    assert set(fields["foods"]["Bread"].values()) == {None}
    assert unknown == {"macros": {"fats": {"trans": 2}}, "data": {"Coffee": {"origin": "x"}}}
    assert problems == []


def test_energy_in_another_unit_is_not_kcal() -> None:
    """A column that names its unit holds no other: the value stays unknown, and that is a problem."""
    fields, unknown, problems = read("Meal", {"energy": {"unit": "kJ", "value": 1674.0}})
    assert fields["energy_kcal"] is None
    assert unknown == {"energy": {"unit": "kJ", "value": 1674}}
    assert problems == ["$.data.energy.value: not in kcal"]


def test_days_of_a_cycle() -> None:
    """Lists of dated words; an entry's unknown names and unfit values stay, at its place; a problem is said once."""
    flow = [{"date": "2024-04-07", "flow": "light"}, {"date": "soon", "flow": "heavy", "by": "user"}, {"date": "never"}]
    fields, unknown, problems = read(
        "MenstrualCycle",
        {
            "menstrual_flow": flow,
            "contraceptive": [{"date": "2024-04-07", "type": "iud"}],
            "intermenstrual_bleeding": [{"date": "2024-04-17"}],
            "basal_body_temperature": [{"date": "2024-04-17", "value": 36.4}],
            "sexual_activity": [{"date": "2024-04-13", "protection_used": None}],
        },
    )
    assert [entry["value"] for entry in fields["menstrual_flow"]] == ["light", "heavy", None]
    assert [entry["date"] for entry in fields["menstrual_flow"]] == [19820, None, None]
    assert fields["contraceptive"][0]["value"] == "iud"
    assert fields["intermenstrual_bleeding"] == [{"date": 19830}]
    assert fields["basal_body_temperature_celsius"][0]["value"] == 36.4
    assert fields["sexual_activity"] == [{"date": 19826, "value": None}]
    assert fields["ovulation_test"] == []
    assert unknown == {"menstrual_flow": [{}, {"date": "soon", "by": "user"}, {"date": "never"}]}
    assert problems == ["$.data.menstrual_flow[].date: not a date"]


@pytest.mark.parametrize("value", ["x", 5, {"date": 1}, {"a": {"date": 1}}, [5], True])
def test_a_list_that_is_none_stays_unknown(value: Any) -> None:
    """What is no list of objects costs the field."""
    fields, unknown, problems = read("MenstrualCycle", {"menstrual_flow": value})
    assert (fields["menstrual_flow"], unknown) == ([], {"menstrual_flow": value})
    assert problems == ["$.data.menstrual_flow: not a list of objects"]


@pytest.mark.parametrize("value", ["x", 5, [{"energy": 1}], [], {"soup": 5}, True])
def test_a_map_that_is_none_stays_unknown(value: Any) -> None:
    """What is no map of objects costs the field; a list of objects is none."""
    fields, unknown, problems = read("Meal", {"data": value})
    assert (fields["foods"], unknown) == ({}, {"data": value})
    assert problems == ["$.data.data: not a map of objects"]


@pytest.mark.parametrize(
    ("entry", "value", "rest"),
    [
        ({"flow": "light", "type": "x"}, "light", [{"type": "x"}]),
        ({"type": "x", "flow": "light"}, "light", [{"type": "x"}]),
        ({"type": "x", "flow": None}, "x", None),
    ],
)
def test_a_stand_in_counts_only_alone(entry: dict[str, Any], value: str, rest: Any) -> None:
    """Of several names for one field the first that is there counts, in any order; the other is unknown."""
    fields, unknown, _ = read("MenstrualCycle", {"menstrual_flow": [entry]})
    assert fields["menstrual_flow"][0]["value"] == value
    assert unknown.get("menstrual_flow") == rest


def test_problems_name_no_food() -> None:
    """What somebody ate is a value: a problem says `{}` for it."""
    _, _, problems = read("Meal", {"data": {"Secret soup": {"macros": {"carbs": "much"}}}})
    assert problems == ["$.data.data{}.macros.carbs: not a number"]


@given(st.sampled_from((*schema_files.SUMMARY_SCHEMAS, "Device")), st.data())
def test_nothing_is_lost(schema: str, data: st.DataObject) -> None:
    """Whatever the JSON, each name of it that says something is in a field, or among the unknown ones."""
    rows = schema_files.typed_fields(schema)
    names = st.sampled_from(sorted({path[0] for row in rows for path in (row.path, *row.others)})) | st.text(max_size=3)
    body = data.draw(st.dictionaries(names, json_values, max_size=6))
    fields, unknown, _ = read(schema, body)
    taken = {path[0] for row in rows for path in (row.path, *row.others) if fields[row.name] not in (None, row.default)}
    silent = {name for name, value in body.items() if value in (None, "", [], {}) or _says_nothing(value)}
    assert set(body) <= taken | set(unknown) | silent


def _says_nothing(value: Any) -> bool:
    """Objects and lists of objects that hold nothing but nulls and empty texts."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
    return all(one in (None, "") or (isinstance(one, dict | list) and _says_nothing(one)) for one in inner)
