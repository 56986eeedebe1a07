"""When the moments of a day are."""

from streams.events import HOUR_MS
from streams.simulator.bodies.kinds import MOMENTS
from streams.simulator.people.physiology import midnight_ms
from streams.simulator.people.population import Person
from streams.simulator.randomness import key_of, noise


def sparse_instants(person: Person, resource: str, day: int) -> list[int]:
    """When the moments of a local day are: distinct whole seconds between 7:00 and 22:00."""
    key, moment = person.key ^ key_of(resource), MOMENTS[resource]
    slot_s = 15 * 3600 // moment.per_day
    start = midnight_ms(person, day) + 7 * HOUR_MS
    if resource == "stand_hour":
        return [start - start % HOUR_MS + hour * HOUR_MS for hour in range(moment.per_day)]
    return [
        start + (slot * slot_s + int(noise(key, day * 64 + slot) * slot_s * 0.9)) * 1000
        for slot in range(moment.per_day)
    ]
