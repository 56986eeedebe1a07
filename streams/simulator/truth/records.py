"""What the clean records say last of each key."""

from collections.abc import Mapping
from typing import Any

from streams.events import topics
from streams.simulator.truth import facts, rivals
from streams.simulator.truth.fact import Key
from streams.simulator.truth.report import Report

STATE = frozenset({topics.CONNECTIONS, topics.BACKFILLS, topics.DEVICES, topics.PREFERENCES})
NEVER: Any = object()
WHOLE = "record"  # last part of the key of a state record as a whole


class Records:
    """What the clean records say last of each key. `preferences`: of each span (whom to take, the others)."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.last: dict[Key, Any] = {}
        self.flags: dict[Key, bool | None] = {}
        self.preferences: dict[tuple[Any, ...], tuple[rivals.Maker, set[rivals.Maker]]] = {}

    def follow(self, topic: str, key: bytes, record: Mapping[str, Any]) -> None:
        """Remember what a record says; a state topic's record is compared with the one before it as a whole."""
        try:
            found = list(facts.of_record(topic, key, record))
            if topic == topics.PREFERENCES:
                others = {(other["provider"], other["type"]) for other in record["others"]}
                self.preferences[rivals.hour_of_record(record)] = (record["provider"], record["type"]), others
        except facts.UNREADABLE:  # a clean record that we cannot read is an error of the product, not of the comparison
            self.report.note("wrong", (topic, key.decode("utf-8", "replace")))
            return
        for fact in found:
            before = (self.last.get(fact.key, NEVER), self.flags.get(fact.key))
            # A sample's flag is its record's: only that of a summary is a reason to say it again.
            is_again = before == (fact.content, fact.preferred) or ("times" in record and before[0] == fact.content)
            if topic not in STATE and is_again:
                self.report.note("repeated", fact.key)
            self.last[fact.key], self.flags[fact.key] = fact.content, fact.preferred
        if topic in STATE:
            self._follow_state(topic, key, record)

    def _follow_state(self, topic: str, key: bytes, record: Mapping[str, Any]) -> None:
        whole = {name: value for name, value in record.items() if name not in ("processed_at", "delivery")}
        state: Key = (topic, key.decode(), WHOLE)
        if self.last.get(state, NEVER) == whole:
            self.report.note("repeated", state)
        self.last[state] = whole
