"""Nights, and the stages of one."""

from streams.simulator.bodies.pieces import Json, flat_source
from streams.simulator.calendar import iso, iso_date
from streams.simulator.people.links import Source
from streams.simulator.people.physiology import Span
from streams.simulator.people.population import Person
from streams.simulator.randomness import key_of, noise


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
        **flat_source(source),
    }
