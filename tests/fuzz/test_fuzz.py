"""The fuzz target works: it runs, it repeats itself, and it would notice."""

import random

import pytest

from tests.fuzz.law import Broken, _say, check
from tests.fuzz.mutate import mutated
from tests.fuzz.seeds import bodies

SEEDS = sorted(bodies())


def test_the_seeds_keep_the_law() -> None:
    """What the search begins with is no finding."""
    assert len(SEEDS) > 150
    for body in SEEDS:
        check(body)


def test_a_moment_of_fuzzing() -> None:
    """A slice of `make fuzz`, the same every time."""
    chance = random.Random(7)
    for n in range(400):
        check(mutated(chance.choice(SEEDS), n))


def test_a_change_is_repeatable_and_a_change() -> None:
    """The same seed gives the same body; seeds differ; bytes that are no JSON become an event."""
    body = SEEDS[0]
    assert mutated(body, 1) == mutated(body, 1)
    assert len({mutated(body, n) for n in range(20)}) > 10
    assert mutated(b"{", 1).startswith(b"{")


def test_a_broken_rule_is_a_finding() -> None:
    """What does not hold is raised by its name."""
    with pytest.raises(Broken, match="a rule"):
        _say("a rule", False)
