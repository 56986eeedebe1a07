"""The resource table agrees with Junction's catalogue: 10 summaries, 50 timeseries, and the old spellings."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events import resources
from streams.events.resources import ALIASES, RESOURCES, Kind, Rate, Shape, Value

# Written down a second time on purpose: the catalogue, not a copy of the table. A row that is lost or renamed fails.
SUMMARIES = """
activity sleep sleep_cycle workouts workout_stream body meal menstrual_cycle electrocardiogram profile
"""
SERIES = """
afib_burden basal_body_temperature blood_oxygen blood_pressure body_mass_index body_temperature
body_temperature_delta caffeine calories_active calories_basal carbohydrates cholesterol daylight_exposure distance
electrocardiogram_voltage fall fat floors_climbed forced_expiratory_volume_1 forced_vital_capacity glucose handwashing
heart_rate_alert heart_rate_recovery_one_minute heartrate hrv ige igg inhaler_usage insulin_injection lean_body_mass
mindfulness_minutes note peak_expiratory_flow_rate respiratory_rate sleep_apnea_alert sleep_breathing_disturbance
stand_duration stand_hour steps stress_level uv_exposure vo2_max waist_circumference water weight wheelchair_push
workout_distance workout_duration workout_swimming_stroke
"""


def current(kind: Kind) -> set[str]:
    return {row.name for row in RESOURCES.values() if row.kind is kind and not row.legacy}


def test_the_sixty_resources_are_there() -> None:
    """Junction's catalogue has 10 summary and 50 timeseries resources; each has exactly one row."""
    assert current(Kind.SUMMARY) == set(SUMMARIES.split())
    assert current(Kind.TIMESERIES) == set(SERIES.split())
    assert Counter(row.legacy for row in RESOURCES.values()) == {False: 60, True: 1}


@pytest.mark.parametrize("row", RESOURCES.values(), ids=lambda row: row.name)
def test_a_row_is_complete(row: resources.Resource) -> None:
    """A summary has no unit and no extra key; a series has a unit and covers a point or an interval."""
    series = row.kind is Kind.TIMESERIES
    assert bool(row.unit) is series
    assert (row.shape in (Shape.POINT, Shape.INTERVAL)) is series
    assert row.answer_key == "groups" if series else not row.key_extra
    assert row.api_name


def test_names_that_differ_between_events_and_the_api() -> None:
    """Weight and fat have other names in API paths, meals another answer key."""
    differ = {row.name: row.api_name for row in RESOURCES.values() if row.api_name != row.name}
    assert differ == {"weight": "body_weight", "fat": "body_fat"}
    assert RESOURCES["meal"].answer_key == "meals"


def test_what_is_not_a_plain_number() -> None:
    """Three series carry something other than `value` as a number, and only those leave in another shape."""
    odd = {row.name: row.value for row in RESOURCES.values() if row.value is not Value.NUMBER}
    assert odd == {
        "blood_pressure": Value.BLOOD_PRESSURE,
        "insulin_injection": Value.INSULIN,
        "note": Value.NOTE,
    }


def test_the_busy_ones_are_known() -> None:
    """Two resources make thousands of samples a day; sizing and block width rest on it."""
    assert {row.name for row in RESOURCES.values() if row.rate is Rate.VERY_HIGH} == {"heartrate", "calories_active"}


def test_an_alias_leads_to_a_row() -> None:
    """Every old spelling ends at a row, and no alias hides one."""
    assert set(ALIASES.values()) <= set(RESOURCES)
    assert not set(ALIASES) & set(RESOURCES)
    assert all(resources.get(old) is RESOURCES[new] for old, new in ALIASES.items())


@given(st.text())
def test_the_set_of_names_is_open(name: str) -> None:
    """An unknown name has no row, keeps its spelling, and normalising twice changes nothing."""
    once = resources.normalise(name)
    assert resources.normalise(once) == once
    assert (resources.get(name) is None) == (once not in RESOURCES)
