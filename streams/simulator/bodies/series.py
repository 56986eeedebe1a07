"""Timeseries: the samples of one resource that a sync between two times brings.

Three kinds. A curve is measured every few minutes. A bucket counts over an hour: a sync in the middle of the hour
brings what there is, and the next one rewrites it with the higher value (domain file, 3.5). A moment happens a few
times a day, and some are corrected once.
"""

from streams.events import HOUR_MS
from streams.simulator.bodies.curves import bucket_sample, bucket_samples, curve_samples
from streams.simulator.bodies.kinds import BUCKETS, CURVES
from streams.simulator.bodies.moments import OF_WORKOUT, moment_samples
from streams.simulator.bodies.pieces import Json
from streams.simulator.people.links import Source
from streams.simulator.people.physiology import local_day, workout_id
from streams.simulator.people.population import Person


def batch(person: Person, source: Source, resource: str, since_ms: int, until_ms: int) -> Json | None:
    """`$.data` of a timeseries event: samples of (since, until] and rewritten buckets; None when there is nothing."""
    if resource in CURVES:
        samples = list(curve_samples(person, source, resource, since_ms, until_ms))
    elif resource in BUCKETS:
        samples = list(bucket_samples(person, source, resource, since_ms, until_ms))
    else:
        samples = list(moment_samples(person, source, resource, since_ms, until_ms))
    return _group(person, source, resource, until_ms, samples) if samples else None


def past(person: Person, source: Source, resource: str, since_ms: int, until_ms: int, every: int = 1) -> Json | None:
    """`$.data` of what was there before anybody looked: whole buckets that begin, and other samples that lie, in
    (since, until]. `every`: of a curve's samples only each so many."""
    if resource in CURVES:
        samples = list(curve_samples(person, source, resource, since_ms, until_ms, every))
    elif resource in BUCKETS:
        hours = range(since_ms // HOUR_MS * HOUR_MS + HOUR_MS, until_ms + 1, HOUR_MS)
        samples = [one for hour in hours if (one := bucket_sample(person, source, resource, hour, hour + HOUR_MS))]
    else:
        samples = list(moment_samples(person, source, resource, since_ms, until_ms))
    return _group(person, source, resource, until_ms, samples) if samples else None


def corrections(person: Person, source: Source, resource: str, since_ms: int, until_ms: int) -> Json | None:
    """The same moments again, those few that were corrected since; None when none was."""
    samples = list(moment_samples(person, source, resource, since_ms, until_ms, corrected=True))
    return _group(person, source, resource, until_ms, samples) if samples else None


def _group(person: Person, source: Source, resource: str, at_ms: int, samples: list[Json]) -> Json:
    of_workout = resource in OF_WORKOUT
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
