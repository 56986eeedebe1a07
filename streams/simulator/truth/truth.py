"""The oracle: what the clean topics have to hold in the end, whatever happened on the way.

Order of delivery does not matter to it: of each key the newest version counts, by (`updated_at`, creation). The world
keeps that unambiguous: two events of one owner are never created within the same step of a message id's time.
"""

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

from streams.events import resources, topics
from streams.simulator.truth import facts, rivals
from streams.simulator.truth.fact import Fact, Key
from streams.simulator.truth.records import NEVER, STATE, WHOLE, Records
from streams.simulator.truth.report import Report
from streams.simulator.world.workout_streams import streams_of
from streams.simulator.world.world import Event, World

Clean = tuple[str, bytes, Mapping[str, Any] | None]  # short topic name, key, decoded record (None: a tombstone)


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
        return cls.of(chain(world.events(), fetched(world)))

    def add(self, event: Event) -> None:
        for fact in facts.of_event(event):
            known = self.newest.get(fact.key)
            if known is None or fact.version >= known.version:
                self.newest[fact.key] = fact

    def compare(self, clean: Iterable[Clean]) -> Report:
        """`clean`: all committed records; those of one key in the order of their topic."""
        records = Records(Report(checked=len(self.newest)))
        for topic, key, record in clean:
            if record is not None:
                records.follow(topic, key, record)
        report = records.report
        for key_, fact in self.newest.items():
            found = records.last.get(key_, NEVER)
            if found is NEVER:
                report.note("lost", key_)
            elif found != fact.content:
                report.note("wrong", key_)
        for key_ in records.last.keys() - self.newest.keys():
            if key_[0] not in STATE or key_[-1] != WHOLE:
                report.note("unexpected", key_)
        self._compare_preference(records)
        return report

    def _compare_preference(self, records: "Records") -> None:
        """Of each span the best source is to be taken, by the flags, or by `preferences` where it has several."""
        report, spans = records.report, rivals.spans(fact.rival for fact in self.newest.values() if fact.rival)
        bests = {span: rivals.best(makers) for span, makers in spans.items()}
        for key, fact in self.newest.items():
            if fact.rival is None:
                expected, found = None, records.flags.get(key)
            else:
                span, maker = fact.rival
                taken = records.preferences.get(span)
                expected, found = maker == bests[span], records.flags.get(key) if taken is None else maker == taken[0]
            if key in records.last and found != expected and key[0] in resources.RESOURCES:
                report.note("wrong", ("preferred", *key))
        of_samples = {span: makers for span, makers in spans.items() if rivals.is_hour(span) and len(makers) > 1}
        report.checked += len(of_samples)
        for span, makers in of_samples.items():
            if records.preferences.get(span) != (bests[span], makers - {bests[span]}):
                report.note("wrong" if span in records.preferences else "lost", (topics.PREFERENCES, *span))
        for span in records.preferences.keys() - of_samples.keys():
            report.note("unexpected", (topics.PREFERENCES, *span))


def fetched(world: World) -> Iterable[Event]:
    """What a world says to who asks, beside its events."""
    return chain(world.history(), streams_of(world))
