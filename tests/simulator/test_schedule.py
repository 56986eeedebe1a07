"""Deliveries: nothing is left out, faults are seeded, message ids stay."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.simulator.delivery.schedule import Cause, Faults, schedule
from tests.simulator.worlds import events

share = st.floats(0, 1)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 99), share, share, share, st.floats(0, 100_000))
def test_every_event_is_delivered_at_least_once(
    seed: int, duplicates: float, late: float, lost_ack: float, window_s: float
) -> None:
    """Each event has one first attempt, others only repeat it, none is too early, and time does not go back."""
    world = events()[:300]
    attempts = list(schedule(world, Faults(seed, duplicates, late, lost_ack, window_s)))
    firsts = Counter(attempt.event for attempt in attempts if attempt.cause is Cause.FIRST)
    assert firsts == Counter(world)
    assert {attempt.event for attempt in attempts} == set(world)
    dues = [attempt.due_ms for attempt in attempts]
    assert dues == sorted(dues)
    assert all(attempt.due_ms >= attempt.event.created_at_ms for attempt in attempts)


def test_faults_are_repeatable() -> None:
    """A seed names one order of deliveries."""
    assert list(schedule(events(), Faults(3))) == list(schedule(events(), Faults(3)))
    assert list(schedule(events(), Faults(3))) != list(schedule(events(), Faults(4)))


def test_without_faults_the_order_is_that_of_creation() -> None:
    """All shares 0: the events as they were made."""
    attempts = schedule(events(), Faults(1, 0, 0, 0, 0))
    assert [attempt.event for attempt in attempts] == list(events())


def test_the_default_faults_all_happen() -> None:
    """A small world already meets duplicates, late copies, lost acknowledgements and overtaking."""
    attempts = list(schedule(events(), Faults()))
    assert {attempt.cause for attempt in attempts} == set(Cause)
    firsts = [attempt.event.created_at_ms for attempt in attempts if attempt.cause is Cause.FIRST]
    assert firsts != sorted(firsts)
