"""Summaries: days, nights, workouts, meals and the like as Junction writes them (domain file, 2.6).

A function for each resource: the object as it is known at a time, without source and `created_at`/`updated_at`.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from streams.events import DAY_MS, HOUR_MS
from streams.simulator.bodies.days import CYCLE_DAYS, activity, body, menstrual_cycle, profile
from streams.simulator.bodies.electrocardiograms import electrocardiogram
from streams.simulator.bodies.instants import sparse_instants
from streams.simulator.bodies.meals import MEALS, meal
from streams.simulator.bodies.nights import sleep, sleep_cycle
from streams.simulator.bodies.pieces import Json
from streams.simulator.bodies.workouts import workout_stream, workouts
from streams.simulator.calendar import iso_date
from streams.simulator.people.links import Source
from streams.simulator.people.physiology import local_day, midnight_ms, night, workout
from streams.simulator.people.population import Person


class Version(NamedTuple):
    """One state of a summary: the object, when Junction first had it, and whether this is the first report of it."""

    data: Json
    since_ms: int
    is_first: bool


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
        for place, (hour, _, _) in enumerate(MEALS):
            yield midnight_ms(person, day) + int((hour + 0.5) * HOUR_MS), _bound(meal, person, source, day, place)
    elif resource == "electrocardiogram":
        for start_ms in sparse_instants(person, "electrocardiogram_voltage", day):
            yield start_ms + 30_000, _bound(electrocardiogram, person, source, start_ms)
    else:
        raise KeyError(resource)


def _bound(build: Callable[..., Json], *args: Any) -> Callable[..., Json]:
    return lambda *, confirmed: build(*args, confirmed=confirmed)
