"""The oracle: what the clean topics have to hold in the end, whatever happened on the way.

Order of delivery does not matter to it: of each key the newest version counts, by (`updated_at`, creation). The world
keeps that unambiguous: two events of one owner are never created within the same step of a message id's time.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from streams.events import resources, topics
from streams.simulator.truth import facts, rivals
from streams.simulator.truth.facts import Fact, Key
from streams.simulator.world.workout_streams import streams_of
from streams.simulator.world.world import Event, World

EXAMPLES_MAX = 10
Clean = tuple[str, bytes, Mapping[str, Any] | None]  # short topic name, key, decoded record (None: a tombstone)
_STATE = frozenset({topics.CONNECTIONS, topics.BACKFILLS, topics.DEVICES, topics.PREFERENCES})
_NEVER: Any = object()
_WHOLE = "record"  # last part of the key of a state record as a whole


@dataclass(slots=True)
class Report:
    """Counts of facts: a summary, a sample, a side of a connection, a backfill, a lab order, a row of a query is one.
    So is the source to take in an hour that has several.

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
        return cls.of(chain(world.events(), fetched(world)))

    def add(self, event: Event) -> None:
        for fact in facts.of_event(event):
            known = self.newest.get(fact.key)
            if known is None or fact.version >= known.version:
                self.newest[fact.key] = fact

    def compare(self, clean: Iterable[Clean]) -> Report:
        """`clean`: all committed records; those of one key in the order of their topic."""
        said = _Said(Report(checked=len(self.newest)))
        for topic, key, record in clean:
            if record is not None:
                said.follow(topic, key, record)
        report = said.report
        for key_, fact in self.newest.items():
            found = said.last.get(key_, _NEVER)
            if found is _NEVER:
                report.note("lost", key_)
            elif found != fact.content:
                report.note("wrong", key_)
        for key_ in said.last.keys() - self.newest.keys():
            if key_[0] not in _STATE or key_[-1] != _WHOLE:
                report.note("unexpected", key_)
        self._compare_preference(said)
        return report

    def _compare_preference(self, said: "_Said") -> None:
        """Of each span the best source is to be taken, by the flags, or by `preferences` where it has several."""
        report, spans = said.report, rivals.spans(fact.rival for fact in self.newest.values() if fact.rival)
        bests = {span: rivals.best(makers) for span, makers in spans.items()}
        for key, fact in self.newest.items():
            if fact.rival is None:
                expected, found = None, said.flags.get(key)
            else:
                span, maker = fact.rival
                told = said.told.get(span)
                expected, found = maker == bests[span], said.flags.get(key) if told is None else maker == told[0]
            if key in said.last and found != expected and key[0] in resources.RESOURCES:
                report.note("wrong", ("preferred", *key))
        of_samples = {span: makers for span, makers in spans.items() if rivals.is_hour(span) and len(makers) > 1}
        report.checked += len(of_samples)
        for span, makers in of_samples.items():
            if said.told.get(span) != (bests[span], makers - {bests[span]}):
                report.note("wrong" if span in said.told else "lost", (topics.PREFERENCES, *span))
        for span in said.told.keys() - of_samples.keys():
            report.note("unexpected", (topics.PREFERENCES, *span))


def fetched(world: World) -> Iterable[Event]:
    """What a world says to who asks, beside its events."""
    return chain(world.history(), streams_of(world))


class _Said:
    """What the clean records say last of each key. `told`: of each span (whom to take, the others)."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.last: dict[Key, Any] = {}
        self.flags: dict[Key, bool | None] = {}
        self.told: dict[tuple[Any, ...], tuple[rivals.Maker, set[rivals.Maker]]] = {}

    def follow(self, topic: str, key: bytes, record: Mapping[str, Any]) -> None:
        """Remember what a record says; a state topic's record is compared with the one before it as a whole."""
        try:
            said = list(facts.of_record(topic, key, record))
            if topic == topics.PREFERENCES:
                others = {(other["provider"], other["type"]) for other in record["others"]}
                self.told[rivals.hour_told(record)] = (record["provider"], record["type"]), others
        except facts.UNREADABLE:  # a clean record that we cannot read is an error of the product, not of the comparison
            self.report.note("wrong", (topic, key.decode("utf-8", "replace")))
            return
        for fact in said:
            before = (self.last.get(fact.key, _NEVER), self.flags.get(fact.key))
            # A sample's flag is its record's: only that of a summary is a reason to say it again.
            is_again = before == (fact.content, fact.preferred) or ("times" in record and before[0] == fact.content)
            if topic not in _STATE and is_again:
                self.report.note("repeated", fact.key)
            self.last[fact.key], self.flags[fact.key] = fact.content, fact.preferred
        if topic in _STATE:
            self._follow_state(topic, key, record)

    def _follow_state(self, topic: str, key: bytes, record: Mapping[str, Any]) -> None:
        whole = {name: value for name, value in record.items() if name not in ("processed_at", "delivery")}
        state: Key = (topic, key.decode(), _WHOLE)
        if self.last.get(state, _NEVER) == whole:
            self.report.note("repeated", state)
        self.last[state] = whole
