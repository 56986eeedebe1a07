"""Up to when a partition is known to be processed wholly: what a timer may trust. Pure.

A timer that asks "has nothing arrived since?" must not be answered from tables while records still wait in Kafka: after
an outage every user would look silent. So the consumer notes with each answer of Kafka (end of the log, when). Once the
cursor has reached such an end, everything that was in the log at that moment has been processed. The end is the high
watermark: the last stable offset stops at an open transaction, and the records behind it are there, but hidden.

Kafka does not say when it looked. It was after the answer before, since the next question is asked only then: that is
the time which counts.
"""

from collections import deque
from collections.abc import Iterable

from streams.engine.positions.slices import Source

APART_MS = 250
FACTS_MAX = 256  # of one partition, over a minute of lag; while it is full, newer ones are not needed yet


class Ends:
    """Written by the consumer's thread, read by the loop: a deque's ends are safe for that."""

    def __init__(self) -> None:
        self._answered_ms: dict[Source, int] = {}
        self._facts: dict[Source, deque[tuple[int, int]]] = {}
        self._complete_ms: dict[Source, int] = {}

    def saw(self, source: Source, end: int, at_ms: int) -> None:
        """Note an answer of `at_ms`: the log ends at `end`, open transactions included."""
        before_ms = self._answered_ms.get(source, at_ms)
        self._answered_ms[source] = at_ms
        facts = self._facts.setdefault(source, deque())
        if before_ms != at_ms and len(facts) < FACTS_MAX:
            facts.append((end, before_ms))

    def complete_ms(self, cursors: Iterable[tuple[Source, int]]) -> int:
        """Unix ms up to which all of these partitions are processed, given their cursors; 0 when it is not known."""
        return min((self._of(source, cursor) for source, cursor in cursors), default=0)

    def _of(self, source: Source, cursor: int) -> int:
        facts = self._facts.get(source, deque())
        while facts and facts[0][0] <= cursor:
            self._complete_ms[source] = facts.popleft()[1]
        return self._complete_ms.get(source, 0)

    def forget(self) -> None:
        """Drop everything: after a rebalance, and when cursors move back."""
        self._answered_ms.clear()
        self._facts.clear()
        self._complete_ms.clear()
