"""What belongs to a local day: its activity, the scale in the morning, the cycle; and the profile."""

from streams.simulator.bodies.pieces import Json, flat_source
from streams.simulator.calendar import iso_date
from streams.simulator.people.links import Source
from streams.simulator.people.physiology import midnight_ms, steps_of_day, weight_kg
from streams.simulator.people.population import Person
from streams.simulator.randomness import key_of, noise

CYCLE_DAYS = 28


def activity(person: Person, source: Source, day: int, at_ms: int) -> Json:
    """The local day so far: totals that grow with every sync."""
    steps = steps_of_day(person, day, at_ms)
    share = noise(person.key ^ key_of("activity"), day)
    wheelchair = person.index % 11 == 7
    pulse = None if source.provider == "strava" else _pulse(person, steps, share)
    return {
        "id": person.new_id("activity", source.provider, day),
        "date": f"{iso_date(day)}T00:00:00+00:00",
        "calendar_date": iso_date(day),
        "calories_total": round(1500 + steps * 0.045, 1),
        "calories_active": round(steps * 0.045, 1),
        "steps": steps,
        "daily_movement": round(steps * 0.74),
        "distance": round(steps * 0.74, 1),
        "low": float(steps // 90),
        "medium": float(steps // 310),
        "high": float(steps // 900),
        "floors_climbed": steps // 1200,
        "time_zone": person.zone,
        "timezone_offset": person.offset_s,
        "heart_rate": pulse,
        "wheelchair_use": True if wheelchair else None,
        "wheelchair_push": steps // 10 if wheelchair else None,
    }


def _pulse(person: Person, steps: int, share: float) -> Json:
    return {
        "avg_bpm": round(person.resting_bpm + 12 + min(steps, 20_000) / 1500, 1),
        "min_bpm": round(person.resting_bpm - 4),
        "max_bpm": round(person.resting_bpm + 40 + min(steps, 20_000) / 250 * share),
        "resting_bpm": round(person.resting_bpm),
        "avg_walking_bpm": None,
    }


def body(person: Person, source: Source, day: int, *, confirmed: bool) -> Json:
    """The morning on the scale; the second version has the composition."""
    weight = weight_kg(person, midnight_ms(person, day))
    fat = round(14 + 16 * noise(person.key ^ key_of("body"), day), 1)
    return {
        "id": person.new_id("body", source.provider, day),
        "date": f"{iso_date(day)}T00:00:00+00:00",
        "calendar_date": iso_date(day),
        "weight": weight,
        "fat": fat,
        "water_percentage": round(73 - fat / 2, 1) if confirmed else None,
        "muscle_mass_percentage": round(94 - fat, 1) if confirmed else None,
        "visceral_fat_index": 7,
        "bone_mass_percentage": 4.1,
        "body_mass_index": round(weight / (person.height_cm / 100) ** 2, 1),
        "lean_body_mass_kilogram": round(weight * (1 - fat / 100), 1),
        "waist_circumference_centimeter": None,
    }


def menstrual_cycle(person: Person, source: Source, day: int) -> Json:
    """The cycle so far: its arrays grow day by day."""
    first = day - (day + person.index * 5) % CYCLE_DAYS
    flow = [{"date": iso_date(d), "flow": ("medium", "heavy", "light")[(d - first) % 3]} for d in range(first, day + 1)]
    return {
        "id": person.new_id("menstrual_cycle", source.provider, first),
        "period_start": iso_date(first),
        "period_end": iso_date(first + 4) if day - first >= 4 else None,
        "cycle_end": None,
        "is_predicted": False,
        "menstrual_flow": flow[:5],
        "cervical_mucus": [],
        "intermenstrual_bleeding": [],
        "contraceptive": [],
        "detected_deviations": [],
        "ovulation_test": [{"date": iso_date(day), "test_result": "negative"}],
        "home_pregnancy_test": [],
        "home_progesterone_test": [],
        "sexual_activity": [],
        "basal_body_temperature": [{"date": iso_date(day), "value": 36.4}],
        **flat_source(source),
    }


def profile(person: Person, source: Source) -> Json:
    return {
        "id": person.new_id("profile", source.provider),
        "height": person.height_cm,
        "birth_date": f"{1950 + person.index % 50}-03-14",
        "gender": person.sex,
        "sex": person.sex,
        "wheelchair_use": True if person.index % 11 == 7 else None,
    }
