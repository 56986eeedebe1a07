"""Which resource is which kind of series, and between which values it lies."""

from collections.abc import Callable
from typing import NamedTuple

from streams.simulator.people.physiology import activity_level, meal_level
from streams.simulator.people.population import Person


class Curve(NamedTuple):
    """Every `every_min` minutes a value between low and high, moved by the time of day."""

    low: float
    high: float
    digits: int
    every_min: int
    level: Callable[[Person, int], float] = activity_level


class Bucket(NamedTuple):
    """An hour's sum in proportion to its steps."""

    per_step: float
    digits: int


class Moment(NamedTuple):
    """A few times a day. `types`: one sample of each at the same instant; `duration_s`: 0 for a point."""

    low: float
    high: float
    digits: int
    per_day: int = 1
    duration_s: int = 60
    types: tuple[str | None, ...] = (None,)


CURVES: dict[str, Curve] = {
    "heartrate": Curve(46, 120, 0, 5),
    "glucose": Curve(4.4, 9.8, 1, 5, meal_level),
    "hrv": Curve(90, 22, 1, 30),
    "blood_oxygen": Curve(94, 99, 1, 60),
    "respiratory_rate": Curve(12, 19, 1, 30),
    "stress_level": Curve(8, 85, 0, 15),
    "calories_basal": Curve(58, 76, 1, 60),
}
BUCKETS: dict[str, Bucket] = {
    "steps": Bucket(1, 0),
    "distance": Bucket(0.74, 1),
    "calories_active": Bucket(0.045, 2),
    "daylight_exposure": Bucket(0.02, 1),
    "stand_duration": Bucket(0.03, 1),
}
_ALLERGENS = ("casein", "egg_white", "gluten", "peanut")
_LEADS = ("lead_1", "lead_2")
MOMENTS: dict[str, Moment] = {
    "afib_burden": Moment(0, 4, 1, 1, 86400),
    "basal_body_temperature": Moment(36.1, 36.8, 2),
    "blood_pressure": Moment(104, 142, 0, 2, 0),
    "body_mass_index": Moment(19, 29, 1),
    "body_temperature": Moment(36.2, 37.4, 1, 2),
    "body_temperature_delta": Moment(-0.6, 0.7, 2),
    "caffeine": Moment(0.04, 0.2, 3, 3),
    "carbohydrates": Moment(15, 90, 1, 3),
    "cholesterol": Moment(1.1, 5.9, 2, 1, 0, ("hdl", "ldl", "total", "triglycerides")),
    "electrocardiogram_voltage": Moment(-0.4, 1.4, 3, 1, 0, _LEADS),
    "fall": Moment(1, 1, 0),
    "fat": Moment(14, 31, 1, 1, 0),
    "floors_climbed": Moment(1, 9, 0, 4, 0),
    "forced_expiratory_volume_1": Moment(2.6, 4.3, 2),
    "forced_vital_capacity": Moment(3.4, 5.4, 2),
    "handwashing": Moment(1, 1, 0, 4, 20),
    "heart_rate_alert": Moment(1, 1, 0, 1, 600, ("high_heart_rate",)),
    "heart_rate_recovery_one_minute": Moment(14, 44, 0),
    "ige": Moment(0.1, 9, 2, 1, 0, _ALLERGENS),
    "igg": Moment(0.1, 30, 2, 1, 0, _ALLERGENS),
    "inhaler_usage": Moment(1, 2, 0, 2),
    "insulin_injection": Moment(2, 12, 1, 4),
    "lean_body_mass": Moment(42, 71, 1),
    "mindfulness_minutes": Moment(3, 20, 0, 1, 900),
    "note": Moment(0, 0, 0, 2),
    "peak_expiratory_flow_rate": Moment(380, 620, 0, 2),
    "sleep_apnea_alert": Moment(1, 1, 0),
    "sleep_breathing_disturbance": Moment(0, 6, 1, 1, 25200, ("not_elevated",)),
    "stand_hour": Moment(1, 1, 0, 8, 3600, ("idle",)),
    "uv_exposure": Moment(0, 8, 1, 2, 1800),
    "vo2_max": Moment(31, 55, 1),
    "waist_circumference": Moment(70, 104, 1),
    "water": Moment(120, 500, 0, 5, 0),
    "weight": Moment(0, 0, 2, 1, 0),
    "wheelchair_push": Moment(40, 400, 0, 2, 3600),
    "workout_distance": Moment(20, 900, 1, 3, 300),
    "workout_duration": Moment(1, 15, 0, 3, 900),
    "workout_swimming_stroke": Moment(10, 60, 0, 3, 120),
}
