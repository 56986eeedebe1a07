"""Rules evaluated in memory, on records in the order in which Junction made them: which alerts would have opened.

As if each message had arrived when it was made: outages of ours, and replays, are no part of the question.
"""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, NamedTuple

from streams.alerts.episodes import Resolution
from streams.alerts.evaluation import RuleEvaluator, attempt
from streams.alerts.evaluation.evaluator import FIRED_MAX, SKIPPED
from streams.alerts.lives import GRACE_MS, Life, PersonalBounds, timers
from streams.alerts.lives.timers import TABLE
from streams.alerts.rules import RuleSet
from streams.alerts.trial.replay import TimedRecord
from streams.tables import Draft
from streams.tables.overlay import Rows


class FiredAlert(NamedTuple):
    """An alert that would have opened. Times in µs since 1970, UTC; `ended_us` is None for one that would be open."""

    id: str
    rule: str
    severity: str
    user_id: str
    subject: str
    opened_us: int
    ended_us: int | None
    resolution: str | None
    steps: int

    @property
    def is_taken_back(self) -> bool:
        return self.resolution == Resolution.CORRECTED


class Trial:
    """Feed it records sorted by `at_ms`, then ask. `bounds`: users' own, by user and rule.

    `skipped`: what was not judged, by the reason for which a worker counts it, from `since_ms` on.
    """

    def __init__(
        self,
        rules: RuleSet,
        bounds: Mapping[tuple[str, str], PersonalBounds],
        zones: Mapping[str, str],
        since_ms: int = 0,
    ) -> None:
        self.skipped: Counter[str] = Counter()
        self._since_ms = since_ms
        self._evaluator = RuleEvaluator(self._emit, rules)
        self._table: dict[bytes, bytes] = {}
        self._armed: list[bytes] = []  # keys of timers, sorted
        self._alerts: dict[str, list[dict[str, Any]]] = {}
        for (user_id, rule), personal in bounds.items():
            self._transact(0, partial(self._evaluator.set_bounds, user_id=user_id, rule=rule, bounds=personal))
        for user_id, zone in zones.items():
            self._transact(0, partial(self._evaluator.set_time_zone, user_id=user_id, zone=zone))

    def feed(self, records: Iterable[TimedRecord]) -> None:
        """Evaluate them, each at its time."""
        for at_ms, topic, record in records:
            self.wait(at_ms)
            self._transact(at_ms, partial(self._evaluator.evaluate_record, topic=topic, record=dict(record)))

    def wait(self, until_ms: int) -> None:
        """Time passes: timers fire when they are due, each at its own time."""
        while self._armed and (due_ms := timers.due_ms(self._armed[0]) + GRACE_MS + 1) <= until_ms:
            self._transact(due_ms, self._evaluator.punctuate)

    def fired(self) -> list[FiredAlert]:
        """All that would have opened, in the order of opening."""
        return sorted(map(_fired, self._alerts.values()), key=lambda one: (one.opened_us, one.rule, one.id))

    def _transact(self, at_ms: int, call: Callable[[Draft], None]) -> None:
        draft = Draft(lambda table, key: self._table.get(key), 0, at_ms, self._scan)
        draft.complete_ms = at_ms
        attempt(draft, partial(call, draft))
        if at_ms >= self._since_ms:
            self.skipped.update({name[1]: n for name, n in draft.counts.items() if name[0] == SKIPPED})
        for key, value in draft.tables.get(TABLE, {}).items():
            self._write(key, value)

    def _write(self, key: bytes, value: bytes | None) -> None:
        if timers.is_timer(key):
            place = bisect_left(self._armed, key)
            is_there = place < len(self._armed) and self._armed[place] == key
            if is_there and value is None:
                del self._armed[place]
            elif not is_there and value is not None:
                insort(self._armed, key)
        if value is None:
            self._table.pop(key, None)
        else:
            self._table[key] = value

    def _scan(self, table: str, start: bytes, stop: bytes) -> Rows:
        """Only timers are ever scanned."""
        first, last = bisect_left(self._armed, start), bisect_left(self._armed, stop)
        return iter([(key, self._table[key]) for key in self._armed[first : min(last, first + FIRED_MAX)]])

    def _emit(self, draft: Draft, user_id: str, rule: str, record: dict[str, Any]) -> None:
        self._alerts.setdefault(record["id"], []).append(record)


def _fired(steps: list[dict[str, Any]]) -> FiredAlert:
    last = steps[-1]
    is_over = last["life"] == Life.RESOLVED
    return FiredAlert(
        last["id"], last["rule"], last["severity"], last["user_id"], last["subject"], last["opened_at"],
        last["resolved_at"] if is_over else None, str(last["resolution"]) if is_over else None, len(steps),
    )  # fmt: skip
