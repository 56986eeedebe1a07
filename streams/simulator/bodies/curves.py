"""The samples of curves and buckets."""

from collections.abc import Iterator

from streams.events import HOUR_MS
from streams.simulator.bodies.kinds import BUCKETS, CURVES
from streams.simulator.bodies.pieces import Json
from streams.simulator.bodies.samples import rounded, sample_at, set_span, source_key
from streams.simulator.people.links import Source
from streams.simulator.people.physiology import steps_of_hour
from streams.simulator.people.population import Person
from streams.simulator.randomness import noise, within

LOW_GLUCOSE = 3.7  # mmol/L, of somebody whose story says so: it lies up to 1 below


def curve_samples(
    person: Person, source: Source, resource: str, since_ms: int, until_ms: int, every: int = 1
) -> Iterator[Json]:
    """Samples of (since, until]; of these every so many, counted from 1970."""
    curve, key = CURVES[resource], source_key(person, source, resource)
    step = curve.every_min * 60_000
    stride = step * every
    for at_ms in range(since_ms // stride * stride + stride, until_ms + 1, stride):
        if person.story.is_away(at_ms):
            continue
        share = 0.7 * curve.level(person, at_ms) + 0.3 * noise(key, at_ms // step)
        sample = sample_at(person, source, resource, at_ms)
        is_low = resource == "glucose" and person.story.is_low(at_ms)
        value = LOW_GLUCOSE - share if is_low else within(curve.low, curve.high, share)
        sample["value"] = rounded(value, curve.digits)
        yield sample


def bucket_samples(person: Person, source: Source, resource: str, since_ms: int, until_ms: int) -> Iterator[Json]:
    """The hours of [since, until), the one of `since_ms` again and whole as far as it is known."""
    for hour_ms in range(since_ms - since_ms % HOUR_MS, until_ms, HOUR_MS):
        if sample := bucket_sample(person, source, resource, hour_ms, until_ms):
            yield sample


def bucket_sample(person: Person, source: Source, resource: str, hour_ms: int, until_ms: int) -> Json | None:
    """An hour as far as it is known at `until_ms`; None for one without steps."""
    bucket, steps = BUCKETS[resource], steps_of_hour(person, hour_ms, until_ms)
    if not steps:
        return None
    share = 0.7 if source.type == "phone" else 1.0
    sample = sample_at(person, source, resource, hour_ms)
    set_span(sample, person, source, hour_ms, 3600)
    sample["value"] = rounded(steps * bucket.per_step * share, bucket.digits)
    return sample
