"""A world that several tests look at, made once; and a receiver that only remembers what is right to remember."""

from functools import cache

from streams.simulator.world.world import Event, Generation, World

END_MS = 1_795_000_000_000  # November 2026


def world(**changes: object) -> World:
    """A small world with a fixed end."""
    settings = {"seed": 5, "users": 12, "days": 2, "end_ms": END_MS} | changes
    return World(**settings)  # type: ignore[arg-type]  # because the tests change one argument at a time


@cache
def events(users: int = 12, days: int = 2, generation: Generation = Generation.MIXED) -> tuple[Event, ...]:
    return tuple(world(users=users, days=days, generation=generation).events())
