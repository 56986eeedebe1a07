"""What Junction reports, and when: a sorted stream of planned events for each person.

A plan is small and quick; only the event that is due gets its body, so that a large world needs little memory.
"""

from collections.abc import Callable, Iterator
from functools import partial
from heapq import merge
from operator import attrgetter
from typing import Any, NamedTuple

from streams.events import HOUR_MS, Kind, resources
from streams.simulator.bodies import history
from streams.simulator.bodies.series import batch, corrections
from streams.simulator.bodies.summaries import versions
from streams.simulator.calendar import iso
from streams.simulator.people.links import Link, Source
from streams.simulator.people.population import Person
from streams.simulator.randomness import key_of, noise, within

Json = dict[str, Any]
_STEP_MS = 37  # between the events of one sync


class Planned(NamedTuple):
    """An event to be. `data` gets the final creation time and answers `$.data`, None where there is nothing to say."""

    at_ms: int
    event_type: str
    data: Callable[[int], Any]
    source: Source | None = None


def known(data: Any) -> Callable[[int], Any]:
    """`$.data` that does not depend on when it is sent."""
    return lambda _: data


class Sync(NamedTuple):
    """One look at a provider: new data of (since, until]; (before, since] was the sync before."""

    before_ms: int
    since_ms: int
    until_ms: int


by_time = attrgetter("at_ms")


def data_of(person: Person, start_ms: int, end_ms: int) -> Iterator[Planned]:
    """All events of new data of a person, sorted by time."""
    return merge(*(_of_link(person, link, start_ms, end_ms) for link in person.links), key=by_time)


def past_of(
    person: Person, link: Link, days: int, connected_ms: int, at_ms: int, step_ms: int = 0
) -> Iterator[Planned]:
    """A connection's history as events: for each resource and source those of a day, oldest first, from `at_ms` on."""
    place = 0
    for resource in link.resources:
        for day in history.days_of(person, link, resource, days, connected_ms):
            for source in link.sources(resource):
                for data in _of_day(person, link, source, resource, day, days, connected_ms):
                    yield Planned(at_ms + place * step_ms, f"daily.data.{resource}.created", data, source)
                    place += 1


def _of_day(
    person: Person, link: Link, source: Source, resource: str, day: int, days: int, connected_ms: int
) -> Iterator[Callable[[int], Any]]:
    where = (person, link, source, resource, day, days, connected_ms)
    if is_series(resource):
        yield lambda _: history.samples_of_day(*where)
        return
    has_version = resource != "workout_stream"
    for ended_ms, data in history.summaries_of_day(*where):
        yield partial(stamped, person, source, data, ended_ms, has_version)


def syncs(person: Person, link: Link, start_ms: int, end_ms: int) -> Iterator[Sync]:
    """The times at which a provider is asked: one in each slot of `sync_h` hours, never at the same place."""
    slot_ms = link.provider.sync_h * HOUR_MS
    before = since = start_ms + link.delay_ms
    for n in range((end_ms - start_ms) // slot_ms):
        share = noise(person.key ^ key_of(link.provider.slug), n)
        until = start_ms + n * slot_ms + int(within(0.3, 0.7, share) * slot_ms)
        if person.story.is_away(until):
            continue
        yield Sync(before, since, until)
        before, since = since, until


def _of_link(person: Person, link: Link, start_ms: int, end_ms: int) -> Iterator[Planned]:
    for sync in syncs(person, link, start_ms, end_ms):
        planned = (event for resource in link.resources for event in _of_resource(person, link, resource, sync))
        for place, event in enumerate(planned):
            yield event._replace(at_ms=sync.until_ms + (place + 1) * _STEP_MS)


def _of_resource(person: Person, link: Link, resource: str, sync: Sync) -> Iterator[Planned]:
    of_source = _series if is_series(resource) else _summaries
    for source in link.sources(resource):
        yield from of_source(person, source, resource, sync)


def is_series(resource: str) -> bool:
    return resources.RESOURCES[resource].kind is Kind.TIMESERIES


def _series(person: Person, source: Source, resource: str, sync: Sync) -> Iterator[Planned]:
    before, since, until = sync

    def new(_: int) -> Json | None:
        return batch(person, source, resource, since, until)

    def corrected(_: int) -> Json | None:
        return corrections(person, source, resource, before, since)

    action = "created" if before == since else "updated"
    yield Planned(0, f"daily.data.{resource}.{action}", new, source)
    if resources.RESOURCES[resource].rate is resources.Rate.SPARSE:
        yield Planned(0, f"daily.data.{resource}.updated", corrected, source)


def _summaries(person: Person, source: Source, resource: str, sync: Sync) -> Iterator[Planned]:
    has_version = resource != "workout_stream"
    for version in versions(person, source, resource, *sync):
        data = partial(stamped, person, source, version.data, version.since_ms, has_version)
        action = "created" if version.is_first else "updated"
        yield Planned(0, f"daily.data.{resource}.{action}", data, source)
        if resource == "activity" and noise(person.key, sync.until_ms) < 0.02:
            yield Planned(0, f"daily.data.{resource}.updated", partial(_recount, data), source)


def _recount(data: Callable[[int], Json], at_ms: int) -> Json:
    """A conflict: other content under the `updated_at` of the event before it."""
    again = data(at_ms - _STEP_MS)
    return again | {"floors_climbed": again["floors_climbed"] + 1}


def stamped(person: Person, source: Source, data: Json, since_ms: int, has_version: bool, at_ms: int) -> Json:
    """A summary with its owner, its source and the two times of Junction's clock (2.6)."""
    full = {"user_id": person.user_id, **data}
    full["source"] = {
        "provider": source.provider,
        "type": source.type,
        "app_id": source.app_id,
        "device_id": source.device_id,
    }
    if has_version:
        full["created_at"] = iso(min(since_ms, at_ms) // 1000 * 1000)
        full["updated_at"] = iso(at_ms // 1000 * 1000)
    return full
