"""Compiles a rule: from its spec to values in our units. All that makes no sense is collected as problems."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from streams.alerts.rules import fields
from streams.alerts.rules.numeric_compiler import compile_deviation, compile_rate, compile_threshold
from streams.alerts.rules.problems import RuleProblems
from streams.alerts.rules.rule import Rule, RuleKind
from streams.alerts.rules.specs import (
    DeviationSpec,
    EventSpec,
    RateSpec,
    RuleSpec,
    SilenceSpec,
    ThresholdSpec,
)
from streams.events import DAY_US, HOUR_US, resources
from streams.ops.file_problems import suggestion

# (age at which data are too old to alert, time without anything beyond after which an alert is over)
_OF_SERIES, _OF_SUMMARY, _OF_EVENT = (2 * HOUR_US, 6 * HOUR_US), (36 * HOUR_US, 3 * DAY_US), (DAY_US, DAY_US)


def compile_rule(spec: RuleSpec, problems: RuleProblems) -> Rule | None:
    """The rule; None if anything is wrong, which is then in `problems`."""
    step: Callable[[Any, RuleProblems, Rule], Rule] = _COMPILERS[type(spec)]
    topic = resources.normalise(spec.resource)
    if topic not in _TOPICS[type(spec)]:
        problems.add("resource", f"no resource {spec.resource!r} here", suggestion(spec.resource, _TOPICS[type(spec)]))
        return None
    rule = step(spec, problems, _common(spec, topic))
    return None if problems.found else rule


def _common(spec: RuleSpec, topic: str) -> Rule:
    kind = RuleKind(spec.kind)  # type: ignore[attr-defined]  # because every kind of spec has it
    is_event = kind in (RuleKind.EVENT, RuleKind.SILENCE)
    age, over = _OF_EVENT if is_event else _OF_SERIES if fields.is_series(topic) else _OF_SUMMARY
    if topic in fields.STATES or kind is RuleKind.SILENCE:
        over = 0  # a state lasts until another one is reported
    return Rule(
        name=spec.name,
        kind=kind,
        topic=topic,
        severity=spec.severity,
        summary=spec.summary or spec.name,
        link=spec.link,
        has_values=spec.values,
        is_enabled=spec.enabled,
        max_age_us=age if spec.max_age is None else spec.max_age,
        cooldown_us=spec.cooldown,
        resolve_after_us=over if spec.resolve_after is None else spec.resolve_after,
        remind_us=spec.remind,
        quiet=spec.quiet,
    )


def compile_event(spec: EventSpec, problems: RuleProblems, rule: Rule) -> Rule:
    known = fields.words(rule.topic)
    for name in spec.where.keys() - known:
        problems.add(f"where.{name}", f"{rule.topic} has no text or flag {name!r}", suggestion(name, known))
    if not spec.where and not fields.is_series(rule.topic):
        problems.add("kind", "where is missing", 'say which ones: where = { status = "error" }')
    return replace(rule, where=tuple(sorted(_conditions(spec.where))))


def _conditions(where: dict[str, Any]) -> Iterator[tuple[str, frozenset[Any]]]:
    for name, value in where.items():
        yield name, frozenset(value if isinstance(value, list) else [value])


def compile_silence(spec: SilenceSpec, problems: RuleProblems, rule: Rule) -> Rule:
    if spec.learned:
        if spec.longer_than is not None:
            problems.add(
                "longer_than", "learned and fixed at once", "write at_least for the least of a learned silence"
            )
        return replace(rule, longer_us=spec.at_least or HOUR_US, factor=spec.factor)
    if spec.longer_than is None:
        problems.add("kind", "needs longer_than or learned", 'write longer_than = "6h", or learned = true')
    if spec.at_least is not None:
        problems.add("at_least", "goes with learned = true")
    return replace(rule, longer_us=spec.longer_than or HOUR_US)


_COMPILERS: dict[type[RuleSpec], Any] = {
    ThresholdSpec: compile_threshold,
    RateSpec: compile_rate,
    DeviationSpec: compile_deviation,
    EventSpec: compile_event,
    SilenceSpec: compile_silence,
}
_NUMERIC = frozenset(name for name in resources.RESOURCES if fields.numbers(name))
_TOPICS: dict[type[RuleSpec], frozenset[str]] = {
    ThresholdSpec: _NUMERIC,
    RateSpec: _NUMERIC,
    DeviationSpec: _NUMERIC,
    EventSpec: fields.EVENT_TOPICS,
    SilenceSpec: frozenset(resources.RESOURCES),
}
