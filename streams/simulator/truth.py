"""The oracle: what the clean topics have to hold in the end, whatever happened on the way.

Order of delivery does not matter to it: of each key the newest version counts, by (`updated_at`, creation). The world
keeps that unambiguous: two events of one owner are never created within the same step of a message id's time.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from streams import topics
from streams.simulator import facts
from streams.simulator.facts import Fact, Key
from streams.simulator.tracks import streams_of
from streams.simulator.world import Event, World

EXAMPLES_MAX = 10
Clean = tuple[str, bytes, Mapping[str, Any] | None]  # short topic name, key, decoded record (None: a tombstone)
_STATE = frozenset({topics.CONNECTIONS, topics.BACKFILLS, topics.DEVICES})
_NEVER: Any = object()
_WHOLE = "record"  # last part of the key of a state record as a whole


@dataclass(slots=True)
class Report:
    """Counts of facts: a summary, a sample, a side of a connection, a backfill, a lab order, a row of a query is one.

    lost: in no record. wrong: the last record says something else. repeated: said again, unchanged, right after.
    unexpected: nobody sent it. `examples` name keys, never values.
    """

    lost: int = 0
    repeated: int = 0
    wrong: int = 0
    unexpected: int = 0
    checked: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def is_right(self) -> bool:
        return not (self.lost or self.repeated or self.wrong or self.unexpected)

    def note(self, problem: str, key: Key) -> None:
        """Count one problem, and show the first few."""
        setattr(self, problem, getattr(self, problem) + 1)
        if len(self.examples) < EXAMPLES_MAX:
            self.examples.append(f"{problem}: {' '.join(map(str, key))}")


class Truth:
    """Give it every event once, in any order; then compare. `newest`: of each key the fact that counts."""

    def __init__(self) -> None:
        self.newest: dict[Key, Fact] = {}

    @classmethod
    def of(cls, events: Iterable[Event]) -> "Truth":
        truth = cls()
        for event in events:
            truth.add(event)
        return truth

    @classmethod
    def of_world(cls, world: World) -> "Truth":
        """Of a world whose history has been fetched, streams of workouts included."""
        return cls.of(chain(world.events(), world.history(), streams_of(world)))

    def add(self, event: Event) -> None:
        for fact in facts.of_event(event):
            known = self.newest.get(fact.key)
            if known is None or fact.version >= known.version:
                self.newest[fact.key] = fact

    def compare(self, clean: Iterable[Clean]) -> Report:
        """`clean`: all committed records; those of one key in the order of their topic."""
        report, last = Report(checked=len(self.newest)), dict[Key, Any]()
        for topic, key, record in clean:
            if record is not None:
                self._follow(report, last, topic, key, record)
        for key_, fact in self.newest.items():
            said = last.get(key_, _NEVER)
            if said is _NEVER:
                report.note("lost", key_)
            elif said != fact.content:
                report.note("wrong", key_)
        for key_ in last.keys() - self.newest.keys():
            if key_[0] not in _STATE or key_[-1] != _WHOLE:
                report.note("unexpected", key_)
        return report

    def _follow(self, report: Report, last: dict[Key, Any], topic: str, key: bytes, record: Mapping[str, Any]) -> None:
        """Remember what a record says; a state topic's record is compared with the one before it as a whole."""
        try:
            said = list(facts.of_record(topic, key, record))
        except facts.UNREADABLE:  # a clean record that we cannot read is an error of the product, not of the comparison
            report.note("wrong", (topic, key.decode("utf-8", "replace")))
            return
        for fact in said:
            if topic not in _STATE and last.get(fact.key, _NEVER) == fact.content:
                report.note("repeated", fact.key)
            last[fact.key] = fact.content
        if topic in _STATE:
            whole = {name: value for name, value in record.items() if name not in ("processed_at", "delivery")}
            state: Key = (topic, key.decode(), _WHOLE)
            if last.get(state, _NEVER) == whole:
                report.note("repeated", state)
            last[state] = whole
