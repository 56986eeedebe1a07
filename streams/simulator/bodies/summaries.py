"""Summaries: days, nights, workouts, meals and the like as Junction writes them (domain file, 2.6).

A function for each resource: the object as it is known at a time, without source and `created_at`/`updated_at`.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from streams.simulator.bodies.series import sparse_instants
from streams.simulator.calendar import DAY_MS, HOUR_MS, iso, iso_date
from streams.simulator.people.physiology import (
    Span,
    local_day,
    midnight_ms,
    night,
    steps_of_day,
    weight_kg,
    workout,
    workout_id,
)
from streams.simulator.people.population import Person, Source
from streams.simulator.randomness import key_of, noise, within

Json = dict[str, Any]
CYCLE_DAYS = 28
_SPORTS = ((1, "Running", "running"), (12, "Road biking", "road_biking"), (31, "Swimming", "swimming"))
_MEALS = ((7.5, "Breakfast", 1.0), (13.0, "Lunch", 1.6), (20.0, "Dinner", 1.4))


class Version(NamedTuple):
    """One state of a summary: the object, when Junction first had it, and whether this is the first report of it."""

    data: Json
    since_ms: int
    is_first: bool


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


def sleep(person: Person, source: Source, span: Span, *, confirmed: bool) -> Json:
    """A night; tentative until the provider has looked at it again."""
    share = noise(person.key ^ key_of("sleep"), span.day)
    awake, deep, rem = (int(span.duration_s * part) for part in (0.04 + 0.06 * share, 0.13 + 0.06 * share, 0.21))
    total = span.duration_s - awake
    return {
        "id": _sleep_id(person, source, span),
        "date": iso(span.end_ms),
        "calendar_date": iso_date(span.day),
        "bedtime_start": iso(span.start_ms),
        "bedtime_stop": iso(span.end_ms),
        "type": "long_sleep",
        "timezone_offset": person.offset_s,
        "duration": span.duration_s,
        "total": total,
        "awake": awake,
        "light": total - deep - rem,
        "rem": rem,
        "deep": deep,
        "score": round(60 + 35 * share) if confirmed else None,
        "recovery_readiness_score": round(55 + 40 * share) if confirmed else None,
        "hr_lowest": round(person.resting_bpm - 5),
        "hr_average": round(person.resting_bpm + 2 * share),
        "hr_resting": round(person.resting_bpm),
        "efficiency": round(100 * total / span.duration_s, 1),
        "latency": int(240 + 900 * share),
        "temperature_delta": round(0.8 * share - 0.4, 2),
        "skin_temperature": round(35.4 + share, 1),
        "hr_dip": round(8 + 9 * share, 1),
        "state": "confirmed" if confirmed else "tentative",
        "average_hrv": round(25 + 60 * share, 1),
        "respiratory_rate": round(12.5 + 4 * share, 1),
        "sleep_stream": None,
    }


def _sleep_id(person: Person, source: Source, span: Span) -> str:
    return person.new_id("sleep", source.provider, span.day)


def sleep_cycle(person: Person, source: Source, span: Span, *, confirmed: bool) -> Json:
    """Stages of a night as parallel arrays of offsets: light, deep, light, REM in rounds of about 95 minutes."""
    step = 5700 // 4
    starts = list(range(0, span.duration_s - step, step))
    return {
        "id": person.new_id("sleep_cycle", source.provider, span.day),
        "sleep_id": _sleep_id(person, source, span),
        "session_start": iso(span.start_ms),
        "session_end": iso(span.end_ms),
        "stage_start_offset_second": starts,
        "stage_end_offset_second": [*starts[1:], span.duration_s],
        "stage_type": [4 if confirmed and n == len(starts) - 1 else (2, 1, 2, 3)[n % 4] for n in range(len(starts))],
        "time_zone": person.zone,
        **_flat_source(source),
    }


def _flat_source(source: Source) -> Json:
    return {
        "source_provider": source.provider,
        "source_type": source.type,
        "source_app_id": source.app_id,
        "source_device_id": source.device_id,
    }


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


def meal(person: Person, source: Source, day: int, place: int, *, confirmed: bool) -> Json:
    """A meal: `data` is a map from food to nutrients, not a list of samples (1.3)."""
    hour, name, size = _MEALS[place]
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
        **_flat_source(source),
    }


def electrocardiogram(person: Person, source: Source, start_ms: int, *, confirmed: bool) -> Json:
    """The header of a recording; its voltages are a timeseries of their own. `confirmed` changes nothing."""
    return {
        "id": person.new_id("electrocardiogram", source.provider, start_ms),
        "session_start": iso(start_ms),
        "session_end": iso(start_ms + 30_000),
        "voltage_sample_count": 128,
        "heart_rate_mean": round(person.resting_bpm + 6),
        "sampling_frequency_hz": 250.0,
        "classification": "sinus_rhythm" if person.index % 5 else "atrial_fibrillation",
        "inconclusive_cause": None,
        "algorithm_version": "2",
        "time_zone": person.zone,
        "source_device_model": None,
        **_flat_source(source),
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


_SESSIONS: dict[str, Callable[..., Json]] = {
    "sleep": sleep,
    "sleep_cycle": sleep_cycle,
    "workouts": workouts,
    "workout_stream": workout_stream,
}


def versions(
    person: Person, source: Source, resource: str, before_ms: int, since_ms: int, until_ms: int
) -> list[Version]:
    """What a sync at `until_ms` reports of a summary resource: new things of (since, until], then second versions of
    those that the sync before, (before, since], had reported for the first time."""
    if resource == "activity":
        return list(_days(person, source, since_ms, until_ms))
    if resource in ("profile", "menstrual_cycle"):
        is_first = before_ms == since_ms
        if not is_first and not _is_morning(person, since_ms, until_ms):
            return []
        day = local_day(person, until_ms)
        data = profile(person, source) if resource == "profile" else menstrual_cycle(person, source, day)
        return [Version(data, since_ms, is_first)]
    first = [Version(data, ended, True) for ended, data in _ended(person, source, resource, since_ms, until_ms, False)]
    again = [Version(data, ended, False) for ended, data in _ended(person, source, resource, before_ms, since_ms, True)]
    return first + again


def past(person: Person, source: Source, resource: str, day: int) -> Iterator[tuple[int, Json]]:
    """(end, object) of what a local day brought to its end, as it is known for good. A profile has no past."""
    if resource == "activity":
        tomorrow_ms = midnight_ms(person, day + 1)
        yield tomorrow_ms, activity(person, source, day, tomorrow_ms)
    elif resource == "menstrual_cycle":
        if (day + person.index * 5) % CYCLE_DAYS == CYCLE_DAYS - 1:
            whole = menstrual_cycle(person, source, day) | {"cycle_end": iso_date(day)}
            yield midnight_ms(person, day + 1), whole
    elif resource != "profile":
        for ended, build in _of_day(person, source, resource, day):
            yield ended, build(confirmed=True)


def _is_morning(person: Person, since_ms: int, until_ms: int) -> bool:
    """Whether 8:00 local time lies in (since, until]: resources that are looked at once a day."""
    shift = person.offset_s * 1000 - 8 * HOUR_MS
    return (since_ms + shift) // DAY_MS != (until_ms + shift) // DAY_MS


def _days(person: Person, source: Source, since_ms: int, until_ms: int) -> Iterator[Version]:
    """The day of this sync, and the whole of yesterday once midnight has passed."""
    today, last = local_day(person, until_ms), local_day(person, since_ms)
    for day in range(last, today + 1):
        yield Version(activity(person, source, day, until_ms), midnight_ms(person, day), day != last)


def _ended(
    person: Person, source: Source, resource: str, since_ms: int, until_ms: int, confirmed: bool
) -> Iterator[tuple[int, Json]]:
    """(end, object) of sessions and measurements that ended in (since, until]."""
    for day in range(local_day(person, since_ms), local_day(person, until_ms) + 1):
        for ended, build in _of_day(person, source, resource, day):
            if since_ms < ended <= until_ms:
                yield ended, build(confirmed=confirmed)


def _of_day(person: Person, source: Source, resource: str, day: int) -> Iterator[tuple[int, Callable[..., Json]]]:
    if resource in _SESSIONS:
        span = night(person, day) if resource.startswith("sleep") else workout(person, day)
        if span is not None:
            yield span.end_ms, _bound(_SESSIONS[resource], person, source, span)
    elif resource == "body":
        yield midnight_ms(person, day) + 7 * HOUR_MS + 600_000, _bound(body, person, source, day)
    elif resource == "meal":
        for place, (hour, _, _) in enumerate(_MEALS):
            yield midnight_ms(person, day) + int((hour + 0.5) * HOUR_MS), _bound(meal, person, source, day, place)
    elif resource == "electrocardiogram":
        for start_ms in sparse_instants(person, "electrocardiogram_voltage", day):
            yield start_ms + 30_000, _bound(electrocardiogram, person, source, start_ms)
    else:
        raise KeyError(resource)


def _bound(build: Callable[..., Json], *args: Any) -> Callable[..., Json]:
    return lambda *, confirmed: build(*args, confirmed=confirmed)
