"""A rule, ready to be applied: numbers in the units of its series, times in µs. `rulefile` makes them from text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from hashlib import blake2b
from typing import Any, NamedTuple

from streams.payloads.values import to_json

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US
CLOCKS_US = 15 * MINUTE_US  # records do not come exactly in the order of their arrival at the doors


class Kind(StrEnum):
    THRESHOLD = "threshold"
    RATE = "rate"
    DEVIATION = "deviation"
    EVENT = "event"
    SILENCE = "silence"


class Severity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of the user's day in which nobody is woken: minutes since local midnight; may cross it."""

    from_min: int
    to_min: int


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. What a kind does not use stays at its default.

    `topic`: short name of the clean topic; `field`: of the numbers in it. `side`: +1 above, -1 below.
    `bound` opens and `clear` calms: a value (threshold), a change (rate), a number of standard deviations (deviation).
    """

    name: str
    kind: Kind
    topic: str
    field: str = ""
    unit: str = ""
    severity: Severity = Severity.WARNING
    summary: str = ""
    link: str = ""
    has_values: bool = False
    is_enabled: bool = True
    max_age_us: int = HOUR_US
    cooldown_us: int = 0
    resolve_after_us: int = 0  # without a value beyond; 0: never by time
    remind_us: int = 0  # an update for each such time that it goes on; 0: none
    quiet: Quiet | None = None
    # threshold, rate, deviation
    type: str = ""  # only samples of this type
    side: int = 1
    bound: float = 0.0
    clear: float = 0.0
    samples: int = 1
    within_us: int = 0
    lasting_us: int = 0
    clear_samples: int = 1
    change_within_us: int = 0  # rate: how far back the change is looked for
    days: int = 0  # deviation: length of the baseline
    days_min: int = 0
    # event
    where: tuple[tuple[str, frozenset[Any]], ...] = ()
    # silence
    longer_us: int = 0  # fixed; of a learned one the least
    factor: float = 0.0  # learned: times the usual gap; 0: fixed

    @property
    def mark(self) -> int:
        """What tells two ways of judging apart, 64 bits. Words, severity and quiet hours may change without it."""
        judging = [
            self.kind, self.topic, self.field, self.unit, self.max_age_us, self.cooldown_us, self.resolve_after_us,
            self.side, self.bound, self.clear, self.samples, self.within_us, self.lasting_us, self.clear_samples,
            self.change_within_us, self.type, self.days, self.days_min, self.longer_us, self.factor,
            [[name, sorted(map(str, values))] for name, values in self.where],
        ]  # fmt: skip
        return int.from_bytes(blake2b(to_json(judging), digest_size=8).digest(), "big") >> 1

    def personal(self, bound: float | None, clear: float | None) -> "Rule":
        """The rule with a user's own bounds. The calm one moves along unless it is given, too."""
        if bound is None:
            return self if clear is None else replace(self, clear=clear)
        moved = self.clear + (bound - self.bound) if clear is None else clear
        return replace(self, bound=bound, clear=moved)


class Series(NamedTuple):
    """The numbers that some rules share: one window of marks serves them all.

    `keep_us`: how long a rule may look back at a mark. `learns`: a rule needs the baseline.
    """

    name: str
    field: str
    type: str
    rules: tuple[Rule, ...]
    max_age_us: int
    keep_us: int
    learns: bool

    @classmethod
    def of(cls, rules: tuple[Rule, ...]) -> "Series":
        """Of rules that look at the same numbers."""
        name, kind = rules[0].field, rules[0].type
        max_age_us = max(rule.max_age_us for rule in rules)
        keep_us = max(rule.max_age_us + rule.change_within_us for rule in rules) + 2 * CLOCKS_US
        learns = any(rule.kind is Kind.DEVIATION for rule in rules)
        return cls(f"{name}:{kind}" if kind else name, name, kind, rules, max_age_us, keep_us, learns)


class Topic(NamedTuple):
    """The rules of one topic, as they are applied."""

    series: tuple[Series, ...] = ()
    events: tuple[Rule, ...] = ()
    silences: tuple[Rule, ...] = ()


@dataclass(frozen=True)
class Rules:
    """The rules of one file that are switched on, found by topic. An empty one watches nothing."""

    by_name: dict[str, Rule] = field(default_factory=dict)
    by_topic: dict[str, Topic] = field(default_factory=dict)
    needs_zone: bool = False

    @classmethod
    def of(cls, rules: Iterable[Rule]) -> "Rules":
        by_name = {rule.name: rule for rule in rules if rule.is_enabled}
        names = {rule.topic for rule in by_name.values()}
        by_topic = {name: _topic([rule for rule in by_name.values() if rule.topic == name]) for name in names}
        return cls(by_name, by_topic, any(rule.quiet for rule in by_name.values()))

    def __bool__(self) -> bool:
        return bool(self.by_name)


def _topic(rules: Sequence[Rule]) -> Topic:
    series: dict[tuple[str, str], tuple[Rule, ...]] = {}
    for rule in rules:
        if rule.field:
            series[rule.field, rule.type] = (*series.get((rule.field, rule.type), ()), rule)
    return Topic(
        tuple(map(Series.of, series.values())),
        tuple(rule for rule in rules if rule.kind is Kind.EVENT),
        tuple(rule for rule in rules if rule.kind is Kind.SILENCE),
    )


NO_RULES = Rules()
