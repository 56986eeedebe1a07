"""Streams of workouts: what a watch noted every ten seconds, as the parallel arrays that Junction answers (6.4)."""

from collections.abc import Iterator
from typing import Any

from streams.simulator.chance import key_of, noise, within
from streams.simulator.history import days_back
from streams.simulator.physiology import Span, local_day, workout, workout_id
from streams.simulator.population import Link, Person
from streams.simulator.world import World

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
            begin_ms = world.connected_ms(link) - days_back(link, "workouts", world.days_of_history) * 86_400_000
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
