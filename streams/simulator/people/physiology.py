"""What the bodies do: steps by hour, level of the heart, nights, workouts, meals. Pure functions of person and time.

Times are Unix milliseconds in UTC; a day is a number of local days since 1970; rates are in the units of the resources.
"""

from typing import NamedTuple

from streams.events import DAY_MS, HOUR_MS
from streams.simulator.people.population import Person
from streams.simulator.randomness import key_of, noise, within

# Share of a day's steps by local hour; they add up to 1.
_STEPS = [n / 100 for n in (0, 0, 0, 0, 0, 1, 4, 9, 7, 4, 4, 5, 9, 6, 4, 4, 6, 11, 10, 7, 4, 3, 1, 1)]
# 0 in deep sleep to 1 in the busiest hour.
_AWAKE = [n / 10 for n in (1, 0, 0, 0, 0, 1, 3, 6, 6, 5, 5, 6, 7, 6, 5, 5, 6, 9, 10, 7, 5, 4, 3, 2)]
_AFTER_MEAL = [n / 10 for n in (2, 1, 1, 1, 1, 2, 3, 8, 7, 4, 2, 2, 7, 9, 5, 3, 2, 2, 4, 9, 8, 5, 3, 2)]
_K_STEPS, _K_NIGHT, _K_WORKOUT, _K_WEIGHT = (key_of(word) for word in ("steps", "night", "workout", "weight"))


class Span(NamedTuple):
    """A night or a workout: Unix milliseconds, and the local day to which it belongs."""

    day: int
    start_ms: int
    end_ms: int

    @property
    def duration_s(self) -> int:
        return (self.end_ms - self.start_ms) // 1000


def local_day(person: Person, at_ms: int) -> int:
    return (at_ms + person.offset_s * 1000) // DAY_MS


def midnight_ms(person: Person, day: int) -> int:
    """When a local day begins."""
    return day * DAY_MS - person.offset_s * 1000


def local_hour(person: Person, at_ms: int) -> int:
    return (at_ms + person.offset_s * 1000) % DAY_MS // HOUR_MS


def activity_level(person: Person, at_ms: int) -> float:
    """0 asleep to 1 in the busiest hour."""
    return _AWAKE[local_hour(person, at_ms)]


def meal_level(person: Person, at_ms: int) -> float:
    """0 fasting to 1 after a big meal."""
    return _AFTER_MEAL[local_hour(person, at_ms)]


def steps_of_hour(person: Person, hour_ms: int, until_ms: int) -> int:
    """Steps in the hour that begins at `hour_ms`, as far as it has passed at `until_ms`: a bucket that fills up."""
    full = person.steps_a_day * _STEPS[local_hour(person, hour_ms)]
    passed = min(max(until_ms - hour_ms, 0) / HOUR_MS, 1.0)
    return int(full * within(0.4, 1.6, noise(person.key ^ _K_STEPS, hour_ms // HOUR_MS)) * passed)


def steps_of_day(person: Person, day: int, until_ms: int) -> int:
    """Steps of a local day, as far as known at `until_ms`. Hours are those of UTC, as in the buckets."""
    start = midnight_ms(person, day)
    hours = range(start - start % HOUR_MS, min(start + DAY_MS, until_ms), HOUR_MS)
    return sum(steps_of_hour(person, hour, until_ms) for hour in hours)


def weight_kg(person: Person, at_ms: int) -> float:
    return round(person.weight_kg + within(-0.8, 0.8, noise(person.key ^ _K_WEIGHT, at_ms // DAY_MS)), 2)


def night(person: Person, day: int) -> Span:
    """The sleep that ends on a local day."""
    key = person.key ^ _K_NIGHT
    start = midnight_ms(person, day) + int((person.bed_h + within(-0.5, 0.5, noise(key, 2 * day))) * HOUR_MS)
    length = (person.sleep_h + within(-0.9, 0.9, noise(key, 2 * day + 1))) * HOUR_MS
    return Span(day, start - start % 1000, start - start % 1000 + int(length) // 1000 * 1000)


def workout(person: Person, day: int) -> Span | None:
    """The workout of a local day, on about three days of five."""
    key = person.key ^ _K_WORKOUT
    if noise(key, 3 * day) > 0.6:
        return None
    start = midnight_ms(person, day) + int(within(16.5, 19.5, noise(key, 3 * day + 1)) * 3600) * 1000
    return Span(day, start, start + int(within(25, 90, noise(key, 3 * day + 2))) * 60_000)


def workout_id(person: Person, provider: str, day: int) -> str:
    return person.new_id("workouts", provider, day)
