"""The table of Junction's data resources. No other module keeps a list of its own.

Source: the domain file's sections 2.4 (summaries), 2.5 (timeseries), 3.3 (extra key parts), 6.2 and 14 (API names).
Resource names are an open set: `get` answers None for a name that is not here, and the event is kept all the same.
"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    SUMMARY = "summary"
    TIMESERIES = "timeseries"


class Shape(StrEnum):
    """What one entity covers. For samples the presence of `start`/`end` decides, not this column (2.5)."""

    DAY = "day"
    SESSION = "session"
    MEASUREMENT = "measurement"
    CYCLE = "cycle"
    SINGLE = "single"
    NOTICE = "notice"
    POINT = "point"
    INTERVAL = "interval"


class Rate(StrEnum):
    """Junction's planning classes (10.1): very high = thousands a day, high = hundreds, sparse = at most a few."""

    SPARSE = "sparse"
    HIGH = "high"
    VERY_HIGH = "very_high"


class Value(StrEnum):
    """What a sample holds besides its time."""

    NUMBER = "number"
    BLOOD_PRESSURE = "blood_pressure"
    INSULIN = "insulin"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Resource:
    """One row. `key_extra`: names of sample or source fields that join the documented key (3.3)."""

    name: str
    kind: Kind
    shape: Shape
    unit: str = ""
    rate: Rate = Rate.SPARSE
    api_name: str = ""
    answer_key: str = ""
    key_extra: tuple[str, ...] = ()
    value: Value = Value.NUMBER
    legacy: bool = False


def _summary(name: str, shape: Shape, answer_key: str = "") -> Resource:
    return Resource(name, Kind.SUMMARY, shape, api_name=name, answer_key=answer_key or name)


def _series(
    name: str,
    shape: Shape,
    unit: str,
    rate: Rate,
    *,
    api_name: str = "",
    key_extra: tuple[str, ...] = (),
    value: Value = Value.NUMBER,
    legacy: bool = False,
) -> Resource:
    return Resource(name, Kind.TIMESERIES, shape, unit, rate, api_name or name, "groups", key_extra, value, legacy)


_TABLE: tuple[Resource, ...] = (
    _summary("activity", Shape.DAY),
    _summary("sleep", Shape.SESSION),
    _summary("sleep_cycle", Shape.SESSION),
    _summary("workouts", Shape.SESSION),
    _summary("workout_stream", Shape.NOTICE),
    _summary("body", Shape.MEASUREMENT),
    _summary("meal", Shape.SESSION, answer_key="meals"),
    _summary("menstrual_cycle", Shape.CYCLE),
    _summary("electrocardiogram", Shape.SESSION),
    _summary("profile", Shape.SINGLE),
    _series("afib_burden", Shape.INTERVAL, "%", Rate.SPARSE),
    _series("basal_body_temperature", Shape.INTERVAL, "°C", Rate.SPARSE),
    _series("blood_oxygen", Shape.POINT, "%", Rate.HIGH),
    _series("blood_pressure", Shape.POINT, "mmHg", Rate.SPARSE, value=Value.BLOOD_PRESSURE),
    _series("body_mass_index", Shape.INTERVAL, "index", Rate.SPARSE),
    _series("body_temperature", Shape.INTERVAL, "°C", Rate.SPARSE),
    _series("body_temperature_delta", Shape.INTERVAL, "°C", Rate.SPARSE),
    _series("caffeine", Shape.INTERVAL, "g", Rate.SPARSE),
    _series("calories_active", Shape.INTERVAL, "kcal", Rate.VERY_HIGH),
    _series("calories_basal", Shape.POINT, "kcal", Rate.HIGH),
    _series("carbohydrates", Shape.INTERVAL, "g", Rate.SPARSE),
    _series("cholesterol", Shape.POINT, "mmol/L", Rate.SPARSE, key_extra=("type",)),
    _series("daylight_exposure", Shape.INTERVAL, "min", Rate.HIGH),
    _series("distance", Shape.INTERVAL, "m", Rate.HIGH),
    _series("electrocardiogram_voltage", Shape.POINT, "mV", Rate.SPARSE, key_extra=("type",)),
    _series("fall", Shape.INTERVAL, "count", Rate.SPARSE),
    _series("fat", Shape.POINT, "%", Rate.SPARSE, api_name="body_fat"),
    _series("floors_climbed", Shape.POINT, "count", Rate.SPARSE),
    _series("forced_expiratory_volume_1", Shape.INTERVAL, "L", Rate.SPARSE),
    _series("forced_vital_capacity", Shape.INTERVAL, "L", Rate.SPARSE),
    _series("glucose", Shape.POINT, "mmol/L", Rate.HIGH),
    _series("handwashing", Shape.INTERVAL, "count", Rate.SPARSE),
    _series("heart_rate_alert", Shape.INTERVAL, "count", Rate.SPARSE, key_extra=("type",)),
    _series("heart_rate_recovery_one_minute", Shape.INTERVAL, "count", Rate.SPARSE),
    _series("heartrate", Shape.POINT, "bpm", Rate.VERY_HIGH),
    _series("hrv", Shape.POINT, "rmssd", Rate.HIGH),
    _series("ige", Shape.POINT, "FSU", Rate.SPARSE, key_extra=("type",)),
    _series("igg", Shape.POINT, "FSU", Rate.SPARSE, key_extra=("type",)),
    _series("inhaler_usage", Shape.INTERVAL, "count", Rate.SPARSE),
    _series(
        "insulin_injection",
        Shape.INTERVAL,
        "unit",
        Rate.SPARSE,
        key_extra=("type", "delivery_form"),
        value=Value.INSULIN,
    ),
    _series("lean_body_mass", Shape.INTERVAL, "kg", Rate.SPARSE),
    _series("mindfulness_minutes", Shape.INTERVAL, "min", Rate.SPARSE),
    _series("note", Shape.INTERVAL, "text", Rate.SPARSE, value=Value.NOTE),
    _series("peak_expiratory_flow_rate", Shape.INTERVAL, "L/min", Rate.SPARSE),
    _series("respiratory_rate", Shape.POINT, "breaths/min", Rate.HIGH),
    _series("sleep_apnea_alert", Shape.INTERVAL, "count", Rate.SPARSE),
    _series("sleep_breathing_disturbance", Shape.INTERVAL, "count", Rate.SPARSE),
    _series("stand_duration", Shape.INTERVAL, "min", Rate.HIGH),
    _series("stand_hour", Shape.INTERVAL, "count", Rate.SPARSE),
    _series("steps", Shape.INTERVAL, "count", Rate.HIGH),
    _series("stress_level", Shape.POINT, "%", Rate.HIGH),
    _series("uv_exposure", Shape.INTERVAL, "index", Rate.SPARSE),
    _series("vo2_max", Shape.INTERVAL, "mL/kg/min", Rate.SPARSE),
    _series("waist_circumference", Shape.INTERVAL, "cm", Rate.SPARSE),
    _series("water", Shape.POINT, "mL", Rate.SPARSE),
    _series("weight", Shape.POINT, "kg", Rate.SPARSE, api_name="body_weight"),
    _series("wheelchair_push", Shape.INTERVAL, "count", Rate.SPARSE),
    _series("workout_distance", Shape.INTERVAL, "m", Rate.SPARSE, key_extra=("workout_id",)),
    _series("workout_duration", Shape.INTERVAL, "min", Rate.SPARSE, key_extra=("workout_id",)),
    _series("workout_swimming_stroke", Shape.INTERVAL, "count", Rate.SPARSE, key_extra=("workout_id",)),
    # Deprecated, removed by Junction on 14 September 2026 (2.2); stored events of it are still replayed.
    _series("hypnogram", Shape.INTERVAL, "stage", Rate.SPARSE, legacy=True),
)

RESOURCES: dict[str, Resource] = {row.name: row for row in _TABLE}

# Other spellings seen in API paths and old events (2.2, 3.2).
ALIASES: dict[str, str] = {
    "body_weight": "weight",
    "body_fat": "fat",
    "meals": "meal",
    "active_energy_burned": "calories_active",
    "basal_energy_burned": "calories_basal",
    "distance_running_walking": "distance",
}


def normalise(name: str) -> str:
    """The event name of a resource by any of its names; an unknown name as it is."""
    return ALIASES.get(name, name)


def get(name: str) -> Resource | None:
    """The row of a resource by any of its names; None for an unknown name."""
    return RESOURCES.get(normalise(name))
