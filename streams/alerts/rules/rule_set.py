"""The rules of one file that are enabled, grouped as they are evaluated: by topic, and by series of numbers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from streams.alerts.rules.rule import CLOCKS_US, Rule, RuleKind


class SeriesRules(NamedTuple):
    """Rules about the same numbers, which share one window of marks.

    `keep_us`: for how long a mark may be needed. `learns`: whether a rule needs the baseline.
    """

    name: str
    field: str
    type: str
    rules: tuple[Rule, ...]
    max_age_us: int
    keep_us: int
    learns: bool

    @classmethod
    def of(cls, rules: tuple[Rule, ...]) -> "SeriesRules":
        """From rules about the same numbers."""
        name, kind = rules[0].field, rules[0].type
        max_age_us = max(rule.max_age_us for rule in rules)
        keep_us = max(rule.max_age_us + rule.change_within_us for rule in rules) + 2 * CLOCKS_US
        learns = any(rule.kind is RuleKind.DEVIATION for rule in rules)
        return cls(f"{name}:{kind}" if kind else name, name, kind, rules, max_age_us, keep_us, learns)


class TopicRules(NamedTuple):
    """The rules of one topic, grouped as they are evaluated."""

    series: tuple[SeriesRules, ...] = ()
    events: tuple[Rule, ...] = ()
    silences: tuple[Rule, ...] = ()

    @property
    def max_age_us(self) -> int:
        """Older data say nothing to a rule about numbers or events."""
        return max([one.max_age_us for one in self.series] + [one.max_age_us for one in self.events], default=0)


@dataclass(frozen=True)
class RuleSet:
    """The enabled rules of one file."""

    by_name: dict[str, Rule] = field(default_factory=dict)
    by_topic: dict[str, TopicRules] = field(default_factory=dict)
    needs_zone: bool = False

    @classmethod
    def of(cls, rules: Iterable[Rule]) -> "RuleSet":
        by_name = {rule.name: rule for rule in rules if rule.is_enabled}
        names = {rule.topic for rule in by_name.values()}
        by_topic = {name: _topic([rule for rule in by_name.values() if rule.topic == name]) for name in names}
        return cls(by_name, by_topic, any(rule.quiet for rule in by_name.values()))

    def __bool__(self) -> bool:
        return bool(self.by_name)


def _topic(rules: Sequence[Rule]) -> TopicRules:
    series: dict[tuple[str, str], tuple[Rule, ...]] = {}
    for rule in rules:
        if rule.field:
            series[rule.field, rule.type] = (*series.get((rule.field, rule.type), ()), rule)
    return TopicRules(
        tuple(map(SeriesRules.of, series.values())),
        tuple(rule for rule in rules if rule.kind is RuleKind.EVENT),
        tuple(rule for rule in rules if rule.kind is RuleKind.SILENCE),
    )


NO_RULES = RuleSet()
