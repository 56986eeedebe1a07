"""Streams of workouts: what a watch noted every ten seconds, as the parallel arrays that Junction answers (6.4)."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from streams.events import DAY_MS, Family
from streams.simulator.bodies.history import days_back
from streams.simulator.people.links import Link
from streams.simulator.people.physiology import Span, local_day, workout, workout_id
from streams.simulator.people.population import Person
from streams.simulator.randomness import key_of, noise, within
from streams.simulator.world.notices import fate
from streams.simulator.world.world import PULLED_MS, Event, World

Json = dict[str, Any]
_STEP_S = 10
_NAMES = (
    *("cadence", "time", "altitude", "velocity_smooth", "heartrate", "lat", "lng", "distance", "power", "resistance"),
    "temperature",
)


def workouts_of(world: World, person: Person) -> Iterator[tuple[str, Link, Span]]:
    """(id, link, when) of every workout that Junction may have, history included."""
    for link in person.links:
        if "workouts" in link.resources:
            begin_ms = world.connected_ms(link) - days_back(link, "workouts", world.days_of_history) * DAY_MS
            for day in range(local_day(person, begin_ms), local_day(person, world.end_ms) + 1):
                span = workout(person, day)
                if span is not None and begin_ms < span.end_ms <= world.end_ms:
                    yield workout_id(person, link.provider.slug, day), link, span


def track(person: Person, link: Link, span: Span) -> Json:
    """Its arrays. Providers that announce no streams have none: every array is empty. A watch misses a beat at times,
    which is null; what it does not measure is empty or absent."""
    if "workout_stream" not in link.resources:
        return {name: [] for name in _NAMES if name != "temperature"}
    key = person.key ^ key_of("track", span.day)
    seconds = range(0, span.duration_s, _STEP_S)
    speed = within(2.2, 6.5, noise(key, 0))
    share = [noise(key, n + 1) for n in range(len(seconds))]
    return {
        "cadence": [round(within(70, 95, part)) for part in share],
        "time": [span.start_ms // 1000 + second for second in seconds],
        "altitude": [round(612 + 40 * part, 1) for part in share],
        "velocity_smooth": [round(speed * within(0.8, 1.2, part), 2) for part in share],
        "heartrate": [None if part < 0.02 else round(person.resting_bpm + 70 + 30 * part) for part in share],
        "lat": [round(40.4 + second * 2e-5, 6) for second in seconds],
        "lng": [round(-3.7 + second * 1e-5, 6) for second in seconds],
        "distance": [round(speed * second, 1) for second in seconds],
        "power": [],
        "resistance": [],
    }


def streams_of(world: World, people: Iterable[Person] | None = None) -> Iterator[Event]:
    """The streams that a completed backfill yields, each as the event that it could be: of the workouts that an event
    announced, and of those of the history whose provider has streams."""
    if Family.SUMMARY not in world.families:
        return
    for who in world.people if people is None else people:
        notices = (
            event for event in world.plain_events(who) if event.event_type.startswith("daily.data.workout_stream.")
        )
        announced = {event.data["workout_id"] for event in notices}
        for id, link, span in workouts_of(world, who):
            if id in announced or _is_past(world, who, link, span):
                yield _event(who, link, id, track(who, link, span), world.connected_ms(link) + PULLED_MS)


def _is_past(world: World, person: Person, link: Link, span: Span) -> bool:
    """Whether its stream is found by way of the history of workouts."""
    return (
        "workout_stream" in link.resources
        and span.end_ms <= world.connected_ms(link)
        and world.is_fetchable(person, link, "workouts")
        and not fate(world.notices, person, link, "workout_stream").is_failed
    )


def _event(person: Person, link: Link, id: str, stream: Json, at_ms: int) -> Event:
    kind = "daily.data.workout_stream.created"
    data = {"workout_id": id, "source": {"provider": link.provider.slug}, "stream": stream}
    body = msgspec.json.encode({"event_type": kind, "user_id": person.user_id, "data": data})
    return Event(kind, body, person.user_id, at_ms)
