"""Alerts on data: rules look at what the other folds emit, in the same transaction. Users' own bounds are a topic."""

from collections.abc import Callable
from functools import partial
from typing import Any

from streams.alerts.evaluation import RuleEvaluator, attempt
from streams.alerts.lives import threshold
from streams.alerts.rules import NO_RULES, RuleSet
from streams.events import Record, key_of, topics
from streams.kafka.codec import Codec
from streams.tables import Draft, Fold, Observation

NewRules = Callable[[], RuleSet | None]  # rules that have changed since it was last asked, None for no change


def unchanging() -> None:
    """No rules file."""


class Alerts:
    """One for a worker. Costs a comparison a record while there are no rules."""

    def __init__(self, codec: Codec, prefix: str, rules: RuleSet = NO_RULES, new_rules: NewRules = unchanging) -> None:
        self._codec = codec
        self._topic = f"{prefix}.{topics.ALERTS}"
        self._new_rules = new_rules
        self._evaluator = RuleEvaluator(self._emit, rules)

    def _emit(self, draft: Draft, user_id: str, rule: str, record: dict[str, Any]) -> None:
        draft.emit(self._topic, key_of(user_id, rule), self._codec.encode(topics.ALERTS, record))

    def with_rules(self, fold: Fold) -> Fold:
        """The fold, with the rules behind it."""
        evaluator = self._evaluator

        def fold_and_evaluate(record: Record, draft: Draft) -> None:
            if not evaluator.rules:
                fold(record, draft)
                return
            observations: list[Observation] = []
            draft.observations = observations
            try:
                fold(record, draft)
            finally:
                draft.observations = None
            for observation in observations:
                attempt(draft, partial(evaluator.evaluate, draft, observation))

        return fold_and_evaluate

    def fold_threshold(self, record: Record, draft: Draft) -> None:
        """`junction.alert_thresholds`: bounds and time zones of single users."""
        given, is_given = threshold.decode(record.key, record.value)
        if given.rule:
            self._evaluator.set_bounds(draft, given.user_id, given.rule, given.personal if is_given else None)
        else:
            self._evaluator.set_time_zone(draft, given.user_id, given.time_zone)

    def punctuate(self, draft: Draft) -> None:
        """Timers; and the rules, where their file has changed."""
        changed = self._new_rules()
        if changed is not None:
            self._evaluator.replace_rules(changed)
        self._evaluator.punctuate(draft)
