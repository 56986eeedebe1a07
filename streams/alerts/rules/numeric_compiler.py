"""Compiles rules about numbers: thresholds, rates and deviations, with bounds in the unit of the field."""

from dataclasses import replace
from typing import Any

from streams.alerts.rules import fields
from streams.alerts.rules.literals import Quantity, in_our_unit
from streams.alerts.rules.problems import RuleProblems
from streams.alerts.rules.rule import Rule
from streams.alerts.rules.specs import DeviationSpec, NumericRuleSpec, RateSpec, ThresholdSpec
from streams.events import resources
from streams.ops.file_problems import suggestion


def _compile_series(spec: NumericRuleSpec, problems: RuleProblems, rule: Rule) -> Rule:
    """With the field, its unit, and how many samples make the rule true."""
    known = fields.numbers(rule.topic)
    name = spec.field or (fields.VALUE if fields.VALUE in known else "")
    if not name:
        problems.add("resource", f"{rule.topic} has several numbers", f"say which: field = one of {', '.join(known)}")
        return rule
    if name not in known:
        problems.add("field", f"{rule.topic} has no number {name!r}", suggestion(name, known))
        return rule
    if spec.samples > 1 and spec.lasting:
        problems.add("lasting", "samples and lasting at once", "one of the two says when it is true")
    if spec.samples > 1 and not spec.within:
        problems.add("samples", "within which time?", 'add within = "15m", or another duration')
    if spec.samples == 1 and spec.within:
        problems.add("within", "of one sample", "add samples = 2, or leave it out")
    has_types = "type" in getattr(resources.get(rule.topic), "key_extra", ())
    if has_types and not spec.type:
        problems.add("resource", f"samples of {rule.topic} are of several types", "say which: type = the one you mean")
    if spec.type and not fields.is_series(rule.topic):
        problems.add("type", "goes with timeseries only")
    return replace(
        rule, field=name, unit=known[name], type=spec.type, samples=spec.samples, within_us=spec.within,
        lasting_us=spec.lasting, clear_samples=spec.clear_samples,
    )  # fmt: skip


def _amount(given: Quantity, key: str, problems: RuleProblems, rule: Rule) -> float:
    if given.unit == rule.unit:
        return given.number
    if not rule.unit:
        problems.add(key, f"{rule.topic}.{rule.field} has no unit", f"write {key} = {given.number:g}")
    elif not given.unit:
        problems.add(key, "no unit", f'write {key} = "{given.number:g} {rule.unit}"')
    else:
        ours = in_our_unit(rule.topic, given)
        is_so = "" if ours is None else f"; {given.number:g} {given.unit} is {ours:g} {rule.unit}"
        problems.add(key, f"{rule.topic} is in {rule.unit}, not in {given.unit}", f"write it in {rule.unit}{is_so}")
    return given.number


def _one_of(problems: RuleProblems, **given: Any) -> tuple[str, Any] | None:
    """(key, value) of the one that is given; None, and a problem, for none or several."""
    there = {key: value for key, value in given.items() if value is not None}
    if len(there) == 1:
        return next(iter(there.items()))
    names = " or ".join(given)
    problems.add(list(there)[-1] if there else "kind", f"needs one of {names}" if not there else f"{names}, not both")
    return None


def compile_threshold(spec: ThresholdSpec, problems: RuleProblems, rule: Rule) -> Rule:
    rule = _compile_series(spec, problems, rule)
    one = _one_of(problems, above=spec.above, below=spec.below)
    if not rule.field or one is None:
        return rule
    key, given = one
    side = 1 if key == "above" else -1
    calm_key, wrong_key = ("clear_below", "clear_above") if side > 0 else ("clear_above", "clear_below")
    if getattr(spec, wrong_key) is not None:
        problems.add(wrong_key, f"does not go with {key}", f"write {calm_key}")
    bound = _amount(given, key, problems, rule)
    calm_given = getattr(spec, calm_key)
    calm = bound if calm_given is None else _amount(calm_given, calm_key, problems, rule)
    if not problems.found and side * calm > side * bound:
        problems.add(calm_key, f"lies on the wrong side of {key}", "calm has to begin at the bound or behind it")
    return replace(rule, side=side, bound=bound, clear=calm)


def compile_rate(spec: RateSpec, problems: RuleProblems, rule: Rule) -> Rule:
    rule = _compile_series(spec, problems, rule)
    one = _one_of(problems, rises=spec.rises, falls=spec.falls)
    if not rule.field or one is None:
        return rule
    key, given = one
    change = _amount(given, key, problems, rule)
    calm = change if spec.clear is None else _amount(spec.clear, "clear", problems, rule)
    if change <= 0:
        problems.add(key, "no change at all", f"{key} is the size of the change, above 0")
    if calm > change:
        problems.add("clear", f"more than {key}", f"calm is a change of at most {key}")
    side = 1 if key == "rises" else -1
    return replace(rule, side=side, bound=change, clear=calm, change_within_us=spec.change_within)


def compile_deviation(spec: DeviationSpec, problems: RuleProblems, rule: Rule) -> Rule:
    rule = _compile_series(spec, problems, rule)
    one = _one_of(problems, above_sd=spec.above_sd, below_sd=spec.below_sd)
    if one is None:
        return rule
    key, bound = one
    calm = bound if spec.clear_sd is None else spec.clear_sd
    if calm > bound:
        problems.add("clear_sd", f"more than {key}", f"calm is at most {key} standard deviations")
    if spec.days_min > spec.days:
        problems.add("days_min", "more than days", "the baseline could never be long enough")
    side = 1 if key == "above_sd" else -1
    return replace(rule, side=side, bound=bound, clear=calm, days=spec.days, days_min=spec.days_min)
