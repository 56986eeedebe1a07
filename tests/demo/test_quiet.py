"""When the demo may believe that everything is through: every interleaving of its questions with a small history."""

from collections import Counter
from itertools import combinations_with_replacement
from typing import NamedTuple

import pytest

from streams.demo.history import Standing
from streams.demo.quiet import look
from streams.kafka.lag import Offsets

PLACE = ("fetch_jobs", 0)


class Moment(NamedTuple):
    """Events stored and processed, requests made and taken up, jobs known and over."""

    stored: int
    processed: int
    made: int
    taken: int
    jobs: int
    over: int


STORY = [
    Moment(1, 0, 0, 0, 0, 0),  # a notice has come
    Moment(1, 1, 1, 0, 0, 0),  # the worker asks for its history
    Moment(1, 1, 1, 1, 1, 0),  # a fetcher takes it up
    Moment(2, 1, 1, 1, 1, 1),  # a page is stored, the job is over
    Moment(2, 2, 2, 1, 1, 1),  # the page leads to another request
    Moment(2, 2, 2, 2, 2, 1),
    Moment(3, 2, 2, 2, 2, 2),
    Moment(3, 3, 2, 2, 2, 2),  # quiet
]


class World:
    """Answers each question as of the next moment given; `reads`: whether what the fetchers said is read at once."""

    def __init__(self, moments: tuple[int, ...], *, reads: bool) -> None:
        self._moments, self._reads = list(moments), reads
        self._said = STORY[0]

    def _now(self) -> Moment:
        return STORY[self._moments.pop(0)]

    def committed(self) -> Offsets:
        return {PLACE: self._now().taken}

    def is_read(self) -> bool:
        now = self._now()
        if self._reads:
            self._said = now
        return self._said.jobs == now.jobs and self._said.over == now.over

    @property
    def standing(self) -> Standing:
        return Standing(self._said.jobs, self._said.over, 0.0, 0, 0, Counter())

    def waiting(self) -> int:
        now = self._now()
        return now.stored - now.processed

    def ends(self) -> Offsets:
        return {PLACE: self._now().made}


@pytest.mark.parametrize("reads", [True, False])
def test_quiet_is_the_end(reads: bool) -> None:
    """Whatever happens between the questions, only the end looks quiet; and it does, once all that was said is read."""
    end = len(STORY) - 1
    for moments in combinations_with_replacement(range(len(STORY)), 4):
        world = World(moments, reads=reads)
        if look(world.waiting, world, world).is_quiet:
            assert moments[-1] == end, moments
    world = World((end,) * 4, reads=True)
    assert look(world.waiting, world, world).is_quiet


def test_without_fetchers() -> None:
    """Nothing is asked for; what the worker has left decides."""
    world = World((0,), reads=True)
    assert not look(world.waiting, world, None).is_quiet
    world = World((1,), reads=True)
    assert look(world.waiting, world, None).is_quiet
