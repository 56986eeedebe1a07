"""Headers of electrocardiograms; the voltages are series."""

from streams.simulator.bodies.pieces import Json, flat_source
from streams.simulator.calendar import iso
from streams.simulator.people.links import Source
from streams.simulator.people.population import Person


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
        **flat_source(source),
    }
