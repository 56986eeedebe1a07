"""Whether everything is through, asked of several things that go on meanwhile. The order of the questions is the proof.

Events lead to requests, requests to fetches, fetches to events: each look at one of them may miss what the next one is
about to make. So: which requests were taken up; what became of those; what the worker has left; and, last, how many
requests there are. If all of these were taken up before the first answer, all are known to the second; are they over,
no fetch makes an event any more; is nothing left then, no event makes a request.
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from streams.demo.history import Standing
from streams.kafka.lag import Offsets, behind


class Fetchers(Protocol):
    """The group of the fetchers and the topic of its requests: `lag.Lag`."""

    def committed(self) -> Offsets: ...
    def ends(self) -> Offsets: ...


class Progress(Protocol):
    """The progress that fetchers publish: `history.History`."""

    def is_read(self) -> bool: ...
    @property
    def standing(self) -> Standing: ...


class Look(NamedTuple):
    """`waiting`: records published and not yet committed by the worker. `asked`: requests that no fetcher has taken up.
    `is_read`: whether all that the fetchers had said was read."""

    waiting: int
    asked: int = 0
    standing: Standing | None = None
    is_read: bool = True

    @property
    def is_quiet(self) -> bool:
        standing = self.standing
        return self.is_read and not (self.waiting or self.asked or (standing and standing.over < standing.jobs))


def look(waiting: Callable[[], int], fetchers: Fetchers, progress: Progress | None) -> Look:
    """One look. Raises Unavailable."""
    if progress is None:
        return Look(waiting())
    taken = fetchers.committed()
    is_read = progress.is_read()
    standing = progress.standing
    left = waiting()
    return Look(left, behind(taken, fetchers.ends()), standing, is_read)
