"""What Junction has of a person in the end: of each key the newest that an event said, and the history before them.

It is what the API answers, whenever it is asked: so a backfill, before or after the events, comes to the same as events
and history alone (`Truth` of `World.events` and `World.history`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from streams.events import Family, parse_type, resources
from streams.simulator.bodies import history
from streams.simulator.calendar import iso_date
from streams.simulator.people.links import Link, Source
from streams.simulator.people.population import Person
from streams.simulator.world.plan import is_series, stamped
from streams.simulator.world.world import PULLED_MS, PlainEvent, World

Json = dict[str, Any]
# By which field a range filters is not documented (6.2); here by the day that these name.
_DAYS = ("calendar_date", "session_start", "cycle_end", "period_start", "updated_at")
_EPOCH_DAYS = date(1970, 1, 1).toordinal()


class Held(NamedTuple):
    """A summary, and the day by which it is found."""

    provider: str
    day: str
    data: Json


class Row(NamedTuple):
    """A sample, ready to be sent. `at`: its time as it is written, without offset, to the second: text sorts as time.
    `kind`: its type. `source` and `sample`: JSON; the sources of one person share their bytes."""

    at: str
    provider: str
    source: bytes
    kind: str
    sample: bytes


@dataclass(slots=True)
class Known:
    """What events said of one resource. `created`: objects in `created` events; times are those of the samples."""

    summaries: dict[str, tuple[tuple[str, int], Held]] = field(default_factory=dict)
    samples: dict[tuple[Any, ...], Row] = field(default_factory=dict)
    created: dict[str, int] = field(default_factory=dict)


class Inventory:
    """Of one person. The events are read once; the history is made for each question."""

    def __init__(self, world: World, person: Person) -> None:
        self.world, self.person = world, person
        self._known: dict[str, Known] = {}
        for event in world.plain_events(person):
            self._learn(event)

    def summaries(self, resource: str, first_day: str, last_day: str, provider: str = "") -> list[Json]:
        """Objects of the days from first to last (2026-06-03), in the order of their days."""
        found = [held for _, held in self.known(resource).summaries.values()]
        found += self._past_summaries(resource, first_day, last_day, provider)
        chosen = [one for one in found if first_day <= one.day <= last_day and provider in ("", one.provider)]
        return [one.data for one in sorted(chosen, key=lambda one: (one.day, one.provider, str(one.data["id"])))]

    def samples(self, resource: str, start: str, end: str, provider: str = "") -> list[Row]:
        """Samples from start to end, both included (2026-06-03T10:00:00), in the order of their times."""
        found = list(self.known(resource).samples.values())
        found += self._past_samples(resource, start, end, provider)
        chosen = [row for row in found if start <= row.at <= end and provider in ("", row.provider)]
        return sorted(chosen)

    def profile(self, provider: str = "") -> Json | None:
        """The newest one; None where no provider has any."""
        newest = sorted(self.known("profile").summaries.values(), key=lambda one: one[0])
        return next((held.data for _, held in reversed(newest) if provider in ("", held.provider)), None)

    def reach(self, resource: str, link: Link) -> tuple[str | None, str | None]:
        """When the oldest and the newest data of a link's resource are from, as Junction writes times."""
        known, slug = self.known(resource), link.provider.slug
        times = [one.day for _, one in known.summaries.values() if one.provider == slug]
        times += [row.at for row in known.samples.values() if row.provider == slug]
        times += self._oldest(resource, link)
        return _moment(min(times, default=None)), _moment(max(times, default=None))

    def _oldest(self, resource: str, link: Link) -> list[str]:
        """Times of the first day of the history that holds anything."""
        connected_ms, slug = self.world.connected_ms(link), link.provider.slug
        for number in history.days_of(self.person, link, resource, self.world.days_of_history, connected_ms):
            day = iso_date(number)
            if is_series(resource):
                found = [row.at for row in self._past_samples(resource, day, day, slug)]
            else:
                found = [one.day for one in self._past_summaries(resource, day, day, slug)]
            if found:
                return found
        return []

    def known(self, resource: str) -> Known:
        return self._known.get(resource) or Known()

    def _learn(self, event: PlainEvent) -> None:
        kind = parse_type(event.event_type)
        if kind.family not in (Family.SUMMARY, Family.TIMESERIES) or event.source is None:
            return
        known = self._known.setdefault(kind.resource, Known())
        provider = event.source.provider
        if kind.family is Family.TIMESERIES:
            for sample in event.data["data"]:  # events come in the order of their creation
                known.samples[_key(kind.resource, event.data["source"], sample)] = _row(event.data["source"], sample)
        elif kind.resource != "workout_stream":
            version = (event.data["updated_at"], event.at_ms)
            if version >= known.summaries.get(event.data["id"], (("", 0), None))[0]:
                known.summaries[event.data["id"]] = (version, _held(provider, event.data))
        if kind.action == "created":
            count = len(event.data["data"]) if kind.family is Family.TIMESERIES else 1
            known.created[provider] = known.created.get(provider, 0) + count

    def _past_summaries(self, resource: str, first_day: str, last_day: str, provider: str) -> Iterator[Held]:
        days, pulled = self.world.days_of_history, PULLED_MS
        for link, source, day in self._past_days(resource, first_day, last_day, provider):
            connected_ms = self.world.connected_ms(link)
            where = (self.person, link, source, resource, day, days, connected_ms)
            for ended_ms, data in history.summaries_of_day(*where):
                whole = stamped(self.person, source, data, ended_ms, True, connected_ms + pulled)
                yield _held(link.provider.slug, whole)

    def _past_samples(self, resource: str, start: str, end: str, provider: str) -> Iterator[Row]:
        days = self.world.days_of_history
        for link, source, day in self._past_days(resource, start[:10], end[:10], provider):
            connected_ms = self.world.connected_ms(link)
            data = history.samples_of_day(self.person, link, source, resource, day, days, connected_ms)
            if data is not None:
                yield from (_row(data["source"], sample) for sample in data["data"])

    def _past_days(self, resource: str, first: str, last: str, provider: str) -> Iterator[tuple[Link, Source, int]]:
        """Days of the history that may hold something of these days: local ones differ by up to one."""
        wanted = range(_number(first) - 1, _number(last) + 2)
        for link in self.person.links:
            if provider not in ("", link.provider.slug) or resource not in link.resources:
                continue
            if not self.world.is_fetchable(self.person, link, resource):
                continue
            connected_ms = self.world.connected_ms(link)
            days = history.days_of(self.person, link, resource, self.world.days_of_history, connected_ms)
            for source in link.sources(resource):
                for day in range(max(days.start, wanted.start), min(days.stop, wanted.stop)):
                    yield link, source, day


_encode = msgspec.json.Encoder().encode


def _row(source: Json, sample: Json) -> Row:
    shared = _source(*source.values())
    return Row(sample["timestamp"][:19], source["provider"], shared, sample["type"] or "", _encode(sample))


@lru_cache(maxsize=10_000)
def _source(*parts: str | None) -> bytes:
    """Who measured, with the names of today's generation."""
    return _encode(dict(zip(_SOURCE, parts, strict=True)))


_SOURCE = ("provider", "type", "app_id", "device_id", "sport", "workout_id")


def _key(resource: str, source: Json, sample: Json) -> tuple[Any, ...]:
    """The documented key and what joins it (3.1, 3.3)."""
    extra = (source.get(name) or sample.get(name) for name in resources.RESOURCES[resource].key_extra if name != "type")
    kind = sample["type"] if "type" in resources.RESOURCES[resource].key_extra else None
    return source["provider"], source["type"], sample["timestamp"], kind, *extra


def _held(provider: str, data: Json) -> Held:
    return Held(provider, next(str(data[name])[:10] for name in _DAYS if data.get(name)), data)


def _moment(at: str | None) -> str | None:
    """A day, or a time without offset, as Junction writes times."""
    return at and f"{at}{'T00:00:00' * (len(at) == 10)}+00:00"


def _number(day: str) -> int:
    """Days since 1970."""
    return date.fromisoformat(day).toordinal() - _EPOCH_DAYS
