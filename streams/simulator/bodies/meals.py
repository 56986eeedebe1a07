"""Meals."""

from streams.events import HOUR_MS
from streams.simulator.bodies.pieces import Json
from streams.simulator.calendar import iso, iso_date
from streams.simulator.people.links import Source
from streams.simulator.people.physiology import midnight_ms
from streams.simulator.people.population import Person

MEALS = ((7.5, "Breakfast", 1.0), (13.0, "Lunch", 1.6), (20.0, "Dinner", 1.4))


def meal(person: Person, source: Source, day: int, place: int, *, confirmed: bool) -> Json:
    """A meal: `data` is a map from food to nutrients, not a list of samples (1.3)."""
    hour, name, size = MEALS[place]
    carbs = round(38 * size * (1.2 if confirmed else 1.0), 1)
    energy = {"unit": "kcal", "value": round(carbs * 9.5)}
    macros = {"carbs": carbs, "protein": 24.0, "fats": {"total": 18.0, "saturated": 5.0}, "sugar": 11.0, "fibre": 6.5}
    micros = {"minerals": {"sodium": 520.0}, "trace_elements": {}, "vitamins": {"vitamin_c": 0.03}}
    id = person.new_id("meal", source.provider, day, place)
    return {
        "id": id,
        "priority_id": 1,
        "source_id": 10,
        "provider_id": id,
        "timestamp": iso(midnight_ms(person, day) + int(hour * HOUR_MS)),
        "calendar_date": iso_date(day),
        "name": name,
        "energy": energy,
        "macros": macros,
        "micros": micros,
        "data": {"Oats, one bowl": {"energy": energy, "macros": macros, "micros": micros}},
        "source_app_id": source.app_id,
        "source_device_id": source.device_id,
    }
