"""The samples of moments, first and corrected."""

from collections.abc import Iterator

from streams.events import Shape, resources
from streams.simulator.bodies.instants import sparse_instants
from streams.simulator.bodies.kinds import MOMENTS
from streams.simulator.bodies.pieces import Json
from streams.simulator.bodies.samples import measure, sample_at, set_span, source_key
from streams.simulator.people.links import Source
from streams.simulator.people.physiology import local_day
from streams.simulator.people.population import Person
from streams.simulator.randomness import noise

OF_WORKOUT = frozenset({"workout_distance", "workout_duration", "workout_swimming_stroke"})
_ECG_SAMPLES, _ECG_STEP_MS = 64, 4


def moment_samples(
    person: Person, source: Source, resource: str, since_ms: int, until_ms: int, *, corrected: bool = False
) -> Iterator[Json]:
    """Samples of (since, until]; with `corrected` those few alone that were corrected, as they are now."""
    days = range(local_day(person, since_ms), local_day(person, until_ms) + 1)
    if resource in OF_WORKOUT:
        days = range(days.stop - 1, days.stop)  # one workout an event: its id is in the source
    key = source_key(person, source, resource)
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
            sample = sample_at(person, source, resource, time_ms, type_)
            if resources.RESOURCES[resource].shape is Shape.INTERVAL:
                set_span(sample, person, source, time_ms, moment.duration_s)
            share = noise(key, time_ms * 8 + place)
            measure(sample, person, resource, at_ms, share, corrected)
            yield sample
