"""Timeseries: the samples of one resource that a sync between two times brings.

Three kinds. A curve is measured every few minutes. A bucket counts over an hour: a sync in the middle of the hour
brings what there is, and the next one rewrites it with the higher value (domain file, 3.5). A moment happens a few
times a day, and some are corrected once.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from streams.events import resources
from streams.events.resources import Shape
from streams.simulator.calendar import HOUR_MS, iso
from streams.simulator.people.physiology import (
    activity_level,
    local_day,
    meal_level,
    midnight_ms,
    steps_of_hour,
    weight_kg,
    workout_id,
)
from streams.simulator.people.population import Person, Source
from streams.simulator.randomness import key_of, noise, within

Json = dict[str, Any]
LOW_GLUCOSE = 3.7  # mmol/L, of somebody whose story says so: it lies up to 1 below
FLOATING = frozenset({"freestyle_libre", "abbott_libreview"})  # local time that looks like UTC, no offset (3.6)


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
_CORRECTED_TYPE = {"stand_hour": "stood", "sleep_breathing_disturbance": "elevated"}  # not part of the key (3.3)
_OF_WORKOUT = frozenset({"workout_distance", "workout_duration", "workout_swimming_stroke"})
_ECG_SAMPLES, _ECG_STEP_MS = 64, 4


def sparse_instants(person: Person, resource: str, day: int) -> list[int]:
    """When the moments of a local day are: distinct whole seconds between 7:00 and 22:00."""
    key, moment = person.key ^ key_of(resource), MOMENTS[resource]
    slot_s = 15 * 3600 // moment.per_day
    start = midnight_ms(person, day) + 7 * HOUR_MS
    if resource == "stand_hour":
        return [start - start % HOUR_MS + hour * HOUR_MS for hour in range(moment.per_day)]
    return [
        start + (slot * slot_s + int(noise(key, day * 64 + slot) * slot_s * 0.9)) * 1000
        for slot in range(moment.per_day)
    ]


def batch(person: Person, source: Source, resource: str, since_ms: int, until_ms: int) -> Json | None:
    """`$.data` of a timeseries event: samples of (since, until] and rewritten buckets; None when there is nothing."""
    if resource in CURVES:
        samples = list(_curve(person, source, resource, since_ms, until_ms))
    elif resource in BUCKETS:
        samples = list(_buckets(person, source, resource, since_ms, until_ms))
    else:
        samples = list(_moments(person, source, resource, since_ms, until_ms))
    return _group(person, source, resource, until_ms, samples) if samples else None


def past(person: Person, source: Source, resource: str, since_ms: int, until_ms: int, every: int = 1) -> Json | None:
    """`$.data` of what was there before anybody looked: whole buckets that begin, and other samples that lie, in
    (since, until]. `every`: of a curve's samples only each so many."""
    if resource in CURVES:
        samples = list(_curve(person, source, resource, since_ms, until_ms, every))
    elif resource in BUCKETS:
        hours = range(since_ms // HOUR_MS * HOUR_MS + HOUR_MS, until_ms + 1, HOUR_MS)
        samples = [one for hour in hours if (one := _bucket(person, source, resource, hour, hour + HOUR_MS))]
    else:
        samples = list(_moments(person, source, resource, since_ms, until_ms))
    return _group(person, source, resource, until_ms, samples) if samples else None


def corrections(person: Person, source: Source, resource: str, since_ms: int, until_ms: int) -> Json | None:
    """The same moments again, those few that were corrected since; None when none was."""
    samples = list(_moments(person, source, resource, since_ms, until_ms, corrected=True))
    return _group(person, source, resource, until_ms, samples) if samples else None


def _group(person: Person, source: Source, resource: str, at_ms: int, samples: list[Json]) -> Json:
    of_workout = resource in _OF_WORKOUT
    return {
        "source": {
            "provider": source.provider,
            "type": source.type,
            "app_id": None,
            "device_id": source.device_id,
            "sport": "swimming" if of_workout else None,
            "workout_id": workout_id(person, source.provider, local_day(person, at_ms)) if of_workout else None,
        },
        "data": samples,
    }


def _sample(person: Person, source: Source, resource: str, at_ms: int, type_: str | None = None) -> Json:
    floating = source.provider in FLOATING
    return {
        "id": None,
        "timezone_offset": None if floating else person.offset_s,
        "type": type_,
        "unit": resources.RESOURCES[resource].unit,
        "timestamp": iso(at_ms + person.offset_s * 1000 if floating else at_ms),
    }


def _span(sample: Json, person: Person, source: Source, at_ms: int, duration_s: int) -> None:
    shift_ms = person.offset_s * 1000 if source.provider in FLOATING else 0
    sample["start"] = sample["timestamp"]
    sample["end"] = iso(at_ms + shift_ms + duration_s * 1000)


def _rounded(value: float, digits: int) -> float:
    return float(round(value, digits))


def _source_key(person: Person, source: Source, resource: str) -> int:
    return person.key ^ key_of(resource, source.provider, source.type)


def _curve(
    person: Person, source: Source, resource: str, since_ms: int, until_ms: int, every: int = 1
) -> Iterator[Json]:
    curve, key = CURVES[resource], _source_key(person, source, resource)
    step = curve.every_min * 60_000
    stride = step * every
    for at_ms in range(since_ms // stride * stride + stride, until_ms + 1, stride):
        if person.story.is_away(at_ms):
            continue
        share = 0.7 * curve.level(person, at_ms) + 0.3 * noise(key, at_ms // step)
        sample = _sample(person, source, resource, at_ms)
        is_low = resource == "glucose" and person.story.is_low(at_ms)
        value = LOW_GLUCOSE - share if is_low else within(curve.low, curve.high, share)
        sample["value"] = _rounded(value, curve.digits)
        yield sample


def _buckets(person: Person, source: Source, resource: str, since_ms: int, until_ms: int) -> Iterator[Json]:
    for hour_ms in range(since_ms - since_ms % HOUR_MS, until_ms, HOUR_MS):
        if sample := _bucket(person, source, resource, hour_ms, until_ms):
            yield sample


def _bucket(person: Person, source: Source, resource: str, hour_ms: int, until_ms: int) -> Json | None:
    """An hour as far as it is known at `until_ms`; None for one without steps."""
    bucket, steps = BUCKETS[resource], steps_of_hour(person, hour_ms, until_ms)
    if not steps:
        return None
    share = 0.7 if source.type == "phone" else 1.0
    sample = _sample(person, source, resource, hour_ms)
    _span(sample, person, source, hour_ms, 3600)
    sample["value"] = _rounded(steps * bucket.per_step * share, bucket.digits)
    return sample


def _moments(
    person: Person, source: Source, resource: str, since_ms: int, until_ms: int, *, corrected: bool = False
) -> Iterator[Json]:
    days = range(local_day(person, since_ms), local_day(person, until_ms) + 1)
    if resource in _OF_WORKOUT:
        days = range(days.stop - 1, days.stop)  # one workout an event: its id is in the source
    key = _source_key(person, source, resource)
    for day in days:
        for at_ms in sparse_instants(person, resource, day):
            if since_ms < at_ms <= until_ms and (not corrected or noise(key, at_ms + 1) < 0.2):
                yield from _at(person, source, resource, at_ms, key, corrected)


def _at(person: Person, source: Source, resource: str, at_ms: int, key: int, corrected: bool) -> Iterator[Json]:
    """The samples of one instant: one for each type; a short strip for a voltage."""
    moment = MOMENTS[resource]
    strip = range(_ECG_SAMPLES if resource == "electrocardiogram_voltage" else 1)
    for tick in strip:
        for place, type_ in enumerate(moment.types):
            time_ms = at_ms + tick * _ECG_STEP_MS
            sample = _sample(person, source, resource, time_ms, type_)
            if resources.RESOURCES[resource].shape is Shape.INTERVAL:
                _span(sample, person, source, time_ms, moment.duration_s)
            share = noise(key, time_ms * 8 + place)
            _measure(sample, person, resource, at_ms, share, corrected)
            yield sample


def _measure(sample: Json, person: Person, resource: str, at_ms: int, share: float, corrected: bool) -> None:
    """Put the value in, and whatever else the resource has (2.5)."""
    moment = MOMENTS[resource]
    value = _rounded(within(moment.low, moment.high, share), moment.digits)
    if corrected:
        value = _rounded(value * 1.1 + 10**-moment.digits, moment.digits) if moment.high > 1 else value
        sample["type"] = _CORRECTED_TYPE.get(resource, sample["type"])
    if resource == "blood_pressure":
        sample |= {"systolic": value, "diastolic": float(round(value * 0.64))}
        return
    if resource == "note":
        sample |= {"value": f"note {'corrected' if corrected else 'as written'}", "tags": ["food"]}
        return
    if resource == "weight":
        value = weight_kg(person, at_ms) + (0.1 if corrected else 0.0)
    sample["value"] = round(value, 3)
    if resource == "insulin_injection":
        form = "extended" if share < 0.2 else "standard"
        sample |= {"type": "rapid_acting", "delivery_mode": "bolus", "delivery_form": form, "bolus_purpose": "meal"}
    elif resource in ("body_temperature", "body_temperature_delta"):
        sample["sensor_location"] = "wrist"
    elif resource == "workout_duration":
        sample["intensity"] = ("low", "medium", "high")[int(share * 3)]
