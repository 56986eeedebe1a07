"""Workouts, and the notice that a stream of one can be fetched."""

from streams.simulator.bodies.pieces import Json
from streams.simulator.calendar import iso, iso_date
from streams.simulator.people.links import Source
from streams.simulator.people.physiology import Span, workout_id
from streams.simulator.people.population import Person
from streams.simulator.randomness import key_of, noise, within

_SPORTS = ((1, "Running", "running"), (12, "Road biking", "road_biking"), (31, "Swimming", "swimming"))


def workouts(person: Person, source: Source, span: Span, *, confirmed: bool) -> Json:
    """A workout; the second version has a title and the climb."""
    share = noise(person.key ^ key_of("workouts"), span.day)
    distance = span.duration_s * within(2.2, 6.5, share)
    return {
        "id": workout_id(person, source.provider, span.day),
        "provider_id": _provider_id(person, span),
        "title": "Evening session" if confirmed else None,
        "timezone_offset": person.offset_s,
        "calendar_date": iso_date(span.day),
        "time_start": iso(span.start_ms),
        "time_end": iso(span.end_ms),
        "average_hr": round(person.resting_bpm + 70),
        "max_hr": round(person.resting_bpm + 105),
        "distance": round(distance, 1),
        "calories": round(span.duration_s * 0.16, 1),
        "sport": _sport(person),
        "hr_zones": [span.duration_s // 6] * 6,
        "moving_time": span.duration_s - 60,
        "total_elevation_gain": round(180 * share, 1) if confirmed else None,
        "elev_high": round(640 + 90 * share, 1),
        "elev_low": 612.5,
        "average_speed": round(distance / span.duration_s, 2),
        "max_speed": round(distance / span.duration_s * 1.6, 2),
        "average_watts": None,
        "device_watts": None,
        "max_watts": None,
        "weighted_average_watts": None,
        "steps": None,
        "map": {"polyline": None, "summary_polyline": "agn~Ftb{uOvr@daBunBjdB"},
    }


def _provider_id(person: Person, span: Span) -> str:
    return str(10_000_000_000 + (person.key ^ span.start_ms) % 10_000_000_000)


def _sport(person: Person) -> Json:
    number, name, slug = _SPORTS[person.index % len(_SPORTS)]
    return {"id": number, "name": name, "slug": slug}


def workout_stream(person: Person, source: Source, span: Span, *, confirmed: bool) -> Json:
    """The notice that a stream can be fetched: no id, no version. `confirmed` changes nothing."""
    id = workout_id(person, source.provider, span.day)
    return {
        "workout_id": id,
        "provider_id": _provider_id(person, span),
        "message": f"Due to payload size limits, please use /v2/timeseries/workouts/{id}/stream.",
        "sport": _sport(person),
    }
