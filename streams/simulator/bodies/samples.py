"""Samples of a series as Junction writes them: times, values, and what else a resource has."""

from streams.events import resources
from streams.simulator.bodies.kinds import MOMENTS
from streams.simulator.bodies.pieces import Json
from streams.simulator.calendar import iso
from streams.simulator.people.links import Source
from streams.simulator.people.physiology import weight_kg
from streams.simulator.people.population import Person
from streams.simulator.randomness import key_of, within

FLOATING = frozenset({"freestyle_libre", "abbott_libreview"})  # local time that looks like UTC, no offset (3.6)
_CORRECTED_TYPE = {"stand_hour": "stood", "sleep_breathing_disturbance": "elevated"}  # not part of the key (3.3)


def source_key(person: Person, source: Source, resource: str) -> int:
    """The key of the randomness in what one source measures of a resource."""
    return person.key ^ key_of(resource, source.provider, source.type)


def sample_at(person: Person, source: Source, resource: str, at_ms: int, type_: str | None = None) -> Json:
    """A sample without its value. `at_ms`: Unix milliseconds."""
    floating = source.provider in FLOATING
    return {
        "id": None,
        "timezone_offset": None if floating else person.offset_s,
        "type": type_,
        "unit": resources.RESOURCES[resource].unit,
        "timestamp": iso(at_ms + person.offset_s * 1000 if floating else at_ms),
    }


def set_span(sample: Json, person: Person, source: Source, at_ms: int, duration_s: int) -> None:
    """Make a sample of `sample_at` one of an interval that begins there."""
    shift_ms = person.offset_s * 1000 if source.provider in FLOATING else 0
    sample["start"] = sample["timestamp"]
    sample["end"] = iso(at_ms + shift_ms + duration_s * 1000)


def rounded(value: float, digits: int) -> float:
    """A float, also where `digits` is 0."""
    return float(round(value, digits))


def measure(sample: Json, person: Person, resource: str, at_ms: int, share: float, corrected: bool) -> None:
    """Put the value in, and whatever else the resource has (2.5)."""
    moment = MOMENTS[resource]
    value = rounded(within(moment.low, moment.high, share), moment.digits)
    if corrected:
        value = rounded(value * 1.1 + 10**-moment.digits, moment.digits) if moment.high > 1 else value
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
