"""What arrived of the time that was missed."""

from connectors.control.recovery.arrivals import Arrival, count
from connectors.svix.client import SvixSpan
from streams.events import new_message_id

T = 1_800_000_000_000


def made(at_ms: int, number: int = 0) -> str:
    return new_message_id(at_ms, number.to_bytes(15, "big"))


def test_messages_of_the_time_are_counted_once_new_and_known() -> None:
    """By when they were made, not by when they came; what had come before and comes again is known."""
    early, late, old, twice = made(T + 1000), made(T + 2000), made(T - 1000), made(T + 3000)
    arrivals = [
        Arrival(early, T + 5000),
        Arrival(early, T + 20_000),
        Arrival(late, T + 20_000),
        Arrival(late, T + 20_001),
        Arrival(old, T + 20_000),
        Arrival(twice, T + 6000),
        Arrival("msg_recorded_1", T + 20_000),
    ]
    found = count(arrivals, SvixSpan(T, T + 10_000), T + 15_000)
    assert (found.since, found.new, found.known) == ({early, late}, 1, 1)


def test_an_open_time_ends_when_the_recovery_began() -> None:
    """Deliveries of today's events are none of it."""
    found = count([Arrival(made(T + 20_000), T + 20_001)], SvixSpan(T, None), T + 15_000)
    assert not found.since
